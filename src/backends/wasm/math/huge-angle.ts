/**
 * Reduction of angles of any size modulo pi/2: the product with a window of 192 bits of 2/pi that begins where its bits
 * stop to count whole turns.
 *
 * @see Payne and Hanek, Radian Reduction for Trigonometric Functions (SIGNUM Newsletter 18, 1983)
 */
import type { Local } from '../assembler/index.js';
import type { Lanes } from './lanes.js';
import type { Angle } from './trigonometric.js';

const tableBytes = 160;
/** Zero bits before the binary point of the table, for the windows of the smallest angles. */
const lead = 40;
const limbs = 6;

let bytes: Uint8Array | undefined;
/** 2/pi as a binary fraction after `lead` zeros. */
function twoOverPi(): Uint8Array {
  if (bytes) return bytes;
  const bits = BigInt(8 * tableBytes + 64);
  /** arctan(1/n) in fixed point */
  const arctan = (n: bigint): bigint => {
    let [sum, power] = [0n, (1n << bits) / n];
    for (let k = 1n; power !== 0n; k += 2n) {
      sum += (k % 4n === 1n ? power : -power) / k;
      power /= n * n;
    }
    return sum;
  };
  // Machin's formula
  const pi = 4n * (4n * arctan(5n) - arctan(239n));
  const digits = (1n << (bits + BigInt(8 * tableBytes - lead) + 1n)) / pi;
  bytes = Uint8Array.from({ length: tableBytes }, (_, i) =>
    Number((digits >> BigInt(8 * (tableBytes - 1 - i))) & 0xffn),
  );
  return bytes;
}

/** Sixteen bytes of the table, made where they are used. */
function tablePart({ c }: Lanes, at: number): Local {
  const view = new DataView(twoOverPi().buffer, at);
  c.i64(view.getBigInt64(0, true)).op('i64x2.splat');
  return c.i64(view.getBigInt64(8, true)).lane('i64x2.replace_lane', 1).keep();
}

/** The angle of finite |x| >= 2^20; NaN for infinities and NaN. */
export function reduceHuge(m: Lanes, x: Local): Angle {
  const { c } = m;
  const integers = (...values: readonly [bigint] | readonly [bigint, bigint]): Local =>
    c.vector('i64', ...values);
  const low32 = integers(0xffffffffn);
  const lowPart = (v: Local): Local => m.and(v, low32);
  const highPart = (v: Local): Local => m.shift('shr_u', v, 32);

  // x = significand 2^(exponent - 1075); the window begins at bit exponent - 1077 of 2/pi, at or before it in bytes.
  const size = m.abs(x);
  const position = m.integer('sub', m.shift('shr_u', size, 52), integers(1077n - BigInt(lead)));
  const significand = m.or(m.and(size, integers((1n << 52n) - 1n)), integers(1n << 52n));
  let aligned = significand;
  for (let lane = 0; lane < 2; lane++) {
    c.get(aligned).get(significand).lane('i64x2.extract_lane', lane);
    c.get(position).lane('i64x2.extract_lane', lane).i64(7n).op('i64.and').op('i64.shl');
    aligned = c.lane('i64x2.replace_lane', lane).keep();
  }
  // The first byte of the window, in all bytes of its lane.
  const first = m.integer('mul', m.shift('shr_u', position, 3), integers(0x0101010101010101n));

  const parts: Local[] = [];
  for (let at = 0; at < tableBytes; at += 16) parts.push(tablePart(m, at));
  /** Limb i of the window, from the lowest: its bytes lie in the table with the highest first. */
  const limb = (i: number): Local => {
    const start = 4 * (limbs - 1 - i);
    const order = [3, 2, 1, 0].reduce((sum, b, k) => sum | (BigInt(start + b) << BigInt(8 * k)), 0n);
    const index = c.v('i8x16.add', first, integers(order));
    return lowPart(
      parts
        .map((part, j) =>
          c.v('i8x16.swizzle', part, c.v('i8x16.sub', index, c.vector('i32', j * 0x10101010))),
        )
        .reduce((sum, part) => m.or(sum, part)),
    );
  };

  // The product modulo 2^192, by the two halves of the significand.
  const window = Array.from({ length: limbs }, (_, i) => limb(i));
  const [low, high] = [lowPart(aligned), highPart(aligned)];
  const product: Local[] = [];
  let carry = integers(0n);
  for (let i = 0; i < limbs; i++) {
    const sum = m.integer('add', m.integer('mul', window[i]!, low), carry);
    product.push(lowPart(sum));
    carry = highPart(sum);
  }
  carry = integers(0n);
  for (let i = 1; i < limbs; i++) {
    const sum = m.integer(
      'add',
      m.integer('add', m.integer('mul', window[i - 1]!, high), product[i]!),
      carry,
    );
    product[i] = lowPart(sum);
    carry = highPart(sum);
  }

  // The top two bits of the product are the quadrant, rounded to the nearest; the rest is a signed fraction.
  const top = m.integer('add', product[5]!, integers(1n << 29n));
  const quadrant = m.shift('shr_u', top, 30);
  const fraction = m.integer('sub', product[5]!, m.shift('shl', quadrant, 30));
  const negative = m.shift('shr_s', fraction, 63);
  /** A limb of the fraction's size as a float. */
  const float = (v: Local): Local =>
    m.sub(m.or(lowPart(m.xor(v, negative)), integers(0x4330000000000000n)), 2 ** 52);
  let r = float(product[1]!);
  for (const part of [product[2]!, product[3]!, product[4]!, fraction]) r = m.madd(r, 2 ** -32, float(part));
  const angle = m.mul(r, (Math.PI / 2) * 2 ** -30);
  // A negative angle turns the other way; what is not finite has no angle.
  const turned = m.xor(angle, m.xor(m.sign(negative), m.sign(x)));
  const minus = m.shift('shr_s', x, 63);
  const finite = m.op('lt', size, Infinity);
  return {
    r: m.select(finite, turned, NaN),
    quadrant: m.integer('sub', m.xor(quadrant, minus), minus),
  };
}
