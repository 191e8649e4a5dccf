/**
 * The lazy form: the lines of a PyTorch script without compile(). Nothing computes until a value is read or state is
 * written; optimizer.step() runs what waits as one program, and since programs are cached by structure, a loop compiles once.
 */
import { F, compilationCount, linspace, manualSeed, nn, optim, rand } from 'fusegrad';

manualSeed(1);
const model = new nn.Sequential(new nn.Linear(1, 32), new nn.Tanh(), new nn.Linear(32, 1));
const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 });

const x = rand(128, 1).mul(2).sub(1);
const y = x.mul(4).cos();
console.log(`not computed yet: ${y}`);

for (let i = 0; i <= 400; i++) {
  optimizer.zeroGrad();
  const loss = F.mseLoss(model(x), y);
  loss.backward();
  optimizer.step(); // runs forward, backward and update together; the loss keeps its value
  if (i % 100 === 0) {
    const value = (await loss.item()).toFixed(4);
    console.log(
      `step ${String(i).padStart(3)}  loss ${value}  programs compiled so far: ${compilationCount()}`,
    );
  }
}

const at = linspace(-1, 1, 5).reshape(5, 1);
console.log('the network, and cos(4x):');
await model(at).flatten().print();
await at.mul(4).cos().flatten().print();
