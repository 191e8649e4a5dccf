/** Every elementwise operation in WGSL against the table of scalar meanings. */
import { describe, expect, test } from 'vitest';
import { beats, combine, compute, identity, literal } from '../../../src/backends/webgpu/wgsl/arithmetic.js';
import { library, librarySource, type HelperName } from '../../../src/backends/webgpu/wgsl/library.js';
import { dtypeNames, dtypes, integerRange, isFloat, type DType } from '../../../src/core/index.js';
import type { ElementwiseOp, Instr } from '../../../src/loops/index.js';
import { binaryOps, infer, unaryOps, type OpName } from '../../../src/ops/index.js';
import { roundTo, scalar, type Value as Scalar } from '../../../src/ops/scalar.js';
import { adapter, requestDevice } from './adapter.js';
import { evaluate, type Operand } from './expressions.js';

/** The dtypes that the backend computes with. */
const supported = dtypeNames.filter((dtype) => dtypes[dtype].bytes < 8);
const floats = supported.filter(isFloat);

let seed = 7;
const uniform = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
const word = (): number => Math.floor(uniform() * 2 ** 32) >>> 0;
const float = new Float32Array(1);
const floatOf = (bits: number): number => {
  new Uint32Array(float.buffer)[0] = bits;
  return float[0]!;
};

const special = [
  ...[0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 2, 3, -3, 10, 100, 127, 128, 129, 255, 256, 300, 70000],
  ...[NaN, Infinity, -Infinity, 1e-8, -1e-8, 1e-30, 1e30, -1e30, 1.17549435e-38, 3.4028234e38, -3.4028234e38],
  ...[-2147483648, 2147483647, 4294967295, 5e9, 65504, 65519, 65520, 16777216, 16777217, 0.2, -0.3],
  ...[Math.PI, Math.PI / 2, 88.7, 88.8, -87.3, -88, -103, -104, 10.5, -10.5, 0.999, -0.999, 1.001, -7, -7.5],
];

function samples(dtype: DType, random: number): number[] {
  if (dtype === 'bool') return [0, 1];
  if (isFloat(dtype)) {
    const near = Array.from({ length: random }, () => (uniform() * 2 - 1) * 10 ** (uniform() * 6 - 3));
    const any = Array.from({ length: random }, () => floatOf(word()));
    const signed = Array.from({ length: random }, () => (uniform() * 2 - 1) * 12);
    return [...special, ...near, ...signed, ...any].map(
      (value) => roundTo(Math.fround(value), dtype) as number,
    );
  }
  const { min, max } = integerRange(dtype);
  const [low, high] = [Number(min), Number(max)];
  const edges = [0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 64, low, low + 1, high, high - 1, -1, -2, -7];
  const usual = Array.from({ length: random }, () => low + Math.floor(uniform() * (high - low + 1)));
  return [...edges.filter((value) => value >= low && value <= high), ...usual];
}

const mantissa: Partial<Record<DType, readonly [bits: number, least: number]>> = {
  float32: [23, -126],
  float16: [10, -14],
  bfloat16: [7, -126],
};

/** How far `got` is from `want` in units in the last place of `want`; a result that is flushed to 0 is none. */
function distance(got: number, want: number, dtype: DType, floor: number): number {
  const nearest = roundTo(want, dtype) as number;
  if (Object.is(got, nearest) || got === nearest) return 0;
  if (Number.isNaN(got) || Number.isNaN(nearest)) return Infinity;
  const [bits, least] = mantissa[dtype]!;
  if (Math.abs(got) <= 2 ** -126 && Math.abs(want) <= 2 ** -126) return 0;
  const size = Math.max(Math.abs(want), floor);
  const exponent = Math.max(Math.floor(Math.log2(Math.min(size, 3.4e38))), least);
  // An overflow that comes too early or too late.
  const value = Math.abs(got) === Infinity ? Math.sign(got) * 2 ** (dtype === 'float16' ? 16 : 128) : got;
  const target =
    Math.abs(nearest) === Infinity ? Math.sign(want) * 2 ** (dtype === 'float16' ? 16 : 128) : want;
  return (
    Math.abs(value - (dtype === 'float32' ? target : Math.abs(nearest) === Infinity ? target : nearest)) /
    2 ** (exponent - bits)
  );
}

/** Units in the last place by which a float32 result may miss; of what is not listed, half a unit and a little. */
const bounds: { readonly [O in ElementwiseOp]?: number } = {
  ...{ exp: 2, expm1: 2, log: 1.5, log1p: 3, sinh: 2.5, cosh: 2, tanh: 2.5, sigmoid: 3, erf: 2, pow: 2 },
  ...{ sin: 3, cos: 3, tan: 4.5, asin: 2.5, acos: 2, atan: 3, atan2: 3.5, lgamma: 7, digamma: 16 },
  ...{ rsqrt: 1.6 },
};
/** Values below 1 count as 1: of negative arguments these have zeros where only the absolute error is small. */
const absolute = new Set<ElementwiseOp>(['lgamma', 'digamma']);

const resultOf = (op: OpName, dtype: DType, arity: number): DType | undefined => {
  try {
    const rule = infer[op] as (inputs: object[], attrs: object, op: OpName) => { dtype: DType };
    return rule(new Array<object>(arity).fill({ shape: [2], dtype }), {}, op).dtype;
  } catch {
    return undefined;
  }
};

type Compute = Extract<Instr, { kind: 'compute' }>;
const instr = (op: ElementwiseOp, of: DType, dtype: DType, more: Partial<Compute> = {}): Compute => ({
  ...{ id: 0, kind: 'compute', op, args: [], of, dtype },
  ...more,
});

describe.skipIf(!adapter)('WGSL', async () => {
  const device = adapter ? await requestDevice() : (undefined as never);

  /** Whether it takes numbers without a leading bit for 0, as WGSL lets it: tests then have none. */
  const [doubled] = adapter
    ? await evaluate(device, [{ dtype: 'float32', values: [1e-39] }], 'float32', ([x]) => `${x!.text} * 2.0f`)
    : [0];
  const flushes = doubled === 0;
  const usable = (value: number): number =>
    flushes && Math.abs(value) < 2 ** -100 ? Math.sign(value) : value;

  async function check(op: ElementwiseOp, of: DType, result: DType, inputs: readonly Operand[], attrs = {}) {
    const got = await evaluate(device, inputs, result, (args, use) =>
      compute(instr(op, of, result, attrs), args, use),
    );
    const meaning = scalar[op] as (args: readonly Scalar[], dtype: DType, attrs: object) => Scalar;
    const allowed = isFloat(result) ? (result === 'float32' ? (bounds[op] ?? 0.51) : 1) : 0;
    const wrong = got.flatMap((value, i) => {
      const args = inputs.map(({ values }) => values[i]!);
      const want = Number(meaning(args, of, { dtype: result, ...attrs }));
      const error = isFloat(result)
        ? distance(value, want, result, absolute.has(op) && Number(args[0]) < 0 ? 1 : 0)
        : Number(value !== want);
      return error <= allowed ? [] : [`${op}(${args.join(', ')}) = ${value}, not ${want}: ${error}`];
    });
    wrong.sort((a, b) => Number(b.split(': ')[1]) - Number(a.split(': ')[1]));
    expect({ wrong: wrong.slice(0, 5), count: wrong.length }).toEqual({ wrong: [], count: 0 });
  }

  const one = (dtype: DType, random: number): Operand[] => [
    { dtype, values: samples(dtype, random).map(usable) },
  ];
  function two(dtype: DType): Operand[] {
    const values = samples(dtype, 60).map(usable);
    const more = samples(dtype, 4000).map(usable);
    return [
      { dtype, values: [...values.flatMap((x) => values.map(() => x)), ...more] },
      { dtype, values: [...values.flatMap(() => values), ...more.toReversed()] },
    ];
  }

  test('operands that are literals, or alike', async () => {
    const x: Operand = { dtype: 'float32', values: [NaN, Infinity, -Infinity, 3, -3, 0, -0] };
    const alone = (op: ElementwiseOp, literals: readonly number[], like = false) =>
      evaluate(device, [x], 'float32', ([given], use) =>
        compute(
          instr(op, 'float32', 'float32'),
          [
            given!,
            ...literals.map((value) => ({ text: literal(value, 'float32', use), dtype: 'float32' as const })),
            ...(like ? [given!] : []),
          ],
          use,
        ),
      );
    expect(await alone('mul', [0])).toEqual([NaN, NaN, NaN, 0, -0, 0, -0]);
    expect(await alone('mul', [-0])).toEqual([NaN, NaN, NaN, -0, 0, -0, 0]);
    expect(await alone('sub', [], true)).toEqual([NaN, NaN, NaN, 0, 0, 0, 0]);
    expect(await alone('div', [], true)).toEqual([NaN, NaN, NaN, 1, 1, NaN, NaN]);
    expect(await alone('div', [0])).toEqual([NaN, Infinity, -Infinity, Infinity, -Infinity, NaN, NaN]);
    expect(await alone('div', [-0])).toEqual([NaN, -Infinity, Infinity, -Infinity, Infinity, NaN, NaN]);
    expect(await alone('max', [0])).toEqual([NaN, Infinity, 0, 3, 0, 0, 0]);
    expect(await alone('min', [0])).toEqual([NaN, 0, -Infinity, 0, -3, 0, -0]);
    expect(await alone('pow', [2])).toEqual([NaN, Infinity, Infinity, 9, 9, 0, 0]);
    expect(await alone('add', [Infinity])).toEqual([
      NaN,
      Infinity,
      NaN,
      Infinity,
      Infinity,
      Infinity,
      Infinity,
    ]);
  });

  /** Every operation of two literals, which no compiler may evaluate to an error. */
  test.each(supported)('%s literals', async (dtype) => {
    const values =
      dtype === 'bool'
        ? [0, 1]
        : isFloat(dtype)
          ? [0, -0, 3e38, -3e38, NaN, Infinity, -Infinity, 1e-3]
          : [
              0,
              1,
              33,
              Number(integerRange(dtype).min),
              Number(integerRange(dtype).max),
              ...(dtypes[dtype].signed ? [-1] : []),
            ];
    const pick: Operand = {
      dtype: 'int32',
      values: values.flatMap((_, i) => values.map((__, j) => i * values.length + j)),
    };
    for (const op of binaryOps) {
      const result = resultOf(op, dtype, 2);
      if (!result) continue;
      const got = await evaluate(device, [pick], result, ([which], use) => {
        const literals = values.map((value) => ({ text: literal(value, dtype, use), dtype }));
        const all = literals.flatMap((x) =>
          literals.map((y) => compute(instr(op, dtype, result), [x, y], use)),
        );
        return all
          .slice(1)
          .reduce((rest, text, i) => `select(${rest}, ${text}, ${which!.text} == ${i + 1})`, all[0]!);
      });
      const meaning = scalar[op] as (args: readonly Scalar[], dtype: DType, attrs: object) => Scalar;
      const rounded = values.map((value) => roundTo(value, dtype) as number);
      const want = rounded.flatMap((x) =>
        rounded.map((y) => Number(roundTo(meaning([x, y], dtype, {}), result))),
      );
      got.forEach((value, i) => {
        const near = isFloat(result) ? distance(value, want[i]!, result, 0) <= 3 : value === want[i];
        expect(
          near,
          `${op}(${rounded[Math.floor(i / values.length)]}, ${rounded[i % values.length]}) = ${value}, not ${want[i]}`,
        ).toBe(true);
      });
    }
  });

  test.each(supported)('casts of %s literals', async (dtype) => {
    const values = samples(dtype, 10).map(usable);
    const pick: Operand = { dtype: 'int32', values: values.map((_, i) => i) };
    for (const op of ['cast', 'bitcast'] as const) {
      for (const to of supported) {
        if (op === 'bitcast' && (to === 'bool' || dtypes[to].bytes !== dtypes[dtype].bytes)) continue;
        const got = await evaluate(device, [pick], to, ([which], use) => {
          const [first, ...others] = values.map((value) =>
            compute(instr(op, dtype, to), [{ text: literal(value, dtype, use), dtype }], use),
          );
          return others.reduce(
            (rest, text, i) => `select(${rest}, ${text}, ${which!.text} == ${i + 1})`,
            first!,
          );
        });
        const tiny = (value: number): number => (flushes && Math.abs(value) < 2 ** -100 ? 0 : value);
        expect(got.map(tiny)).toEqual(
          values.map((value) => tiny(Number(scalar[op]([value], dtype, { dtype: to })))),
        );
      }
    }
  });

  test.each(floats)('%s: what is not below is not at least', async (dtype) => {
    const [x, y] = two(dtype) as [Operand, Operand];
    for (const op of ['lt', 'le', 'eq'] as const) {
      const got = await evaluate(
        device,
        [x, y],
        'bool',
        (args, use) => `!(${compute(instr(op, dtype, 'bool'), args, use)})`,
      );
      const want = x.values.map(
        (value, i) =>
          1 -
          Number(
            (scalar[op] as (a: Scalar[], d: DType, t: object) => Scalar)([value, y.values[i]!], dtype, {}),
          ),
      );
      expect(got).toEqual(want);
    }
  });

  test.each(
    supported.flatMap((dtype) =>
      (['sum', 'prod', 'max', 'min'] as const).map((how) => [dtype, how] as const),
    ),
  )('%s: %s of a value and what changes nothing', async (dtype, how) => {
    const [x] = one(dtype, 100);
    const got = await evaluate(device, [x!], dtype, ([value], use) =>
      combine(how, { text: identity(how, dtype, use), dtype }, value!, use),
    );
    const size = (value: number): number => (value === 0 ? 0 : value);
    expect(got.map(size)).toEqual(x!.values.map(size));
  });

  test.each([
    ['sum', [0, 1, 1, 1]],
    ['prod', [0, 0, 0, 1]],
    ['max', [0, 1, 1, 1]],
    ['min', [0, 0, 0, 1]],
  ] as const)('bool: %s of two', async (how, want) => {
    const [x, y]: Operand[] = [
      { dtype: 'bool', values: [0, 0, 1, 1] },
      { dtype: 'bool', values: [0, 1, 0, 1] },
    ];
    expect(await evaluate(device, [x!, y!], 'bool', ([a, b], use) => combine(how, a!, b!, use))).toEqual(
      want,
    );
  });

  test.each(supported)('%s: which candidate is best', async (dtype) => {
    const [x, y] = two(dtype) as [Operand, Operand];
    for (const how of ['max', 'min'] as const) {
      const got = await evaluate(
        device,
        [x, y],
        'bool',
        ([a, b], use) => `false || ${beats(how, a!, b!, use)}`,
      );
      const want = x.values.map((a, i) => {
        const b = y.values[i]!;
        return Number(!Number.isNaN(b) && (Number.isNaN(a) || (how === 'max' ? a > b : a < b)));
      });
      expect(got).toEqual(want);
    }
  });

  describe.each(supported)('%s', (dtype) => {
    const unary = unaryOps.filter((op) => resultOf(op, dtype, 1));
    test.each(unary)('%s', (op) =>
      check(op, dtype, resultOf(op, dtype, 1)!, one(dtype, dtype === 'float32' ? 20000 : 3000)),
    );
    const binary = binaryOps.filter((op) => resultOf(op, dtype, 2));
    test.each(binary)('%s', (op) => check(op, dtype, resultOf(op, dtype, 2)!, two(dtype)));
    test.each(supported)('cast to %s', (to) => check('cast', dtype, to, one(dtype, 2000)));
    const alike = supported.filter((to) => dtypes[to].bytes === dtypes[dtype].bytes && to !== 'bool');
    test.each(alike)('bitcast to %s', (to) => check('bitcast', dtype, to, one(dtype, 2000)));
  });

  test.each(['word0', 'word1', 'xor'] as const)('threefry %s', (part) => {
    const inputs = [0, 1, 2, 3].map((): Operand => ({ dtype: 'uint32', values: samples('uint32', 100) }));
    return check('threefry', 'uint32', 'uint32', inputs, { part });
  });

  test('every function of the library compiles beside the others', async () => {
    const code = librarySource(new Set(Object.keys(library) as HelperName[]));
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ code });
    const { messages } = await module.getCompilationInfo();
    await device.popErrorScope();
    expect(messages.map(({ message }) => message)).toEqual([]);
    for (const name of Object.keys(library)) expect(code).toMatch(new RegExp(`^(fn|struct) ${name}\\b`, 'm'));
  });
});
