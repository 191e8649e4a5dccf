/** A page that trains `examples/mlp`, with made-up digits: what `bundle.ts` weighs and runs. */
import { tensor } from 'fusegrad';
import { DataLoader, TensorDataset } from 'fusegrad/data';
import { countCorrect, model, step } from '../../examples/mlp/train.js';

const digits = Array.from({ length: 128 }, (_, i) => i % 10);
// Of each image one row of pixels is lit, and says which digit it is.
const pixels = digits.flatMap((digit) =>
  Array.from({ length: 784 }, (_, p) => (Math.floor(p / 28) === digit ? 1 : 0)),
);
const images = tensor(new Float32Array(pixels)).view(128, 784);
const labels = tensor(new Int32Array(digits));
const loader = new DataLoader(new TensorDataset(images, labels), { batchSize: 64, shuffle: true });
const losses: number[] = [];
for (let epoch = 0; epoch < 3; epoch++) {
  for (const [x, y] of loader) losses.push(await step(x, y).item());
}
const correct = await countCorrect(images, labels).item();
console.log(JSON.stringify({ model: `${model}`, losses, correct }));
