/** Casts and bit casts between dtypes. */
import { InternalError, dtypes, integerRange, isFloat, isHalf, type DType } from '../../../core/index.js';
import type { Code, Local } from '../assembler/index.js';
import { halfOf, rounded } from './half.js';
import { lanesOf, narrowMask, shuffleWords, upper, valueOf, type Lanes, type Value } from './value.js';

const shiftBack = (c: Code, x: Local, by: number): Local =>
  c.get(x).i32(by).op('i32x4.shl').i32(by).op('i32x4.shr_s').keep();

/** Drops the bits that an integer dtype has no room for. */
export function wrap(c: Code, x: Local, dtype: DType): Local {
  if (dtype === 'int8') return shiftBack(c, x, 24);
  if (dtype === 'int16') return shiftBack(c, x, 16);
  return dtype === 'uint8' ? c.v('v128.and', x, c.vector('i32', 255)) : x;
}

/** Floats to the 32-bit lanes of an integer dtype: truncated, saturated, NaN gives 0. */
function saturate(c: Code, x: Local, to: DType): Local {
  const { min, max } = integerRange(to);
  if (dtypes[to].bytes === 4) return x;
  const low = c.v('i32x4.max_s', x, c.vector('i32', Number(min)));
  return c.v('i32x4.min_s', low, c.vector('i32', Number(max)));
}

/** Each lane through a scalar instruction, into 64-bit lanes. */
const laneByLane64 = (c: Code, to: 'i64' | 'f64', lane: (index: number) => void): Local[] =>
  [0, 1].map((part) => {
    lane(part * 2);
    c.op(`${to}x2.splat`);
    lane(part * 2 + 1);
    return c.lane(`${to}x2.replace_lane`, 1).keep();
  });

const low2 = (c: Code, x: Local, y: Local): Local => shuffleWords(c, x, y, 0, 1, 4, 5);

type Conversion = (c: Code, value: Value, to: DType) => readonly Local[];

const unsignedSuffix = (dtype: DType): 's' | 'u' => (dtypes[dtype].signed ? 's' : 'u');

const f32 = {
  f64: (c, { parts: [x] }) => [
    c.v('f64x2.promote_low_f32x4', x!),
    c.v('f64x2.promote_low_f32x4', upper(c, x!)),
  ],
  i32: (c, { parts: [x] }, to) => [
    saturate(c, c.v(`i32x4.trunc_sat_f32x4_${to === 'uint32' ? 'u' : 's'}`, x!), to),
  ],
  i64: (c, { parts: [x] }) =>
    laneByLane64(c, 'i64', (lane) => c.get(x!).lane('f32x4.extract_lane', lane).op('i64.trunc_sat_f32_s')),
  bool: (c, { parts: [x] }) => [c.v('f32x4.ne', x!, c.vector('f32', 0))],
} satisfies Partial<Record<Lanes, Conversion>>;

const f64 = {
  f32: (c, { parts: [x, y] }) => [
    low2(c, c.v('f32x4.demote_f64x2_zero', x!), c.v('f32x4.demote_f64x2_zero', y!)),
  ],
  i32: (c, { parts }, to) => {
    const sign = to === 'uint32' ? 'u' : 's';
    const [x, y] = parts.map((part) => c.v(`i32x4.trunc_sat_f64x2_${sign}_zero`, part));
    return [saturate(c, low2(c, x!, y!), to)];
  },
  i64: (c, { parts }) =>
    laneByLane64(c, 'i64', (lane) =>
      c
        .get(parts[lane >> 1]!)
        .lane('f64x2.extract_lane', lane & 1)
        .op('i64.trunc_sat_f64_s'),
    ),
  bool: (c, { parts }) => [
    narrowMask(
      c,
      parts.map((part) => c.v('f64x2.ne', part, c.vector('f64', 0))),
    ),
  ],
} satisfies Partial<Record<Lanes, Conversion>>;

const i32 = {
  f32: (c, { parts: [x], dtype }) => [c.v(`f32x4.convert_i32x4_${unsignedSuffix(dtype)}`, x!)],
  f64: (c, { parts: [x], dtype }) =>
    [x!, upper(c, x!)].map((half) => c.v(`f64x2.convert_low_i32x4_${unsignedSuffix(dtype)}`, half)),
  i64: (c, { parts: [x], dtype }) =>
    ['low', 'high'].map((half) => c.v(`i64x2.extend_${half}_i32x4_${unsignedSuffix(dtype)}`, x!)),
  i32: (c, { parts: [x] }, to) => [wrap(c, x!, to)],
  bool: (c, { parts: [x] }) => [c.v('i32x4.ne', x!, c.vector('i32', 0))],
} satisfies Partial<Record<Lanes, Conversion>>;

const i64 = {
  f32: (c, { parts }) => {
    let out = c.vector('f32', 0);
    for (let lane = 0; lane < 4; lane++) {
      c.get(out)
        .get(parts[lane >> 1]!)
        .lane('i64x2.extract_lane', lane & 1);
      out = c.op('f32.convert_i64_s').lane('f32x4.replace_lane', lane).keep();
    }
    return [out];
  },
  f64: (c, { parts }) =>
    laneByLane64(c, 'f64', (lane) =>
      c
        .get(parts[lane >> 1]!)
        .lane('i64x2.extract_lane', lane & 1)
        .op('f64.convert_i64_s'),
    ),
  i32: (c, { parts: [x, y] }, to) => [wrap(c, shuffleWords(c, x!, y!, 0, 2, 4, 6), to)],
  bool: (c, { parts }) => [
    narrowMask(
      c,
      parts.map((part) => c.v('i64x2.ne', part, c.vector('i64', 0n))),
    ),
  ],
} satisfies Partial<Record<Lanes, Conversion>>;

const asInt = (c: Code, value: Value): Value =>
  valueOf('int32', [c.v('v128.and', value.parts[0]!, c.vector('i32', 1))]);

const bool = {
  f32: (c, { parts: [x] }) => [c.v('v128.and', x!, c.vector('f32', 1))],
  f64: (c, value) => i32.f64(c, asInt(c, value)),
  i32: (c, value) => asInt(c, value).parts,
  i64: (c, value) => i32.i64(c, asInt(c, value)),
} satisfies Partial<Record<Lanes, Conversion>>;

const conversions: Readonly<Record<Lanes, Partial<Record<Lanes, Conversion>>>> = { f32, f64, i32, i64, bool };

/** Float to integer truncates and saturates, NaN gives 0; integers wrap; anything but 0 is true. */
export function cast(c: Code, given: Value, to: DType): Value {
  const value = rounded(c, given);
  if (value.dtype === to) return value;
  const convert = conversions[lanesOf(value.dtype)][lanesOf(to)];
  const parts = convert ? convert(c, value, to) : value.parts;
  const widened = isHalf(value.dtype) && to === 'float32';
  return isFloat(to) && !widened ? rounded(c, valueOf(to, parts, false)) : valueOf(to, parts);
}

/** The same bits as another dtype of equal width. */
export function bitcast(c: Code, given: Value, to: DType): Value {
  const value = rounded(c, given);
  const { dtype, parts } = value;
  if (dtypes[dtype].bytes !== dtypes[to].bytes) throw new InternalError(`bitcast of ${dtype} to ${to}`);
  if (dtypes[to].bytes > 2) return valueOf(to, parts);
  let bits = halfOf(dtype)?.to(c, parts[0]!) ?? (dtype === 'bool' ? asInt(c, value).parts[0]! : parts[0]!);
  const half = halfOf(to);
  if (half) {
    bits = c.v('v128.and', bits, c.vector('i32', 0xffff));
    return valueOf(to, [half.from(c, bits)]);
  }
  if (to === 'bool') return valueOf(to, [c.v('i32x4.ne', bits, c.vector('i32', 0))]);
  return valueOf(to, [wrap(c, bits, to)]);
}

/** An i32 on the stack as a value in all lanes. */
export function fromIndex(c: Code, dtype: DType): Value {
  const value = valueOf('int32', [c.op('i32x4.splat').keep()]);
  return cast(c, value, dtype);
}
