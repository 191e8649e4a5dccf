/** Views as index maps against views as data movement: pulling an index through a chain of views finds the element that moving the data puts there. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { numel } from '../../src/core/index.js';
import { g, node, print, type Node } from '../../src/graph/index.js';
import {
  axesFor,
  evaluateIndex,
  flattenIndex,
  isRenaming,
  isView,
  pull,
  push,
  type IndexExpr,
} from '../../src/loops/index.js';
import { interpret } from '../oracle/interpreter.js';
import { coordinates } from '../oracle/offsets.js';

/** Numbers to choose by, used up one after another. */
class Choices {
  #next = 0;
  constructor(readonly numbers: readonly number[]) {}
  below(n: number): number {
    return n <= 0 ? 0 : this.numbers[this.#next++ % this.numbers.length]! % n;
  }
}

const moves: readonly ((x: Node, choose: Choices) => Node)[] = [
  (x, choose) => {
    const size = numel(x.shape);
    const divisors = [...Array(size).keys()].map((i) => i + 1).filter((d) => size % d === 0);
    const first = divisors[choose.below(divisors.length)] ?? 1;
    const inner = divisors.filter((d) => (size / first) % d === 0);
    const second = inner[choose.below(inner.length)] ?? 1;
    return size === 0 ? x : g.reshape(x, [first, second, size / first / second]);
  },
  (x, choose) => {
    const axes = x.shape.map((_, i) => i);
    return g.permute(
      x,
      x.shape.map(() => axes.splice(choose.below(axes.length), 1)[0]!),
    );
  },
  (x, choose) =>
    g.expandTo(x, [1 + choose.below(3), ...x.shape.map((d) => (d === 1 ? 1 + choose.below(4) : d))]),
  (x, choose) => {
    const cuts = x.shape.map((d) => {
      const step = 1 + choose.below(3);
      const size = choose.below(Math.ceil(d / step) + 1);
      const start = choose.below(Math.max(1, d - (size - 1) * step));
      return choose.below(2) === 0 || size === 0
        ? { start, size, step }
        : { start: start + (size - 1) * step, size, step: -step };
    });
    return g.slice(x, {
      starts: cuts.map((c) => c.start),
      sizes: cuts.map((c) => c.size),
      steps: cuts.map((c) => c.step),
    });
  },
  (x, choose) => {
    const amounts = (): number[] => x.shape.map(() => choose.below(3));
    return g.pad(x, { low: amounts(), high: amounts(), interior: amounts(), value: -1 - choose.below(3) });
  },
  (x, choose) =>
    x.shape.length === 0
      ? x
      : g.concat([x, g.scale(g.exp(x), 2), x].slice(0, 2 + choose.below(2)), choose.below(x.shape.length)),
  (x, choose) => {
    if (x.shape.length === 0) return x;
    const axis = choose.below(x.shape.length);
    const dilation = 1 + choose.below(2);
    const size = 1 + choose.below(3);
    const reach = (size - 1) * dilation + 1;
    return reach > x.shape[axis]! ? x : g.window(x, axis, size, 1 + choose.below(2), dilation);
  },
  (x) => g.barrier(x),
];

const most = 600;
interface Chain {
  readonly source: Node;
  readonly view: Node;
}
const chains = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
    fc.array(fc.array(fc.nat(1000), { minLength: 16, maxLength: 16 }), { minLength: 1, maxLength: 6 }),
  )
  .map(([shape, steps]): Chain => {
    const source = node('input', [], { leaf: { id: 1, name: 'x' }, shape, dtype: 'float32' });
    let view: Node = source;
    for (const numbers of steps) {
      const choose = new Choices(numbers);
      const next = moves[choose.below(moves.length)]!(view, choose);
      if (next.shape.length <= 6 && numel(next.shape) <= most) view = next;
    }
    return { source, view };
  });

const data = (): number[] => Array.from({ length: most * 4 }, (_, i) => i / 8);
/** What is at `at` of a chain of views over values that `stored` has in memory. */
function read(
  view: Node,
  indices: readonly IndexExpr[],
  at: readonly number[],
  stored: (node: Node) => readonly number[],
): number {
  const place = (expr: IndexExpr): number => evaluateIndex(expr, (axis) => at[axis]!);
  if (!isView(view)) return stored(view)[place(flattenIndex(indices, view.shape))]!;
  const { reads, fill } = pull(view, indices);
  const found = reads.find(({ masks }) =>
    masks.every(({ expr, lo, hi }) => place(expr) >= lo && place(expr) < hi),
  );
  return found ? read(found.input, found.indices, at, stored) : fill;
}

it('pulling finds what moving puts there', () => {
  fc.assert(
    fc.property(chains, ({ source, view }) => {
      const size = numel(source.shape);
      const leaf = (): number[] => data().slice(0, size);
      const valueOf = (of: Node): number[] =>
        interpret({ outputs: [of], assigns: [] }, leaf)[0]!.data.map(Number);
      const known = new Map<Node, number[]>();
      const stored = (of: Node): number[] => known.get(of) ?? known.set(of, valueOf(of)).get(of)!;
      const expected = valueOf(view);
      const indices = axesFor(view.shape);
      coordinates(view.shape).forEach((at, i) => {
        const value = read(view, indices, at, stored);
        if (!Object.is(value, expected[i]))
          throw new Error(
            `${value} instead of ${expected[i]} at ${at.join(', ')} of\n${print({ outputs: [view], assigns: [] })}`,
          );
      });
    }),
    { numRuns: 500 },
  );
});

it('pushing is the inverse of pulling where positions are only renamed', () => {
  fc.assert(
    fc.property(chains, ({ view }) => {
      for (let at = view; isView(at); at = at.inputs[0]!) {
        if (!isRenaming(at)) continue;
        const there = push(at, axesFor(at.inputs[0]!.shape));
        const { reads } = pull(at, there);
        expect(reads).toHaveLength(1);
        const input = at.inputs[0]!;
        for (const position of coordinates(input.shape)) {
          const back = reads[0]!.indices.map((expr) => evaluateIndex(expr, (axis) => position[axis]!));
          expect(back).toEqual(position);
        }
      }
    }),
    { numRuns: 300 },
  );
});
