/** Numbers as the binary format writes them. */

/** Unsigned LEB128. */
export function unsigned(into: number[], value: number): void {
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
