/** Functions that `Math` lacks, in float64 to about 1e-14: the meaning of the primitives of the same names. */

/** Nearest integer, halves to even. Keeps the sign of zero. */
export function roundHalfEven(x: number): number {
  return Math.abs(x - Math.trunc(x)) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x);
}

/** C's pow: 1 to any power is 1, and so is -1 to an infinite one, where JavaScript says NaN. */
export const power = (x: number, y: number): number =>
  x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;

/**
 * Error function.
 * @see Abramowitz and Stegun, 7.1.6 (near 0, all terms of one sign) and 7.1.14 (the continued fraction of erfc)
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x) || x === 0) return x;
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let [term, sum] = [x, x];
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = size;
  for (let n = 50; n > 0; n--) fraction = size + n / (2 * fraction);
  return Math.sign(x) * (1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction));
}

/** zeta(k) - 1 for k = 2, 3, ...: the Taylor series of lgamma at 2. */
const zetaMinusOne = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914,
  0.008349277381922827, 0.00407735619794434, 0.0020083928260822143, 0.0009945751278180853,
  0.0004941886041194645, 0.0002460865533080483, 0.00012271334757848915, 6.124813505870483e-5,
  3.058823630702049e-5, 1.528225940865187e-5, 7.637197637899763e-6, 3.81729326499984e-6, 1.908212716553939e-6,
  9.539620338727962e-7, 4.769329867878064e-7, 2.38450502727733e-7, 1.1921992596531106e-7,
  5.960818905125948e-8, 2.980350351465228e-8, 1.4901554828365043e-8,
];
const oneMinusEuler = 0.42278433509846713;

/** lgamma(2 + z) for |z| <= 1/2. */
function lgammaNearTwo(z: number): number {
  let sum = 0;
  for (let k = zetaMinusOne.length + 1; k >= 2; k--) sum = -z * (zetaMinusOne[k - 2]! / k + sum);
  return z * (oneMinusEuler - sum);
}

const stirling = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduceRight((sum, c) => sum * x + c, 0);

/** Logarithm of |gamma(x)|. */
export function lgamma(x: number): number {
  if (Math.abs(x) === Infinity) return Infinity;
  if (x <= 0 && Number.isInteger(x)) return Infinity;
  if (x < -0.5) return Math.log(Math.PI / Math.abs(x * Math.sin(Math.PI * (x % 2)))) - lgamma(-x);
  if (x < 0.5) return lgamma(1 + x) - Math.log(Math.abs(x));
  if (x < 1.5) return lgammaNearTwo(x - 1) - Math.log1p(x - 1);
  if (x <= 2.5) return lgammaNearTwo(x - 2);
  if (x < 10) {
    let product = 1;
    for (; x > 2.5; x--) product *= x - 1;
    return lgammaNearTwo(x - 2) + Math.log(product);
  }
  const halfLogTwoPi = 0.9189385332046727;
  return (x - 0.5) * (Math.log(x) - 1) - 0.5 + halfLogTwoPi + polynomial(stirling, 1 / (x * x)) / x;
}

/** B(2k) / 2k, Bernoulli's numbers, for the asymptotic series of digamma. */
const digammaTail = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12];

/** Derivative of lgamma. */
export function digamma(x: number): number {
  if (x === 0) return Object.is(x, -0) ? Infinity : -Infinity;
  if (x === Infinity) return x;
  if (x < 0) {
    if (Number.isInteger(x) || x === -Infinity) return NaN;
    return digamma(1 - x) - Math.PI / Math.tan(Math.PI * (x % 1));
  }
  let sum = 0;
  for (; x < 10; x++) sum -= 1 / x;
  const inverse = 1 / (x * x);
  return sum + Math.log(x) - 0.5 / x - inverse * polynomial(digammaTail, inverse);
}

/**
 * One block into two words of `out`: 20 rounds, the key after every fourth. Models start with millions of blocks, computed
 * in code that is still cold: so nothing is looked up, called or taken apart.
 */
function block(k0: number, k1: number, c0: number, c1: number, out: Uint32Array, at: number): void {
  let first = k1;
  let second = 0x1bd11bda ^ k0 ^ k1;
  let third = k0;
  let x = (c0 + k0) | 0;
  let y = (c1 + k1) | 0;
  for (let four = 0; four < 5; four++) {
    const odd = (four & 1) === 1;
    const r0 = odd ? 17 : 13;
    const r1 = odd ? 29 : 15;
    const r2 = odd ? 16 : 26;
    const r3 = odd ? 24 : 6;
    x = (x + y) | 0;
    y = ((y << r0) | (y >>> (32 - r0))) ^ x;
    x = (x + y) | 0;
    y = ((y << r1) | (y >>> (32 - r1))) ^ x;
    x = (x + y) | 0;
    y = ((y << r2) | (y >>> (32 - r2))) ^ x;
    x = (x + y) | 0;
    y = ((y << r3) | (y >>> (32 - r3))) ^ x;
    x = (x + first) | 0;
    y = (y + second + four + 1) | 0;
    const used = first;
    first = second;
    second = third;
    third = used;
  }
  out[at] = x;
  out[at + 1] = y;
}

/**
 * Threefry-2x32 with 20 rounds: two random words from two key words and two counter words, all uint32.
 * @see Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (SC 2011)
 */
export function threefry2x32(k0: number, k1: number, c0: number, c1: number): [number, number] {
  const words = new Uint32Array(2);
  block(k0, k1, c0, c1, words, 0);
  return [words[0]!, words[1]!];
}

/** The exclusive or of both words for counters (0, 0), (0, 1), ..., `count` of them. */
export function threefryWords(k0: number, k1: number, count: number): Uint32Array {
  const words = new Uint32Array(count + 1);
  for (let i = 0; i < count; i++) {
    block(k0, k1, 0, i, words, i);
    words[i] = words[i]! ^ words[i + 1]!;
  }
  return words.subarray(0, count);
}
