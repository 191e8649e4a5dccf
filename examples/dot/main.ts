/** Compiles a training step without ever running it, and writes a drawing of every stage as DOT into out/dot. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { F, compile, manualSeed, nn, optim, zeros, type Tensor } from 'fusegrad';

const FOLDER = join('out', 'dot');

manualSeed(0);
const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));
const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
const step = compile((images: Tensor, labels: Tensor) => {
  optimizer.zeroGrad();
  const loss = F.crossEntropy(model(images), labels);
  loss.backward();
  optimizer.step();
  return loss;
});

const traced = step.trace(zeros(64, 784), zeros([64], { dtype: 'int32' }));
mkdirSync(FOLDER, { recursive: true });
for (const stage of ['forward', 'graph', 'optimized', 'fused'] as const) {
  const dot = traced.toDot(stage);
  const file = join(FOLDER, `${stage}.dot`);
  writeFileSync(file, dot);
  console.log(`${file}: ${dot.split('\n').length} lines`);
}
console.log(`draw one: npx graphviz -Tsvg -o ${join(FOLDER, 'fused.svg')} ${join(FOLDER, 'fused.dot')}`);
