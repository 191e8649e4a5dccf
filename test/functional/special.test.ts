/** Special functions against values of scipy.special 1.17, first derivatives against the formulas. */
import { describe, expect, it } from 'vitest';
import * as f from '../../src/functional/index.js';
import { gradientOf, tensor, values } from '../functional-nn/evaluate.js';

type Unary = (x: ReturnType<typeof tensor>) => ReturnType<typeof tensor>;

/** Function, points, values. */
const table: Readonly<Record<string, readonly [Unary, readonly number[], readonly number[]]>> = {
  i0: [
    f.i0,
    [-3.7, -0.4, 0.75, 5.0, 9.5],
    [8.738617524169396, 1.0404017822293414, 1.1456467780440016, 27.239871823604442, 1753.480990527323],
  ],
  i0e: [
    f.i0e,
    [-3.7, -0.4, 0.75, 5.0, 9.5],
    [0.21604944167297369, 0.6974021705595334, 0.5411652192034955, 0.18354081260932834, 0.13125126081426788],
  ],
  i1: [
    f.i1,
    [-3.7, -0.4, 0.75, 5.0, 9.5],
    [-7.435745796535337, -0.2040267557335706, 0.40199246158092217, 24.335642142450524, 1658.4530777821344],
  ],
  i1e: [
    f.i1e,
    [-3.7, -0.4, 0.75, 5.0, 9.5],
    [-0.18383785802735622, -0.13676322429582918, 0.189887793304855, 0.16397226694454234, 0.1241382476548818],
  ],
  erfc: [
    f.erfc,
    [-3.7, -0.4, 0.75, 5.0, 9.5],
    [
      1.9999998328489421, 1.4283923550466684, 0.2888443663464849, 1.5374597944280347e-12,
      3.7692144856548797e-41,
    ],
  ],
  erfcx: [
    f.erfcx,
    [-3.7, -0.4, 0.75, 5.0, 9.5],
    [1764092.7560908962, 1.676233956688859, 0.506937650293145, 0.11070463773306861, 0.0590646783525639],
  ],
  ndtr: [
    f.ndtr,
    [-3.7, -0.4, 0.75, 5.0, 9.5],
    [0.00010779973347738823, 0.3445782583896758, 0.7733726476231317, 0.9999997133484281, 1.0],
  ],
  logNdtr: [
    f.logNdtr,
    [-20.0, -3.7, -0.4, 2.0, 5.0],
    [
      -203.9171553710973, -9.135235371872877, -1.0654340491895766, -0.023012909328963476,
      -2.8665161296376294e-7,
    ],
  ],
  entr: [f.entr, [-1.0, 0.0, 0.5, 3.0], [-Infinity, 0.0, 0.34657359027997264, -3.295836866004329]],
  ndtri: [
    f.ndtri,
    [0.0, 1e-10, 0.02, 0.5, 0.99, 1.0],
    [-Infinity, -6.361340902404056, -2.053748910631823, 0.0, 2.3263478740408408, Infinity],
  ],
  erfinv: [
    f.erfinv,
    [-1.0, -0.9, 1e-5, 0.5, 0.999, 1.0],
    [-Infinity, -1.1630871536766743, 8.862269254759592e-6, 0.4769362762044699, 2.326753765513524, Infinity],
  ],
  trigamma: [
    (x) => f.polygamma(1, x),
    [-3.7, -0.4, 0.75, 5.0, 9.5],
    [14.84242186412428, 9.886209670902355, 2.541879647671607, 0.22132295573711533, 0.11099728846909902],
  ],
  zeta: [
    (x) => f.zeta(x, 2.5),
    [1.5, 3.0, 10.0],
    [1.4037797688568259, 0.11810202582086368, 0.00010882584206868631],
  ],
};

describe('special functions', () => {
  for (const [name, [fn, points, expected]] of Object.entries(table)) {
    it(name, () => {
      const found = values(fn(tensor(points, [points.length], 'float64')));
      found.forEach((value, i) => {
        const want = expected[i]!;
        if (Number.isFinite(want))
          expect(Math.abs(value - want)).toBeLessThanOrEqual(1e-11 * Math.abs(want) + 1e-14);
        else expect(value).toBe(want);
      });
    });
  }

  it('have the derivatives of their inverses', () => {
    const p = tensor([1e-10, 0.2, 0.7], [3], 'float64');
    const slope = values(f.ndtri(p)).map((y) => Math.sqrt(2 * Math.PI) * Math.exp((y * y) / 2));
    gradientOf(f.ndtri(p), p).forEach((value, i) => expect(value / slope[i]!).toBeCloseTo(1, 9));
  });

  it('chain: the derivative of i0 is i1', () => {
    const x = tensor([-3, 0.5, 12], [3], 'float64');
    const expected = values(f.i1(x));
    gradientOf(f.i0(x), x).forEach((value, i) => expect(value / expected[i]!).toBeCloseTo(1, 9));
  });
});
