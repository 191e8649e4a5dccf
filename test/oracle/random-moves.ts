/**
 * The steps a random graph is made of. Every value carries a bound on its size and a bound on how far float32 may be
 * from the truth; a step whose result would leave either is refused. A discrete op (comparison, floor, argmax, sort,
 * cast to integer) takes exact values only, so that no rounding can tip it.
 */
import {
  dilatedSize,
  isFloat,
  isInteger,
  numel,
  windowCount,
  type DType,
  type Shape,
} from '../../src/core/index.js';
import { g, node, type Node } from '../../src/graph/index.js';
import {
  argOps,
  reduceOps,
  scanOps,
  type BinaryOp,
  type OpAttrs,
  type UnaryOp,
} from '../../src/ops/index.js';
import type { Choices, Entry, Pool } from './random-pool.js';

const epsilon = 1e-6;
const sizes = [2, 3, 1, 5, 4, 7, 2, 8, 3, 1, 9, 16, 33, 0, 6, 2];

const exact = (entry: Entry): boolean => entry.error === 0;
const isFloatEntry = ({ node: { dtype } }: Entry): boolean => dtype === 'float32';
const isIntegerEntry = ({ node: { dtype } }: Entry): boolean => isInteger(dtype);
const ranked = ({ node: { shape } }: Entry): boolean => shape.length > 0;
const any = (): boolean => true;
const full = (entry: Entry): boolean => numel(entry.node.shape) > 0;
const both =
  (...tests: ((entry: Entry) => boolean)[]) =>
  (entry: Entry): boolean =>
    tests.every((test) => test(entry));

/** A float result: rounding added to what was inherited. */
const rounded = (result: Node, bound: number, inherited: number): Entry => ({
  node: result,
  bound,
  error: inherited + epsilon * Math.max(bound, 1e-3),
});
/** Elements moved or chosen, none computed. */
const moved = (result: Node, ...from: Entry[]): Entry => ({
  node: result,
  bound: Math.max(0, ...from.map((entry) => entry.bound)),
  error: Math.max(0, ...from.map((entry) => entry.error)),
});
const whole = (result: Node, bound: number): Entry => {
  const limits: Partial<Record<DType, number>> = { bool: 1, uint8: 255 };
  return { node: result, bound: limits[result.dtype] ?? bound, error: 0 };
};

/** Floating functions of one operand: largest operand taken, largest slope and value up to a bound. */
const smooth: Partial<
  Record<UnaryOp, { limit: number; slope: (b: number) => number; bound: (b: number) => number }>
> = {
  exp: { limit: 3, slope: Math.exp, bound: Math.exp },
  expm1: { limit: 3, slope: Math.exp, bound: Math.exp },
  tanh: { limit: 100, slope: () => 1, bound: () => 1 },
  sigmoid: { limit: 100, slope: () => 1, bound: () => 1 },
  sin: { limit: 20, slope: () => 1, bound: () => 1 },
  cos: { limit: 20, slope: () => 1, bound: () => 1 },
  atan: { limit: 100, slope: () => 1, bound: () => 2 },
  erf: { limit: 100, slope: () => 1.13, bound: () => 1 },
  sinh: { limit: 3, slope: Math.cosh, bound: Math.cosh },
};
/** The same of x * x + 1/2: smooth and away from 0 everywhere. */
const smoothPositive = ['sqrt', 'rsqrt', 'log', 'log1p'] as const;
const discrete = ['sign', 'floor', 'ceil', 'round', 'trunc'] as const;
const comparisons = ['eq', 'lt', 'le'] as const;
const integerOps = [
  'add',
  'sub',
  'mul',
  'div',
  'fmod',
  'max',
  'min',
  'and',
  'or',
  'xor',
  'shl',
  'shr',
] as const;

/** Two entries of one dtype stretched to their common shape. */
function pair(pool: Pool, choices: Choices, fits: (entry: Entry) => boolean): [Entry, Entry] | undefined {
  const x = choices.maybe(pool.entries, fits);
  if (!x) return undefined;
  const aligned = (y: Entry): boolean => {
    const [a, b] = [x.node.shape.toReversed(), y.node.shape.toReversed()];
    return a.every((d, i) => b[i] === undefined || d === b[i] || d === 1 || b[i] === 1);
  };
  const y = choices.maybe(pool.entries, (e) => fits(e) && e.node.dtype === x.node.dtype && aligned(e));
  if (!y) return undefined;
  const [a, b] = g.broadcast('test', x.node, y.node) as [Node, Node];
  return [
    { ...x, node: a },
    { ...y, node: b },
  ];
}

type Move = (pool: Pool, choices: Choices) => Entry | undefined;

/** A move that starts from one entry. */
const from =
  (
    fits: (entry: Entry) => boolean,
    make: (x: Entry, choices: Choices, pool: Pool) => Entry | undefined,
  ): Move =>
  (pool, choices) => {
    const x = choices.maybe(pool.entries, fits);
    return x && make(x, choices, pool);
  };
const fromTwo =
  (
    fits: (entry: Entry) => boolean,
    make: (x: Entry, y: Entry, choices: Choices) => Entry | undefined,
  ): Move =>
  (pool, choices) => {
    const found = pair(pool, choices, fits);
    return found && make(...found, choices);
  };

const arithmetic: Partial<Record<BinaryOp, (x: Entry, y: Entry) => [bound: number, error: number]>> = {
  add: (x, y) => [x.bound + y.bound, x.error + y.error],
  sub: (x, y) => [x.bound + y.bound, x.error + y.error],
  mul: (x, y) => [x.bound * y.bound, x.bound * y.error + y.bound * x.error],
  max: (x, y) => [Math.max(x.bound, y.bound), Math.max(x.error, y.error)],
  min: (x, y) => [Math.max(x.bound, y.bound), Math.max(x.error, y.error)],
};
const compute = (op: BinaryOp, x: Entry, y: Entry): Entry =>
  rounded(g.binary(op, x.node, y.node), ...arithmetic[op]!(x, y));
const number = (x: Entry, value: number): Entry => ({
  node: g.fullLike(x.node, value),
  bound: Math.abs(value),
  error: 0,
});
const positive = (x: Entry): Entry => compute('add', compute('mul', x, x), number(x, 0.5));

/** A contraction of n pairs. */
const contracted = (result: Node, x: Entry, y: Entry, n: number): Entry => {
  const terms = Math.max(n, 1);
  const bound = terms * x.bound * y.bound;
  return rounded(
    result,
    bound,
    terms * (x.bound * y.error + y.bound * x.error) + terms * epsilon * 0.1 * bound,
  );
};

function softmax(x: Entry, axis: number): Entry {
  const size = x.node.shape[axis]!;
  const stretch = (row: Node): Node => g.expand(row, x.node.shape);
  const weights = g.exp(g.sub(x.node, stretch(g.reduce('amax', x.node, [axis], true))));
  return rounded(
    g.div(weights, stretch(g.sum(weights, [axis], true))),
    1,
    2 * x.error + (size + 2 * x.bound) * epsilon,
  );
}

function convolution(x: Entry, choices: Choices, pool: Pool): Entry | undefined {
  const shape = x.node.shape;
  const channels = shape[1]!;
  const groups = channels % 2 === 0 && channels > 0 ? choices.of([1, 2]) : 1;
  const spatial = shape.slice(2);
  const each = (low: number, high: number): number[] =>
    spatial.map(() => low + choices.below(high - low + 1));
  const attrs: OpAttrs['conv'] = {
    strides: each(1, 2),
    padLow: each(-1, 2),
    padHigh: each(-1, 2),
    lhsDilation: each(1, 2),
    rhsDilation: each(1, 2),
    featureGroups: groups,
    batchGroups: 1,
  };
  const kernel = each(1, 3);
  const small = spatial.some((size, d) => {
    const room = dilatedSize(size, attrs.lhsDilation[d]!) + attrs.padLow[d]! + attrs.padHigh[d]!;
    return room < 0 || windowCount(room, kernel[d]!, attrs.strides[d]!, attrs.rhsDilation[d]!) < 0;
  });
  if (small) return undefined;
  const weight = pool.leaf(
    [groups * choices.of([1, 2, 3]), channels / groups, ...kernel],
    'float32',
    choices,
  );
  return contracted(g.conv(x.node, weight.node, attrs), x, weight, numel(weight.node.shape.slice(1)));
}

/** What leaves hold, in how many of eight. */
const leafDTypes: readonly DType[] = [
  'float32',
  'float32',
  'float32',
  'int32',
  'float32',
  'bool',
  'uint8',
  'int64',
];

export const moves: readonly Move[] = [
  // leaves
  (pool, choices) => {
    const shape = Array.from({ length: choices.below(4) }, () => choices.of(sizes));
    const dtype = choices.of(leafDTypes.filter((each) => pool.dtypes.has(each)));
    return pool.leaf(shape, dtype, choices);
  },
  (_, choices) => {
    const size = choices.of(sizes);
    return whole(g.iota(size, 'int32'), size);
  },
  // elementwise
  from(both(isFloatEntry), (x, choices) => moved(g.unary(choices.of(['neg', 'abs'] as const), x.node), x)),
  from(isFloatEntry, (x, choices) => {
    const [op, { limit, slope, bound }] = choices.of(Object.entries(smooth)) as [
      UnaryOp,
      NonNullable<typeof smooth.exp>,
    ];
    if (x.bound > limit) return undefined;
    return rounded(g.unary(op, x.node), bound(x.bound), slope(x.bound) * x.error);
  }),
  from(isFloatEntry, (x, choices) => {
    const y = positive(x);
    return rounded(g.unary(choices.of(smoothPositive), y.node), Math.max(y.bound, 2), 2 * y.error);
  }),
  from(both(isFloatEntry, exact), (x, choices) =>
    moved(g.unary(choices.of(discrete), x.node), { ...x, bound: x.bound + 1 }),
  ),
  fromTwo(isFloatEntry, (x, y, choices) => compute(choices.of(Object.keys(arithmetic) as BinaryOp[]), x, y)),
  fromTwo(isFloatEntry, (x, y) => {
    const d = positive(y);
    return rounded(g.div(x.node, d.node), 2 * x.bound, 2 * x.error + 4 * x.bound * d.error);
  }),
  fromTwo(exact, (x, y, choices) => whole(g.binary(choices.of(comparisons), x.node, y.node), 1)),
  fromTwo(isIntegerEntry, (x, y, choices) => {
    const op = choices.of(integerOps);
    const shifts = op === 'shl' || op === 'shr';
    const bound = shifts
      ? x.bound * 2 ** y.bound
      : 2 * Math.max(x.bound, y.bound, x.bound * y.bound, x.bound + y.bound);
    return whole(g.binary(op, x.node, y.node), bound);
  }),
  (pool, choices) => {
    const found = pair(pool, choices, any);
    const condition =
      found &&
      choices.maybe(
        pool.entries,
        ({ node: c }) => c.dtype === 'bool' && fitsInto(c.shape, found[0].node.shape),
      );
    if (!condition) return undefined;
    const [x, y] = found;
    return moved(g.where(g.expandTo(condition.node, x.node.shape), x.node, y.node), x, y);
  },
  from(exact, (x, choices) => {
    const to = choices.of<DType>(['float32', 'int32', 'bool', 'float32']);
    return isFloat(to)
      ? moved(g.cast(x.node, to), x)
      : whole(g.cast(x.node, to), to === 'bool' ? 1 : x.bound);
  }),
  // reductions and scans
  from(
    both(ranked, (x) => x.node.dtype !== 'bool'),
    (x, choices) => {
      const op = choices.of(['sum', 'sum', ...reduceOps] as const);
      const axes = choices.axes(x.node.shape.length);
      const count = Math.max(1, numel(axes.map((axis) => x.node.shape[axis]!)));
      const extremum = op === 'amax' || op === 'amin';
      if (extremum && axes.some((axis) => x.node.shape[axis] === 0)) return undefined;
      const result = g.reduce(op, x.node, axes, choices.below(2) === 0);
      if (extremum || axes.length === 0) return moved(result, x);
      const bound = op === 'sum' ? count * x.bound : Math.max(1, x.bound) ** count;
      if (!isFloatEntry(x)) return whole(result, bound);
      return rounded(
        result,
        bound,
        count * (op === 'sum' ? x.error : bound * x.error) + count * epsilon * 0.1 * bound,
      );
    },
  ),
  from(both(ranked, exact, full), (x, choices) => {
    const axis = choices.below(x.node.shape.length);
    return whole(g.arg(choices.of(argOps), x.node, axis), x.node.shape[axis]!);
  }),
  from(
    both(ranked, (x) => x.node.dtype !== 'bool'),
    (x, choices) => {
      const axis = choices.below(x.node.shape.length);
      const count = Math.max(1, x.node.shape[axis]!);
      const op = choices.of(scanOps);
      const result = g.scan(op, x.node, axis, choices.below(2) === 1);
      if (op === 'cummax' || op === 'cummin') return moved(result, x);
      const bound = op === 'cumsum' ? count * x.bound : Math.max(1, x.bound) ** count;
      if (!isFloatEntry(x)) return whole(result, bound);
      return rounded(
        result,
        bound,
        count * (op === 'cumsum' ? x.error : bound * x.error) + count * epsilon * 0.1 * bound,
      );
    },
  ),
  from(both(ranked, isFloatEntry, full), (x, choices) => softmax(x, choices.below(x.node.shape.length))),
  // contractions
  from(both(ranked, isFloatEntry), (x, choices, pool) => {
    const axis = choices.below(x.node.shape.length);
    const weight = pool.leaf([x.node.shape[axis]!, choices.of(sizes)], 'float32', choices);
    const attrs = { lhsBatch: [], rhsBatch: [], lhsContract: [axis], rhsContract: [0] };
    return contracted(g.dot(x.node, weight.node, attrs), x, weight, x.node.shape[axis]!);
  }),
  from(
    both(isFloatEntry, (x) => x.node.shape.length >= 2),
    (x) => {
      const rank = x.node.shape.length;
      return contracted(
        g.matmul(x.node, g.swapAxes(x.node, rank - 1, rank - 2)),
        x,
        x,
        x.node.shape[rank - 1]!,
      );
    },
  ),
  from(
    both(isFloatEntry, full, (x) => x.node.shape.length >= 2),
    (x, choices, pool) => {
      const batched =
        x.node.shape.length > 2 && x.node.shape.length < 5
          ? x
          : {
              ...x,
              node: g.reshape(
                x.node,
                [1, 1, ...x.node.shape.slice(-2)].with(0, numel(x.node.shape.slice(0, -2))),
              ),
            };
      return convolution(batched, choices, pool);
    },
  ),
  // views
  from(ranked, (x, choices) => {
    const axis = choices.below(x.node.shape.length);
    const size = x.node.shape[axis]!;
    const factor = [2, 3, 5, 1].find((f) => size % f === 0)!;
    const split = x.node.shape.toSpliced(axis, 1, factor, size / factor);
    return moved(g.reshape(x.node, choices.of([split, [numel(x.node.shape)]])), x);
  }),
  from(ranked, (x, choices) => {
    const perm = x.node.shape.map((_, i) => i).sort(() => choices.below(3) - 1);
    return moved(g.permute(x.node, perm), x);
  }),
  from(any, (x, choices) => moved(g.expandTo(x.node, [choices.of(sizes), ...x.node.shape]), x)),
  from(ranked, (x, choices) => {
    const axis = choices.below(x.node.shape.length);
    const size = x.node.shape[axis]!;
    const step = choices.of([1, -1, 2, -2, 3]);
    const start = size === 0 ? 0 : choices.below(size);
    const most = Math.ceil((step > 0 ? size - start : start + 1) / Math.abs(step));
    return moved(
      g.sliceAxis(
        x.node,
        axis,
        start,
        size === 0 ? 0 : most - choices.below(most + 1) * choices.below(2),
        step,
      ),
      x,
    );
  }),
  from(ranked, (x, choices) => {
    const axis = choices.below(x.node.shape.length);
    const value = x.node.dtype === 'bool' ? choices.below(2) : choices.of([0, 0, 1, 3]);
    const result = g.padAxis(x.node, axis, choices.below(3), choices.below(3), choices.below(3), value);
    return moved(result, { ...x, bound: Math.max(x.bound, value) });
  }),
  from(ranked, (x, choices, pool) => {
    const axis = choices.below(x.node.shape.length);
    const agrees = (shape: Shape): boolean =>
      shape.length > axis && shape.with(axis, 0).join() === x.node.shape.with(axis, 0).join();
    const y = choices.maybe(pool.entries, (e) => e.node.dtype === x.node.dtype && agrees(e.node.shape)) ?? x;
    return moved(g.concat([x.node, y.node, x.node].slice(0, 2 + choices.below(2)), axis), x, y);
  }),
  from(both(ranked, full), (x, choices) => {
    const axis = choices.below(x.node.shape.length);
    const size = 1 + choices.below(Math.min(3, x.node.shape[axis]!));
    const dilation = size > 1 ? 1 + choices.below(Math.floor((x.node.shape[axis]! - 1) / (size - 1))) : 1;
    return moved(g.window(x.node, axis, size, choices.of([1, 2, 3]), dilation), x);
  }),
  // indexing
  from(both(ranked, full), (x, choices, pool) => {
    const axis = choices.below(x.node.shape.length);
    const dtype = choices.of<DType>(['int32', 'int32', 'uint8']);
    // All that the index's own type can name.
    const limit = dtype === 'uint8' ? Math.min(256, x.node.shape[axis]!) : x.node.shape[axis]!;
    const index = pool.leaf(x.node.shape.with(axis, choices.of(sizes)), dtype, choices, limit);
    return moved(g.gather(x.node, index.node, axis), x);
  }),
  from(
    both(ranked, full, (x) => x.node.dtype !== 'bool'),
    (x, choices, pool) => {
      const axis = choices.below(x.node.shape.length);
      const count = choices.of(sizes);
      const shape = x.node.shape.with(axis, count);
      const index = pool.leaf(shape, 'int32', choices, x.node.shape[axis]!);
      const source = pool.leaf(shape, x.node.dtype, choices);
      if (choices.below(2) === 0) return moved(g.scatter(x.node, index.node, source.node, axis), x, source);
      const result = g.scatterAdd(x.node, index.node, source.node, axis);
      const bound = x.bound + count * source.bound;
      return isFloatEntry(x)
        ? rounded(result, bound, x.error + count * epsilon * 0.1 * bound)
        : whole(result, bound);
    },
  ),
  from(both(ranked, exact, full), (x, choices) => {
    const attrs = { axis: choices.below(x.node.shape.length), descending: choices.below(2) === 1 };
    if (choices.below(2) === 0) return moved(node('sort', [x.node], attrs), x);
    return whole(node('argsort', [x.node], attrs), x.node.shape[attrs.axis]!);
  }),
  // markers
  from(any, (x, choices) => moved(choices.of([g.stopGradient, g.barrier])(x.node), x)),
];

const fitsInto = (shape: Shape, into: Shape): boolean =>
  shape.length <= into.length && shape.every((d, i) => d === 1 || d === into[into.length - shape.length + i]);
