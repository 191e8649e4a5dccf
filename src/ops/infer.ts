/**
 * Shape and dtype of each primitive's result. A rule checks its operands and throws in the user's terms; by the time
 * a node exists it is well formed.
 */
import {
  ArgumentError,
  DTypeError,
  ShapeError,
  dilatedSize,
  dtypes,
  formatShape,
  inferReshape,
  isFloat,
  numel,
  requireDType,
  sameShape,
  windowCount,
  type DType,
  type Shape,
} from '../core/index.js';
import type { AttentionAttrs, OpAttrs, OpName } from './attrs.js';

export interface Operand {
  readonly shape: Shape;
  readonly dtype: DType;
}
export interface Inferred {
  readonly shape: Shape;
  readonly dtype: DType;
}
type Rule<O extends OpName> = (inputs: readonly Operand[], attrs: OpAttrs[O], op: O) => Inferred;

const bool: DType = 'bool';

function sameOperands(inputs: readonly Operand[], op: string): Operand {
  const first = inputs[0]!;
  for (const other of inputs) {
    if (!sameShape(first.shape, other.shape)) {
      throw new ShapeError(
        op,
        `operands have shapes ${formatShape(first.shape)} and ${formatShape(other.shape)}`,
      );
    }
    if (first.dtype !== other.dtype) {
      throw new DTypeError(op, `operands have dtypes ${first.dtype} and ${other.dtype}`, 'cast one of them');
    }
  }
  return first;
}

const elementwise = (inputs: readonly Operand[], _: unknown, op: string): Inferred => {
  const { shape, dtype } = sameOperands(inputs, op);
  return { shape, dtype };
};
const floating = (inputs: readonly Operand[], _: unknown, op: string): Inferred => {
  const result = elementwise(inputs, _, op);
  if (!isFloat(result.dtype)) throw new DTypeError(op, `takes floating dtypes, not ${result.dtype}`);
  return result;
};
const numeric = (inputs: readonly Operand[], _: unknown, op: string): Inferred => {
  const result = elementwise(inputs, _, op);
  if (result.dtype === bool) throw new DTypeError(op, `does not take bool`, 'cast to int32 or float32 first');
  return result;
};
const bitwise = (inputs: readonly Operand[], _: unknown, op: string): Inferred => {
  const result = elementwise(inputs, _, op);
  if (isFloat(result.dtype)) throw new DTypeError(op, `takes bool and integer dtypes, not ${result.dtype}`);
  return result;
};
const integer = (inputs: readonly Operand[], _: unknown, op: string): Inferred => {
  const result = bitwise(inputs, _, op);
  if (result.dtype === bool) throw new DTypeError(op, 'takes integer dtypes, not bool');
  return result;
};
const comparison = (inputs: readonly Operand[], _: unknown, op: string): Inferred => ({
  shape: sameOperands(inputs, op).shape,
  dtype: bool,
});

function without(shape: Shape, axes: readonly number[]): number[] {
  return shape.filter((_, i) => !axes.includes(i));
}

const reduce = ([x]: readonly Operand[], { axes }: { axes: readonly number[] }): Inferred => ({
  shape: without(x!.shape, axes),
  dtype: x!.dtype,
});
const extremum = (inputs: readonly Operand[], attrs: { axes: readonly number[] }, op: string): Inferred => {
  const { shape } = inputs[0]!;
  if (attrs.axes.some((axis) => shape[axis] === 0)) {
    throw new ShapeError(op, `has no result over an empty dimension of ${formatShape(shape)}`);
  }
  return reduce(inputs, attrs);
};
const arg = ([x]: readonly Operand[], { axis }: { axis: number }, op: string): Inferred => {
  if (x!.shape[axis] === 0)
    throw new ShapeError(op, `has no result over an empty dimension of ${formatShape(x!.shape)}`);
  return { shape: without(x!.shape, [axis]), dtype: 'int32' };
};
const same = ([x]: readonly Operand[]): Inferred => ({ shape: x!.shape, dtype: x!.dtype });

function indexed(inputs: readonly Operand[], { axis }: { axis: number }, op: string): void {
  const [x, index] = inputs as [Operand, Operand];
  if (dtypes[index.dtype].kind !== 'int')
    throw new DTypeError(op, `the index must be integers, not ${index.dtype}`);
  const fits =
    index.shape.length === x.shape.length && index.shape.every((d, i) => i === axis || d === x.shape[i]);
  if (!fits) {
    throw new ShapeError(
      op,
      `index ${formatShape(index.shape)} does not fit ${formatShape(x.shape)}: all but dim ${axis} must be equal`,
    );
  }
}

const scatter = (inputs: readonly Operand[], attrs: { axis: number }, op: string): Inferred => {
  const [base, index, source] = inputs as [Operand, Operand, Operand];
  indexed(inputs, attrs, op);
  if (!sameShape(index.shape, source.shape)) {
    throw new ShapeError(
      op,
      `index ${formatShape(index.shape)} and source ${formatShape(source.shape)} differ`,
    );
  }
  sameOperands(
    [
      { shape: [], dtype: base.dtype },
      { shape: [], dtype: source.dtype },
    ],
    op,
  );
  return { shape: base.shape, dtype: base.dtype };
};

/** Query, key and value, once they and the mask are found to fit. */
function attentionShapes(
  inputs: readonly Operand[],
  rest: readonly Operand[],
  { dropout }: AttentionAttrs,
  op: string,
): readonly [Operand, Operand, Operand] {
  const [q, k, v] = inputs as readonly [Operand, Operand, Operand];
  const mask = rest.length > (dropout > 0 ? 1 : 0) ? rest[0] : undefined;
  const lead = q.shape.slice(0, -2);
  const [tq, d] = q.shape.slice(-2);
  const [tk, dk] = k.shape.slice(-2);
  const leads = [k, v].every((x) => sameShape(x.shape.slice(0, -2), lead));
  if (!leads || d !== dk || tk !== v.shape.at(-2)) {
    const all = [q, k, v].map((t) => formatShape(t.shape)).join(', ');
    throw new ShapeError(op, `query, key and value of shapes ${all} do not fit`);
  }
  if (mask && !sameShape(mask.shape, [...lead, tq!, tk!])) {
    throw new ShapeError(op, `mask ${formatShape(mask.shape)} does not fit ${tq} queries and ${tk} keys`);
  }
  return [q, k, v];
}

export const infer: { readonly [O in OpName]: Rule<O> } = {
  input: (_, { shape, dtype }) => ({ shape, dtype }),
  state: (_, { shape, dtype }) => ({ shape, dtype }),
  constant: (_, { dtype }) => ({ shape: [], dtype }),
  iota: (_, { size, dtype }) => ({ shape: [size], dtype }),

  neg: numeric,
  abs: numeric,
  sign: numeric,
  exp: floating,
  expm1: floating,
  log: floating,
  log1p: floating,
  sin: floating,
  cos: floating,
  tan: floating,
  asin: floating,
  acos: floating,
  atan: floating,
  sinh: floating,
  cosh: floating,
  tanh: floating,
  sigmoid: floating,
  erf: floating,
  sqrt: floating,
  rsqrt: floating,
  floor: floating,
  ceil: floating,
  round: floating,
  trunc: floating,
  not: bitwise,
  isnan: (inputs, attrs, op) => ({ shape: floating(inputs, attrs, op).shape, dtype: bool }),
  lgamma: floating,
  digamma: floating,
  cast: ([x], { dtype }) => {
    requireDType('cast', dtype);
    return { shape: x!.shape, dtype };
  },
  bitcast: ([x], { dtype }, op) => {
    if (dtypes[x!.dtype].bytes !== dtypes[dtype].bytes) {
      throw new DTypeError(op, `${x!.dtype} and ${dtype} differ in width`);
    }
    return { shape: x!.shape, dtype };
  },

  add: numeric,
  sub: numeric,
  mul: numeric,
  div: numeric,
  fmod: numeric,
  pow: numeric,
  max: elementwise,
  min: elementwise,
  atan2: floating,
  and: bitwise,
  or: bitwise,
  xor: bitwise,
  shl: integer,
  shr: integer,
  eq: comparison,
  lt: comparison,
  le: comparison,
  where: ([condition, x, y], attrs, op) => {
    if (condition!.dtype !== bool)
      throw new DTypeError(op, `the condition must be bool, not ${condition!.dtype}`);
    sameOperands([{ ...x!, shape: condition!.shape }, x!], op);
    return elementwise([x!, y!], attrs, op);
  },
  threefry: (inputs, attrs, op) => {
    const result = elementwise(inputs, attrs, op);
    if (result.dtype !== 'uint32') throw new DTypeError(op, `takes uint32 words, not ${result.dtype}`);
    return result;
  },

  sum: reduce,
  prod: reduce,
  amax: extremum,
  amin: extremum,
  argmax: arg,
  argmin: arg,
  cumsum: same,
  cumprod: same,
  cummax: same,
  cummin: same,

  dot: ([a, b], { lhsBatch, rhsBatch, lhsContract, rhsContract }, op) => {
    sameOperands(
      [
        { shape: [], dtype: a!.dtype },
        { shape: [], dtype: b!.dtype },
      ],
      op,
    );
    const pairs = (l: readonly number[], r: readonly number[], what: string): void =>
      l.forEach((axis, i) => {
        if (a!.shape[axis] !== b!.shape[r[i]!]) {
          throw new ShapeError(
            op,
            `${formatShape(a!.shape)} and ${formatShape(b!.shape)} do not fit: ${what} sizes are ` +
              `${a!.shape[axis]} (left, dim ${axis}) and ${b!.shape[r[i]!]} (right, dim ${r[i]})`,
            what === 'inner' ? 'the right operand may need a transpose' : undefined,
          );
        }
      });
    pairs(lhsBatch, rhsBatch, 'batch');
    pairs(lhsContract, rhsContract, 'inner');
    return {
      shape: [
        ...lhsBatch.map((axis) => a!.shape[axis]!),
        ...without(a!.shape, [...lhsBatch, ...lhsContract]),
        ...without(b!.shape, [...rhsBatch, ...rhsContract]),
      ],
      dtype: a!.dtype,
    };
  },
  conv: ([x, w], attrs, op) => {
    sameOperands(
      [
        { shape: [], dtype: x!.dtype },
        { shape: [], dtype: w!.dtype },
      ],
      op,
    );
    const [n, c, ...space] = x!.shape as number[];
    const [o, i, ...kernel] = w!.shape as number[];
    const shapes = `input ${formatShape(x!.shape)} and weight ${formatShape(w!.shape)}`;
    if (space.length !== kernel.length || n === undefined || o === undefined) {
      throw new ShapeError(op, `${shapes} need equal numbers of spatial dimensions`);
    }
    if (c !== i! * attrs.featureGroups) {
      throw new ShapeError(
        op,
        `${shapes} do not fit: ${c} channels in ${attrs.featureGroups} group(s) against ${i} per group in the weight`,
        'weight is [out, in / groups, ...kernel]',
      );
    }
    if (o % attrs.featureGroups !== 0 || o % attrs.batchGroups !== 0 || n % attrs.batchGroups !== 0) {
      throw new ShapeError(op, `${shapes}: sizes are not divisible by the number of groups`);
    }
    const out = space.map((size, d) => {
      const padded = dilatedSize(size, attrs.lhsDilation[d]!) + attrs.padLow[d]! + attrs.padHigh[d]!;
      const count = windowCount(padded, kernel[d]!, attrs.strides[d]!, attrs.rhsDilation[d]!);
      if (count < 0 || padded < 0) {
        throw new ShapeError(
          op,
          `${shapes}: the kernel is larger than the padded input in spatial dimension ${d}`,
        );
      }
      return Math.max(count, 0);
    });
    return { shape: [n / attrs.batchGroups, o, ...out], dtype: x!.dtype };
  },
  attention: (inputs, attrs, op) => {
    const [q, , v] = attentionShapes(inputs, inputs.slice(3), attrs, op);
    return { shape: [...q.shape.slice(0, -1), v.shape.at(-1)!], dtype: q.dtype };
  },
  attentionLse: (inputs, attrs, op) => {
    const [q] = attentionShapes(inputs, inputs.slice(3), attrs, op);
    return { shape: q.shape.slice(0, -1), dtype: q.dtype };
  },
  attentionGrad: (inputs, attrs, op) => {
    const [q, k, v] = attentionShapes(inputs, inputs.slice(6), attrs, op);
    const { shape, dtype } = { q, k, v }[attrs.of];
    return { shape, dtype };
  },

  reshape: ([x], { shape }, op) => ({ shape: inferReshape(op, x!.shape, shape), dtype: x!.dtype }),
  permute: ([x], { perm }, op) => {
    const rank = x!.shape.length;
    const valid =
      perm.length === rank && new Set(perm).size === rank && perm.every((p) => p >= 0 && p < rank);
    if (!valid) throw new ShapeError(op, `${formatShape(perm)} is not an order of the ${rank} dimensions`);
    return { shape: perm.map((p) => x!.shape[p]!), dtype: x!.dtype };
  },
  expand: ([x], { shape }, op) => {
    const fits = shape.length === x!.shape.length && x!.shape.every((d, i) => d === shape[i] || d === 1);
    if (!fits) throw new ShapeError(op, `${formatShape(x!.shape)} does not stretch to ${formatShape(shape)}`);
    return { shape, dtype: x!.dtype };
  },
  slice: ([x], { starts, sizes, steps }, op) => {
    sizes.forEach((size, i) => {
      const last = starts[i]! + (size - 1) * steps[i]!;
      const inside =
        size === 0 || (Math.min(starts[i]!, last) >= 0 && Math.max(starts[i]!, last) < x!.shape[i]!);
      if (!inside || steps[i] === 0) {
        throw new ShapeError(
          op,
          `${size} elements from ${starts[i]} in steps of ${steps[i]} leave dim ${i} of ${formatShape(x!.shape)}`,
        );
      }
    });
    return { shape: sizes, dtype: x!.dtype };
  },
  pad: ([x], { low, high, interior }, op) => {
    if ([...low, ...high, ...interior].some((amount) => amount < 0)) {
      throw new ArgumentError(op, 'amounts are non-negative');
    }
    const shape = x!.shape.map((d, i) => low[i]! + dilatedSize(d, interior[i]! + 1) + high[i]!);
    return { shape, dtype: x!.dtype };
  },
  concat: (inputs, { axis }, op) => {
    const first = inputs[0]!;
    let size = 0;
    for (const [n, { shape, dtype }] of inputs.entries()) {
      if (shape.length !== first.shape.length || shape.some((d, i) => i !== axis && d !== first.shape[i])) {
        throw new ShapeError(
          op,
          `operand ${n} has shape ${formatShape(shape)}, the first ${formatShape(first.shape)}: all but dim ${axis} must agree`,
        );
      }
      sameOperands(
        [
          { shape: [], dtype: first.dtype },
          { shape: [], dtype },
        ],
        op,
      );
      size += shape[axis]!;
    }
    return { shape: first.shape.with(axis, size), dtype: first.dtype };
  },
  window: ([x], { axis, size, step, dilation }, op) => {
    const count = windowCount(x!.shape[axis]!, size, step, dilation);
    if (count < 1 || size < 1 || step < 1) {
      throw new ShapeError(
        op,
        `windows of ${size} in steps of ${step} do not fit dim ${axis} of ${formatShape(x!.shape)}`,
      );
    }
    return { shape: [...x!.shape.with(axis, count), size], dtype: x!.dtype };
  },

  gather: (inputs, attrs, op) => {
    indexed(inputs, attrs, op);
    return { shape: inputs[1]!.shape, dtype: inputs[0]!.dtype };
  },
  scatterAdd: scatter,
  scatter,
  sort: same,
  argsort: ([x]) => ({ shape: x!.shape, dtype: 'int32' }),

  stopGradient: same,
  barrier: same,
  customGradient: same,
  checkIndex: ([x], _, op) => {
    if (dtypes[x!.dtype].kind !== 'int') throw new DTypeError(op, `indices are integers, not ${x!.dtype}`);
    return { shape: x!.shape, dtype: x!.dtype };
  },
};

/** Whether a shape holds no element at all. */
export const isEmpty = (shape: Shape): boolean => numel(shape) === 0;
