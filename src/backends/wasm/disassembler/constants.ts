/** Constants as WebAssembly text, exact and as short as that allows. */

/** Infinities and NaN, whose payload the text format keeps. */
function special(value: number, negative: boolean, payload: bigint, canonical: bigint): string {
  const sign = negative ? '-' : '';
  if (!Number.isNaN(value)) return `${sign}inf`;
  return payload === canonical ? `${sign}nan` : `${sign}nan:0x${payload.toString(16)}`;
}

/** The float32 at an offset of a view. */
export function float32Text(view: DataView, at = 0): string {
  const value = view.getFloat32(at, true);
  const bits = view.getUint32(at, true);
  if (!Number.isFinite(value)) return special(value, bits >>> 31 === 1, BigInt(bits & 0x7fffff), 0x400000n);
  if (Object.is(value, -0)) return '-0';
  for (let digits = 1; ; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (digits === 9 || Math.fround(Number(text)) === value) return text;
  }
}

/** The float64 at an offset of a view. */
export function float64Text(view: DataView, at = 0): string {
  const value = view.getFloat64(at, true);
  const bits = view.getBigUint64(at, true);
  if (!Number.isFinite(value))
    return special(value, bits >> 63n === 1n, bits & 0xfffffffffffffn, 0x8000000000000n);
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Lane types in the order of preference. */
const laneTypes: readonly (readonly [
  name: string,
  bytes: number,
  text: (view: DataView, at: number) => string,
])[] = [
  ['f32x4', 4, float32Text],
  ['i32x4', 4, (view, at) => String(view.getInt32(at, true))],
  ['f64x2', 8, float64Text],
  ['i64x2', 8, (view, at) => String(view.getBigInt64(at, true))],
  ['i16x8', 2, (view, at) => String(view.getInt16(at, true))],
  ['i8x16', 1, (view, at) => String(view.getUint8(at))],
];

/** Characters to read: lanes that repeat count once, unless there are many of them. */
function effort(lanes: readonly string[]): number {
  const read = lanes.length > 4 ? lanes : [...new Set(lanes)];
  // A float that reads as NaN is seldom meant.
  return read.join(' ').length + (read.some((lane) => lane.includes('nan')) ? 8 : 0);
}

/** A vector of the lane type that takes the least effort. */
export function vectorText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  let best = '';
  let least = Infinity;
  for (const [name, size, text] of laneTypes) {
    const lanes = Array.from({ length: 16 / size }, (_, i) => text(view, i * size));
    if (effort(lanes) >= least) continue;
    least = effort(lanes);
    best = `${name} ${lanes.join(' ')}`;
  }
  return best;
}
