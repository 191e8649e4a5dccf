import { describe, expect, test } from 'vitest';
import { dtypeNames, dtypes, integerRange, isFloat, isHalf, type DType } from '../../../src/core/index.js';
import { binaryOps, infer, unaryOps, type OpName } from '../../../src/ops/index.js';
import { decode, encode, roundTo, scalar, type ElementwiseOp, type Value } from '../../../src/ops/scalar.js';
import { onEachBackend, type Run } from '../each-backend.js';
import type { Target } from '../../../src/plan/index.js';
import { array, axes, buffer, compute, flat, load } from '../harness.js';

let seed = 7;
const uniform = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;

function samples(dtype: DType): Value[] {
  if (dtype === 'bool') return [0, 1, 1, 0];
  if (isFloat(dtype)) {
    const special = [
      0,
      -0,
      1,
      -1,
      0.5,
      -0.5,
      1.5,
      2.5,
      -2.5,
      2,
      3,
      -3,
      NaN,
      Infinity,
      -Infinity,
      1e-8,
      1e30,
      -1e30,
      300,
      70000,
      -2147483648,
      2147483647,
      5e9,
    ];
    const usual = Array.from({ length: 60 }, () => (uniform() * 2 - 1) * 10 ** (uniform() * 4 - 2));
    return [...special, ...usual].map((value) => roundTo(value, dtype));
  }
  const { min, max } = integerRange(dtype);
  const special = [
    0n,
    1n,
    2n,
    3n,
    7n,
    31n,
    32n,
    63n,
    64n,
    min,
    min + 1n,
    max,
    max - 1n,
    dtypes[dtype].signed ? -1n : 255n,
    dtypes[dtype].signed ? -7n : 8n,
  ];
  const width = dtypes[dtype].bytes * 8;
  const usual = Array.from(
    { length: 25 },
    () => BigInt(Math.floor(uniform() * 2 ** 53)) * (uniform() < 0.5 ? 1n : -999n),
  );
  return [...special, ...usual].map((value) => {
    const wrapped = dtypes[dtype].signed ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value);
    return dtype === 'int64' ? wrapped : Number(wrapped);
  });
}

const stored = (values: readonly Value[], dtype: DType) =>
  array(
    dtype,
    values.map((value) => encode(value, dtype)),
  );

/** Relative error allowed: a unit in the last place, and as much again for approximations. */
const tolerance: Partial<Record<DType, number>> = {
  float16: 2e-3,
  bfloat16: 1.6e-2,
  float32: 2.4e-7,
  float64: 1e-12,
};

/** In float32 alone these lose digits where they cross zero. */
const slackOnDevices: Partial<Record<ElementwiseOp, number>> = { lgamma: 1e-7, digamma: 5e-7 };

function agrees(got: Value, want: Value, dtype: DType, slack: number): boolean {
  if (typeof got === 'bigint' || typeof want === 'bigint' || !isFloat(dtype)) return got === want;
  const expected = roundTo(want, dtype) as number;
  if (Object.is(got, expected) || got === expected) return true;
  return (
    Math.abs(got - expected) <=
    tolerance[dtype]! * Math.abs(expected) + Math.max(slack, isHalf(dtype) ? 1e-7 : 1.5e-45)
  );
}

async function check(
  { run, target }: { readonly run: Run; readonly target: Target },
  op: ElementwiseOp,
  dtype: DType,
  result: DType,
  arity: number,
  attrs: object = {},
): Promise<void> {
  const slack = target.name === 'webgpu' ? (slackOnDevices[op] ?? 0) : 0;
  const one = samples(dtype);
  const rows = arity === 1 ? one.map((x) => [x]) : one.flatMap((x) => one.map((y) => [x, y]));
  const n = rows.length;
  const over = axes(n);
  const inputs = Array.from({ length: arity }, (_, i) =>
    stored(
      rows.map((row) => row[i]!),
      dtype,
    ),
  );
  const { outputs } = await run(
    {
      kind: 'map',
      name: op,
      comment: [],
      buffers: [...inputs.map((_, i) => buffer(`x${i}`, dtype, n)), buffer('out', result, n, 'write')],
      axes: over,
      body: [
        ...inputs.map((_, i) => load(i, i, flat(over), { dtype })),
        compute(
          9,
          op,
          inputs.map((_, i) => i),
          { of: dtype, dtype: result },
        ),
      ],
      stores: [{ buffer: arity, index: flat(over), value: 9 }],
    },
    inputs,
  );
  const meaning = scalar[op] as (args: readonly Value[], dtype: DType, attrs: object) => Value;
  const wrong = rows.flatMap((row, i) => {
    const want = meaning(row, dtype, attrs);
    const got = decode(outputs[0]![i]!, result);
    return agrees(got, want, result, slack) ? [] : [`${op}(${row.join(', ')}) = ${got}, not ${want}`];
  });
  expect(wrong.slice(0, 5)).toEqual([]);
}

const resultOf = (op: OpName, dtype: DType, arity: number, attrs: object = {}): DType | undefined => {
  try {
    const rule = infer[op] as (
      inputs: { shape: number[]; dtype: DType }[],
      attrs: object,
      op: OpName,
    ) => { dtype: DType };
    return rule(new Array(arity).fill({ shape: [2], dtype }), attrs, op).dtype;
  } catch {
    return undefined;
  }
};

onEachBackend((run, { target }) => {
  const on = { run, target };
  describe.each(dtypeNames)('%s', (dtype) => {
    const unary = unaryOps.filter((op) => resultOf(op, dtype, 1));
    test.each(unary)('%s', (op) => check(on, op, dtype, resultOf(op, dtype, 1)!, 1));
    const binary = binaryOps.filter((op) => resultOf(op, dtype, 2));
    test.each(binary)('%s', (op) => check(on, op, dtype, resultOf(op, dtype, 2)!, 2));
    test.each(dtypeNames)('cast to %s', (to) => check(on, 'cast', dtype, to, 1, { dtype: to }));
    const alike = dtypeNames.filter((to) => dtypes[to].bytes === dtypes[dtype].bytes && to !== 'bool');
    test.each(alike)('bitcast to %s', (to) => check(on, 'bitcast', dtype, to, 1, { dtype: to }));
  });

  test('values are rounded before what is not continuous', async () => {
    const over = axes(4);
    const x = Float32Array.of(1, 16777216, 0.1, 3);
    const { outputs } = await run(
      {
        kind: 'map',
        name: 'rounding',
        comment: [],
        buffers: [
          buffer('x', 'float32', 4),
          buffer('equal', 'bool', 4, 'write'),
          buffer('floor', 'float32', 4, 'write'),
        ],
        axes: over,
        body: [
          load(0, 0, flat(over)),
          { id: 1, kind: 'const', value: 1e-9, dtype: 'float32' },
          compute(2, 'add', [0, 1]),
          compute(3, 'eq', [2, 0], { dtype: 'bool' }),
          compute(4, 'sub', [0, 1]),
          compute(5, 'floor', [4]),
        ],
        stores: [
          { buffer: 1, index: flat(over), value: 3 },
          { buffer: 2, index: flat(over), value: 5 },
        ],
      },
      [x],
    );
    expect([...outputs[0]!]).toEqual([1, 1, 1, 1]);
    expect([...outputs[1]!]).toEqual([1, 16777216, 0, 3]);
  });

  test('where and threefry', async () => {
    const n = 16;
    const over = axes(n);
    const words = [0, 1, 2, 3].map((k) =>
      Uint32Array.from({ length: n }, (_, i) => Math.imul(i + k + 1, 2654435761) >>> 0),
    );
    const parts = ['word0', 'word1', 'xor'] as const;
    for (const part of parts) {
      const { outputs } = await run(
        {
          kind: 'map',
          name: 'draw',
          comment: [],
          buffers: [
            ...words.map((_, i) => buffer(`w${i}`, 'uint32', n)),
            buffer('out', 'uint32', n, 'write'),
          ],
          axes: over,
          body: [
            ...words.map((_, i) => load(i, i, flat(over), { dtype: 'uint32' })),
            compute(4, 'threefry', [0, 1, 2, 3], { of: 'uint32', dtype: 'uint32', part }),
            compute(5, 'lt', [0, 1], { of: 'uint32', dtype: 'bool' }),
            compute(6, 'where', [5, 4, 2], { of: 'uint32', dtype: 'uint32' }),
          ],
          stores: [{ buffer: 4, index: flat(over), value: 6 }],
        },
        words,
      );
      const expected = Array.from({ length: n }, (_, i) => {
        const [a, b, c, d] = words.map((w) => w[i]!) as [number, number, number, number];
        return a < b ? scalar.threefry([a, b, c, d], 'uint32', { part }) : c;
      });
      expect([...outputs[0]!]).toEqual(expected);
    }
  });
});
