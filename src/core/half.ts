/** float16 and bfloat16 as bits: conversions with round-to-nearest-even, NaN and infinities kept. */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

export function bfloat16ToBits(value: number): number {
  float[0] = value;
  const u = bits[0]!;
  if ((u & 0x7fffffff) > 0x7f800000) return (u >>> 16) | 0x40;
  return ((u + 0x7fff + ((u >>> 16) & 1)) >>> 16) & 0xffff;
}

export function bfloat16FromBits(half: number): number {
  bits[0] = half << 16;
  return float[0]!;
}

export function float16ToBits(value: number): number {
  float[0] = value;
  const u = bits[0]!;
  const sign = (u >>> 16) & 0x8000;
  const magnitude = u & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and above round to infinity
  if (magnitude < 0x38800000) {
    // Below 2^-14 the result is a multiple of 2^-24: scaling by a power of two is exact.
    const scaled = Math.abs(float[0]!) * 16777216;
    const floor = Math.floor(scaled);
    const rest = scaled - floor;
    return sign | (floor + (rest > 0.5 || (rest === 0.5 && (floor & 1) === 1) ? 1 : 0));
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

export function float16FromBits(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** `value` as the nearest number a float16 can hold. */
export const roundFloat16 = (value: number): number => float16FromBits(float16ToBits(value));
/** `value` as the nearest number a bfloat16 can hold. */
export const roundBfloat16 = (value: number): number => bfloat16FromBits(bfloat16ToBits(value));
