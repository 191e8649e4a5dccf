// What a user of the published package writes; package.test.ts installs, type-checks, bundles and runs it.
import { compile, F, nn, optim, tensor, type Tensor } from 'fusegrad';

const model = new nn.Linear(3, 2);
const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
const step = compile((x: Tensor, labels: Tensor) => {
  optimizer.zeroGrad();
  const loss = F.crossEntropy(model(x), labels);
  loss.backward();
  optimizer.step();
  return loss;
});

const x = tensor([
  [1, -2, 3],
  [-4, 5, -6],
]);
const labels = tensor(new Int32Array([0, 1]));
const losses: number[] = [];
for (let i = 0; i < 2; i++) losses.push(Number(await step(x, labels).item()));
console.log(JSON.stringify(losses));
