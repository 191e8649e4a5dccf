/** Elements of memory to lanes and back, for every dtype. */
import { dtypes, type DType } from '../../../core/index.js';
import type { Code, Local } from '../assembler/index.js';
import { halfOf } from './half.js';
import { isWide, lanesOf, valueOf, type Value } from './value.js';

/** An address: a local, and bytes that every access adds. */
export interface Address {
  readonly local: Local;
  readonly offset: number;
}

/** How many of the four lanes count. */
export type Valid = 1 | 2 | 3 | 4;

/** Bits as they were loaded, in 32-bit lanes, made values of the dtype. */
function decode(c: Code, raw: Local, dtype: DType): Value {
  if (dtype === 'bool') return valueOf(dtype, [c.v('i32x4.ne', raw, c.vector('i32', 0))]);
  const half = halfOf(dtype);
  return valueOf(dtype, [half ? half.from(c, raw) : raw]);
}

/** A value as the bits that memory holds, in 32-bit lanes. */
function encode(c: Code, value: Value): Local {
  const [local] = value.parts as [Local];
  if (value.dtype === 'bool') return c.v('v128.and', local, c.vector('i32', 1));
  return halfOf(value.dtype)?.to(c, local) ?? local;
}

const scalarLoads: Partial<Record<DType, string>> = {
  bool: 'i32.load8_u',
  uint8: 'i32.load8_u',
  int8: 'i32.load8_s',
  int16: 'i32.load16_s',
  float16: 'i32.load16_u',
  bfloat16: 'i32.load16_u',
};

/** One element in all lanes. */
export function loadSplat(c: Code, { local, offset }: Address, dtype: DType): Value {
  if (isWide(dtype)) {
    const part = c.get(local).memory('v128.load64_splat', offset).keep();
    return valueOf(dtype, [part, part]);
  }
  const narrow = scalarLoads[dtype];
  if (!narrow) return valueOf(dtype, [c.get(local).memory('v128.load32_splat', offset).keep()]);
  return decode(c, c.get(local).memory(narrow, offset).op('i32x4.splat').keep(), dtype);
}

/** Element after element of `valid` lanes, wherever each lies. */
export function loadLanes(c: Code, at: readonly Address[], dtype: DType, into?: Value): Value {
  if (isWide(dtype)) {
    const parts = [0, 1].map((part) => {
      let local = into?.parts[part] ?? c.vector('i64', 0n);
      at.slice(part * 2, part * 2 + 2).forEach(({ local: from, offset }, lane) => {
        local = c.get(from).get(local).memoryLane('v128.load64_lane', offset, lane).keep();
      });
      return local;
    });
    return valueOf(dtype, parts);
  }
  const narrow = scalarLoads[dtype];
  let raw = c.vector('i32', 0);
  at.forEach(({ local, offset }, lane) => {
    if (narrow) raw = c.get(raw).get(local).memory(narrow, offset).lane('i32x4.replace_lane', lane).keep();
    else if (lane === 0) raw = c.get(local).memory('v128.load32_zero', offset).keep();
    else raw = c.get(local).get(raw).memoryLane('v128.load32_lane', offset, lane).keep();
  });
  return decode(c, raw, dtype);
}

const sequence = ({ local, offset }: Address, dtype: DType, valid: Valid, step = 1): Address[] =>
  Array.from({ length: valid }, (_, lane) => ({ local, offset: offset + lane * dtypes[dtype].bytes * step }));

/** Neighbouring elements. */
export function loadRow(c: Code, at: Address, dtype: DType, valid: Valid): Value {
  if (valid < 4) return loadSome(c, at, dtype, valid);
  const { local, offset } = at;
  if (isWide(dtype))
    return valueOf(
      dtype,
      [0, 16].map((more) =>
        c
          .get(local)
          .memory('v128.load', offset + more)
          .keep(),
      ),
    );
  const { bytes } = dtypes[dtype];
  if (bytes === 4) return valueOf(dtype, [c.get(local).memory('v128.load', offset).keep()]);
  if (bytes === 2) {
    const name = dtype === 'int16' ? 'v128.load16x4_s' : 'v128.load16x4_u';
    return decode(c, c.get(local).memory(name, offset).keep(), dtype);
  }
  const sign = dtype === 'int8' ? 's' : 'u';
  const raw = c
    .get(local)
    .memory('v128.load32_zero', offset)
    .op(`i16x8.extend_low_i8x16_${sign}`)
    .op(`i32x4.extend_low_i16x8_${sign}`)
    .keep();
  return decode(c, raw, dtype);
}

function loadSome(c: Code, at: Address, dtype: DType, valid: Valid): Value {
  const { local, offset } = at;
  if (dtypes[dtype].bytes === 4 && valid > 1) {
    const two = c.get(local).memory('v128.load64_zero', offset).keep();
    if (valid === 2) return valueOf(dtype, [two]);
    return valueOf(dtype, [
      c
        .get(local)
        .get(two)
        .memoryLane('v128.load32_lane', offset + 8, 2)
        .keep(),
    ]);
  }
  return loadLanes(c, sequence(at, dtype, valid), dtype);
}

/** Stores one lane each at the given places. */
export function storeLanes(c: Code, at: readonly Address[], value: Value): void {
  const { dtype } = value;
  if (isWide(dtype)) {
    at.forEach(({ local, offset }, lane) => {
      c.get(local)
        .get(value.parts[lane >> 1]!)
        .memoryLane('v128.store64_lane', offset, lane & 1);
    });
    return;
  }
  const raw = encode(c, value);
  const { bytes } = dtypes[dtype];
  const width = bytes * 8;
  at.forEach(({ local, offset }, lane) => {
    // The low bytes of a 32-bit lane come first.
    c.get(local)
      .get(raw)
      .memoryLane(`v128.store${width}_lane`, offset, lane * (4 / bytes));
  });
}

/** Stores neighbouring elements. */
export function storeRow(c: Code, at: Address, value: Value, valid: Valid): void {
  const { dtype } = value;
  const { local, offset } = at;
  if (valid < 4) {
    storeSome(c, at, value, valid);
    return;
  }
  if (isWide(dtype)) {
    value.parts.forEach((part, i) =>
      c
        .get(local)
        .get(part)
        .memory('v128.store', offset + 16 * i),
    );
    return;
  }
  const raw = encode(c, value);
  const { bytes } = dtypes[dtype];
  if (bytes === 4) {
    c.get(local).get(raw).memory('v128.store', offset);
    return;
  }
  const packed = Array.from({ length: 16 }, (_, i) =>
    i < 4 * bytes ? Math.floor(i / bytes) * 4 + (i % bytes) : 0,
  );
  const bits = c.get(raw).get(raw).shuffle(packed).keep();
  c.get(local)
    .get(bits)
    .memoryLane(bytes === 2 ? 'v128.store64_lane' : 'v128.store32_lane', offset, 0);
}

function storeSome(c: Code, at: Address, value: Value, valid: Valid): void {
  if (dtypes[value.dtype].bytes === 4 && valid > 1) {
    const raw = encode(c, value);
    c.get(at.local).get(raw).memoryLane('v128.store64_lane', at.offset, 0);
    if (valid === 3)
      c.get(at.local)
        .get(raw)
        .memoryLane('v128.store32_lane', at.offset + 8, 2);
    return;
  }
  storeLanes(c, sequence(at, value.dtype, valid), value);
}

/** Elements `step` apart, forwards or backwards; 0: one element in all lanes. */
export function loadStrided(c: Code, at: Address, dtype: DType, valid: Valid, step: number): Value {
  if (step === 0) return loadSplat(c, at, dtype);
  if (step === 1) return loadRow(c, at, dtype, valid);
  const { bytes } = dtypes[dtype];
  if (step < 0) {
    // Offsets are never negative: the last lane lies lowest.
    const first = c
      .get(at.local)
      .i32(at.offset + (valid - 1) * step * bytes)
      .op('i32.add')
      .keep();
    if (step === -1 && valid === 4 && !isWide(dtype)) {
      const value = loadRow(c, { local: first, offset: 0 }, dtype, 4);
      const [part] = value.parts as [Local];
      return valueOf(dtype, [
        c
          .get(part)
          .get(part)
          .shuffle([3, 2, 1, 0].flatMap((l) => [0, 1, 2, 3].map((b) => l * 4 + b)))
          .keep(),
      ]);
    }
    return loadLanes(c, sequence({ local: first, offset: 0 }, dtype, valid, -step).reverse(), dtype);
  }
  if (step === 2 && valid === 4 && bytes === 4) {
    // Eight neighbours hold four of them; the last neighbour is not touched.
    const { local, offset } = at;
    const low = c.get(local).memory('v128.load', offset).keep();
    const high = c
      .get(local)
      .memory('v128.load', offset + 12)
      .keep();
    const even = [0, 2, 5, 7].flatMap((l) => [0, 1, 2, 3].map((b) => l * 4 + b));
    return decode(c, c.get(low).get(high).shuffle(even).keep(), dtype);
  }
  return loadLanes(c, sequence(at, dtype, valid, step), dtype);
}

export function storeStrided(c: Code, at: Address, value: Value, valid: Valid, step: number): void {
  const { bytes } = dtypes[value.dtype];
  if (step >= 0) {
    storeLanes(c, sequence(at, value.dtype, valid, step), value);
    return;
  }
  const first = c
    .get(at.local)
    .i32(at.offset + (valid - 1) * step * bytes)
    .op('i32.add')
    .keep();
  storeLanes(c, sequence({ local: first, offset: 0 }, value.dtype, valid, -step).reverse(), value);
}

/** The number in one lane, on the stack: an i32, or an i64 of int64. */
export function extract(c: Code, { dtype, parts }: Value, lane: number): void {
  if (lanesOf(dtype) === 'i64') c.get(parts[lane >> 1]!).lane('i64x2.extract_lane', lane & 1);
  else c.get(parts[0]!).lane('i32x4.extract_lane', lane);
}
