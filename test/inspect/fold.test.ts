import { expect, test } from 'vitest';
import { roots, topological } from '../../src/graph/index.js';
import { fold, foldWithin, shortTitles, type Folded } from '../../src/inspect/fold.js';
import { drawable } from '../../src/inspect/pieces.js';
import { mlp, textCNN } from './models.js';

const listed = ({ boxes }: Folded): string[] =>
  boxes.map((box) => `${box.origin} ${shortTitles(boxes).get(box)!}`);

test('a training step folds into modules, gradients of modules and the optimizer', () => {
  expect(listed(fold(drawable(textCNN().graph).operations))).toMatchInlineSnapshot(`
    [
      "forward embed",
      "forward TextCNN",
      "forward convs.0",
      "forward TextCNN",
      "forward convs.1",
      "forward convs.2",
      "forward dropout",
      "forward fc",
      "forward main.ts:31",
      "optimizer optimizer",
      "backward TextCNN",
      "backward main.ts:31",
      "backward fc",
      "backward dropout",
      "backward convs.2",
      "backward convs.1",
      "backward convs.0",
      "backward TextCNN",
      "backward embed",
    ]
  `);
});

test('boxes hold every operation once and never form a circle', () => {
  for (const { graph } of [textCNN(), mlp()]) {
    const { operations } = drawable(graph);
    const { boxes, boxOf } = fold(operations);
    expect(boxes.flatMap((box) => box.nodes)).toHaveLength(operations.length);
    const next = new Map(boxes.map((box) => [box, new Set<(typeof boxes)[number]>()]));
    for (const node of operations) {
      for (const input of node.inputs) {
        const from = boxOf.get(input);
        if (from && from !== boxOf.get(node)) next.get(from)!.add(boxOf.get(node)!);
      }
    }
    for (const box of boxes) {
      const seen = new Set<unknown>();
      const stack = [...next.get(box)!];
      for (let at = stack.pop(); at; at = stack.pop()) {
        expect(at).not.toBe(box);
        if (!seen.has(at)) stack.push(...next.get(at)!);
        seen.add(at);
      }
    }
  }
});

test('a drawing with room for few boxes cuts module paths', () => {
  const order = topological(roots(textCNN().graph));
  expect(foldWithin(order, 12).boxes.length).toBeLessThan(foldWithin(order, 80).boxes.length);
});
