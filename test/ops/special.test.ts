import { describe, expect, test } from 'vitest';
import { digamma, erf, lgamma, scalar, threefry2x32 } from '../../src/ops/index.js';

const euler = 0.5772156649015329;

/** Within `tolerance`, relative above 1 and absolute below. */
function close(actual: number, expected: number, tolerance = 1e-14): void {
  const bound = tolerance * Math.max(1, Math.abs(expected));
  expect(Math.abs(actual - expected), `${actual} against ${expected}`).toBeLessThanOrEqual(bound);
}

describe('erf', () => {
  // Abramowitz and Stegun, table 7.1, continued to float64 with 30-digit arithmetic.
  const table: [number, number][] = [
    [1e-300, 1.1283791670955126e-300],
    [1e-8, 1.1283791670955126e-8],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [0.84, 0.7651427114549945],
    [1, 0.8427007929497149],
    [1.25, 0.9229001282564583],
    [1.9, 0.9927904292352575],
    [2.4, 0.999311486103355],
    [2.5, 0.999593047982555],
    [2.6, 0.9997639655834707],
    [3, 0.9999779095030014],
    [3.5, 0.9999992569016276],
    [4, 0.9999999845827421],
    [5, 0.9999999999984626],
  ];
  test('against the table, and odd', () => {
    for (const [x, y] of table) {
      expect(Math.abs(erf(x) / y - 1)).toBeLessThan(1e-15);
      expect(erf(-x)).toBe(-erf(x));
    }
  });
  test('at the ends', () => {
    expect([erf(0), erf(-0), erf(Infinity), erf(-Infinity), erf(NaN)]).toEqual([0, -0, 1, -1, NaN]);
  });
});

describe('lgamma and digamma', () => {
  // x, lgamma(x), digamma(x): from 30-digit arithmetic.
  const table: [number, number, number][] = [
    [1e-5, 11.512919692895826, -100000.57719921567],
    [0.1, 2.252712651734206, -10.423754940411076],
    [0.3, 1.0957979948180756, -3.502524222200133],
    [0.9, 0.06637623973474295, -0.7549269499470513],
    [1.3, -0.10817480950786047, -0.16919088886679962],
    [1.7, -0.09580769740706588, 0.2085478748734939],
    [2.3, 0.15418945495963046, 0.6000398803639695],
    [2.6, 0.35741186354897986, 0.7510474527734763],
    [4.5, 2.4537365708424423, 1.388870926359529],
    [7.9, 8.32426586800881, 2.002238487563571],
    [9.99, 12.779315214350193, 2.250700372831201],
    [10, 12.801827480081469, 2.251752589066721],
    [12.5, 18.734347511936445, 2.4851956512749123],
    [100, 359.1342053695754, 4.600161852738087],
    [1e5, 1051287.7089736569, 11.512920464961896],
    [-0.1, 2.3689613327287886, 9.245073050052948],
    [-0.3, 1.4648400508576025, 2.113309779635399],
    [-0.7, 1.4524729387568078, -2.073952793628704],
    [-1.5, 0.860047015376481, 0.7031566406452432],
    [-2.5, -0.056243716497674054, 1.103156640645243],
    [-3.3, -0.8243558050174264, 3.620353460592126],
    [-10.25, -14.20399790093109, 5.516858419886273],
    [-100.5, -364.90096830942736, 4.6151246013380645],
  ];
  test('against the table', () => {
    for (const [x, logGamma, psi] of table) {
      close(lgamma(x), logGamma);
      close(digamma(x), psi);
    }
  });
  test('exact facts', () => {
    close(lgamma(0.5), Math.log(Math.PI) / 2);
    close(lgamma(11), Math.log(3628800));
    expect([lgamma(1), lgamma(2)]).toEqual([0, 0]);
    close(digamma(1), -euler);
    close(digamma(2), 1 - euler);
    close(digamma(0.5), -euler - 2 * Math.log(2));
  });
  test('relative precision is kept beside the zeros of lgamma', () => {
    expect(Math.abs(lgamma(1 + 2 ** -20) / -5.504750066148867e-7 - 1)).toBeLessThan(1e-13);
    expect(Math.abs(lgamma(2 + 2 ** -20) / 4.0319885504430156e-7 - 1)).toBeLessThan(1e-13);
  });
  test('poles and infinities', () => {
    expect([0, -1, -2, Infinity, -Infinity].map(lgamma)).toEqual([
      Infinity,
      Infinity,
      Infinity,
      Infinity,
      Infinity,
    ]);
    expect([0, -0, -1, Infinity].map(digamma)).toEqual([-Infinity, Infinity, NaN, Infinity]);
    expect([lgamma(NaN), digamma(NaN)]).toEqual([NaN, NaN]);
  });
});

describe('threefry', () => {
  // Random123's known answers for threefry2x32 with 20 rounds: key, counter, result.
  const known: [[number, number], [number, number], [number, number]][] = [
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ];
  test("Random123's known answers", () => {
    for (const [key, counter, words] of known) {
      expect(threefry2x32(...key, ...counter)).toEqual(words);
      const args = [...key, ...counter];
      expect(scalar.threefry(args, 'uint32', { part: 'word0' })).toBe(words[0]);
      expect(scalar.threefry(args, 'uint32', { part: 'word1' })).toBe(words[1]);
      expect(scalar.threefry(args, 'uint32', { part: 'xor' })).toBe((words[0] ^ words[1]) >>> 0);
    }
  });
});
