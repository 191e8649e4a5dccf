/** Numbers as the binary format writes them. */
import { InternalError } from '../../../core/index.js';

/** Unsigned LEB128. */
export function unsigned(into: number[], value: number): void {
  if (!(value >= 0 && value <= 0xffffffff)) throw new InternalError(`${value} is no unsigned 32-bit number`);
  while (value > 0x7f) {
    into.push((value % 0x80) | 0x80);
    value = Math.floor(value / 0x80);
  }
  into.push(value);
}

/** Signed LEB128 of an int32. */
export function signed(into: number[], value: number): void {
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    if ((value === 0 && (low & 0x40) === 0) || (value === -1 && (low & 0x40) !== 0)) {
      into.push(low);
      return;
    }
    into.push(low | 0x80);
  }
}

/** Signed LEB128 of an int64. */
export function signed64(into: number[], value: bigint): void {
  for (;;) {
    const low = Number(value & 0x7fn);
    value >>= 7n;
    if ((value === 0n && (low & 0x40) === 0) || (value === -1n && (low & 0x40) !== 0)) {
      into.push(low);
      return;
    }
    into.push(low | 0x80);
  }
}

/** UTF-8 with its length before it. */
export function text(into: number[], value: string): void {
  const bytes = new TextEncoder().encode(value);
  unsigned(into, bytes.length);
  for (const byte of bytes) into.push(byte);
}

/** Appends without spreading, which a long array would overflow the stack with. */
export function append(into: number[], bytes: readonly number[]): void {
  for (let i = 0; i < bytes.length; i++) into.push(bytes[i]!);
}

/** Bytes in pieces, which are put together once: code is nested many levels deep. What was added must not grow any more. */
export class Rope {
  readonly #pieces: (readonly number[] | Rope)[] = [];
  length = 0;

  add(piece: readonly number[] | Rope): this {
    if (piece.length === 0) return this;
    this.#pieces.push(piece);
    this.length += piece.length;
    return this;
  }

  /** Writes all pieces; gives the place after the last. */
  write(into: Uint8Array, from = 0): number {
    let at = from;
    for (const piece of this.#pieces) {
      if (piece instanceof Rope) at = piece.write(into, at);
      else {
        into.set(piece, at);
        at += piece.length;
      }
    }
    return at;
  }
}

const bits = new DataView(new ArrayBuffer(8));

function push(into: number[], count: number): void {
  for (let i = 0; i < count; i++) into.push(bits.getUint8(i));
}

export function float32(into: number[], value: number): void {
  bits.setFloat32(0, value, true);
  push(into, 4);
}

export function float64(into: number[], value: number): void {
  bits.setFloat64(0, value, true);
  push(into, 8);
}

export type LaneType = 'f32' | 'f64' | 'i32' | 'i64';

/** The sixteen bytes of a vector, from numbers of one lane type. */
export function vectorBytes(kind: LaneType, lanes: readonly (number | bigint)[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  const count = kind === 'f64' || kind === 'i64' ? 2 : 4;
  for (let i = 0; i < count; i++) {
    const lane = lanes[lanes.length === 1 ? 0 : i]!;
    const at = (i * 16) / count;
    if (kind === 'f32') view.setFloat32(at, Number(lane), true);
    else if (kind === 'f64') view.setFloat64(at, Number(lane), true);
    else if (kind === 'i32') view.setUint32(at, Number(lane) >>> 0, true);
    else view.setBigUint64(at, BigInt.asUintN(64, BigInt(lane)), true);
  }
  return new Uint8Array(view.buffer);
}
