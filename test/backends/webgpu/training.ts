/** A small training that runs on any backend. */
import { compile, manualSeed, nn, optim, tensor } from 'fusegrad';

export function smallTraining() {
  // Not every start is better after one step.
  manualSeed(0);
  const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 1));
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
  const x = tensor([
    [1, 2, 3],
    [-1, 0, 2],
  ]);
  const step = compile(() => {
    optimizer.zeroGrad();
    const loss = model(x).square().mean();
    loss.backward();
    optimizer.step();
    return loss;
  });
  return { model, optimizer, step, x };
}
