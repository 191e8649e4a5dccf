/**
 * The MLP and its training step: what a page loads to train it. Namespaces come from their own subpaths, so that esbuild
 * keeps only what is used of them; Vite, Rollup and webpack do as well with `import { nn } from 'fusegrad'`.
 */
import { compile, manualSeed, noGrad, type Tensor } from 'fusegrad';
import * as F from 'fusegrad/functional';
import * as nn from 'fusegrad/nn';
import * as optim from 'fusegrad/optim';

manualSeed(0);
export const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));
const optimizer = new optim.Adam(model.parameters(), { lr: 2e-3 });
export const step = compile(function step(images: Tensor, labels: Tensor) {
  optimizer.zeroGrad();
  const loss = F.crossEntropy(model(images), labels);
  loss.backward();
  optimizer.step();
  return loss;
});
export const countCorrect = compile((images: Tensor, labels: Tensor) =>
  noGrad(() => model(images).argmax(1).eq(labels).sum()),
);
