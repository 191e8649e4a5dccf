/** Checkpointing trades memory for work: fewer bytes alive, the same gradients. */
import { expect, test } from 'vitest';
import { F, checkpoint, compile, manualSeed, nn, rand, type Tensor } from 'fusegrad';

class Block extends nn.Module {
  up = new nn.Linear(16, 64);
  down = new nn.Linear(64, 16);
  forward(x: Tensor): Tensor {
    return x.add(this.down(F.gelu(this.up(x))));
  }
}

test('checkpointing lowers arena bytes and keeps gradients', () => {
  manualSeed(0);
  const blocks = Array.from({ length: 4 }, () => new Block());
  const x = rand(32, 16);
  const run = (kept: boolean): { loss: number; gradients: number[][]; bytes: number } => {
    const step = compile((input: Tensor) => {
      for (const block of blocks) block.zeroGrad();
      const out = blocks.reduce((h, block) => (kept ? block(h) : checkpoint((y) => block(y), h)), input);
      const loss = out.square().mean();
      loss.backward();
      return loss;
    });
    const loss = step(x).itemSync();
    const gradients = blocks.flatMap((block) =>
      [...block.parameters()].map((p) => [...p.grad!.dataSync()].map(Number)),
    );
    return { loss, gradients, bytes: step.trace(x).explain().toJSON().totals.arenaBytes };
  };
  const plain = run(true);
  const checkpointed = run(false);
  expect(checkpointed.loss).toBe(plain.loss);
  checkpointed.gradients.forEach((gradient, i) => {
    gradient.forEach((value, j) => expect(value).toBeCloseTo(plain.gradients[i]![j]!, 6));
  });
  expect(checkpointed.bytes).toBeLessThan(plain.bytes / 2);
});
