/** Trains an MLP on handwritten digits, and shows what became of it: the graph, the kernels, the accuracy. */
import { DataLoader, TensorDataset } from 'fusegrad/data';
import { loadDigits } from './digits.js';
import { countCorrect, model, step } from './train.js';

const started = performance.now();
const { train, test } = loadDigits();
const loader = new DataLoader(new TensorDataset(train.images, train.labels), {
  batchSize: 64,
  shuffle: true,
  dropLast: true,
});

console.log(`${model}\n`);
const [batch] = loader;
if (!batch) throw new Error('there are no digits');
const traced = step.trace(...batch); // compiles, runs nothing
const isArithmetic = (line: string) => !/ = (constant|reshape|expand|iota) /.test(line);
const graph = traced.dump('forward').split('\n').filter(isArithmetic).join('\n');
console.log(`What the function says (constants and views left out):\n${graph}\n`);
console.log(`What runs (forward, backward and Adam):\n${traced.explain()}\n`);

for (let epoch = 1; epoch <= 3; epoch++) {
  const losses: number[] = [];
  for (const [images, labels] of loader) losses.push(await step(images, labels).item());
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  const correct = await countCorrect(test.images, test.labels).item();
  const accuracy = ((100 * correct) / test.labels.numel).toFixed(1);
  console.log(
    `epoch ${epoch}: mean loss ${mean.toFixed(3)}, accuracy ${accuracy} % of ${test.labels.numel} held-out digits`,
  );
}
console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
