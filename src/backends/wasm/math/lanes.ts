/**
 * The notation that the functions of this folder are written in: operators of one floating type on vectors, so that
 * one text serves float32 and float64. A number among the operands stands for a constant in all lanes.
 */
import type { Code, Local } from '../assembler/index.js';
import { madd } from './madd.js';

export type Operand = Local | number;
export type FloatOperator = 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'pmin' | 'pmax' | Comparison;
type Comparison = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

export class Lanes {
  /** Bits of the mantissa that are stored. */
  readonly mantissa: number;
  readonly bias: number;
  /** The bits of 1, of infinity, and of the sign. */
  readonly one: bigint;
  readonly exponentMask: bigint;
  readonly signBit: bigint;
  /** A sum of this size has its integer part in its lowest bits. */
  readonly magic: number;
  readonly #float: 'f32x4' | 'f64x2';
  readonly #integer: 'i32x4' | 'i64x2';

  constructor(
    readonly c: Code,
    readonly kind: 'f32' | 'f64',
  ) {
    const single = kind === 'f32';
    this.mantissa = single ? 23 : 52;
    this.bias = single ? 127 : 1023;
    const at = BigInt(this.mantissa);
    this.one = BigInt(this.bias) << at;
    this.exponentMask = BigInt(2 * this.bias + 1) << at;
    this.signBit = single ? 1n << 31n : 1n << 63n;
    this.magic = 1.5 * 2 ** this.mantissa;
    this.#float = single ? 'f32x4' : 'f64x2';
    this.#integer = single ? 'i32x4' : 'i64x2';
  }

  /** Picks what belongs to the floating type. */
  of<T>(single: T, double: T): T {
    return this.kind === 'f32' ? single : double;
  }

  constant(x: Operand): Local {
    return typeof x === 'number' ? this.c.vector(this.kind, x) : x;
  }

  /** A constant from its bits. */
  bits(x: bigint): Local {
    return this.kind === 'f32' ? this.c.vector('i32', Number(x)) : this.c.vector('i64', x);
  }

  // ---- floats

  op(name: FloatOperator, a: Operand, b: Operand): Local {
    return this.c.v(`${this.#float}.${name}`, this.constant(a), this.constant(b));
  }

  unary(name: 'abs' | 'neg' | 'sqrt' | 'nearest' | 'trunc' | 'floor', x: Local): Local {
    return this.c.v(`${this.#float}.${name}`, x);
  }

  add(a: Operand, b: Operand): Local {
    return this.op('add', a, b);
  }

  sub(a: Operand, b: Operand): Local {
    return this.op('sub', a, b);
  }

  mul(a: Operand, b: Operand): Local {
    return this.op('mul', a, b);
  }

  div(a: Operand, b: Operand): Local {
    return this.op('div', a, b);
  }

  abs(x: Local): Local {
    return this.unary('abs', x);
  }

  /** a * b + x. */
  madd(a: Operand, b: Operand, x: Operand): Local {
    return madd(this.c, this.constant(a), this.constant(b), this.constant(x), this.#float);
  }

  /**
   * A polynomial by Estrin's scheme, from the constant term up: pairs of terms in x, pairs of those in x^2 and so on.
   * Its chain of dependent operations is the logarithm of Horner's, which takes over at three terms: that saves a power.
   * `square` is x^2, where that is known.
   */
  polynomial(x: Local, coefficients: readonly number[], square?: Local): Local {
    let terms: readonly Operand[] = coefficients;
    for (let power = x; ; power = power === x && square ? square : this.mul(power, power)) {
      const [a, b, c] = terms as [Operand, Operand, Operand];
      if (terms.length === 3) return this.madd(this.madd(c, power, b), power, a);
      if (terms.length === 2) return this.madd(b, power, a);
      if (terms.length === 1) return this.constant(a);
      const [lower, by] = [terms, power];
      terms = lower.flatMap((term, i) => {
        if (i % 2 === 1) return [];
        return i + 1 < lower.length ? this.madd(lower[i + 1]!, by, term) : term;
      });
    }
  }

  // ---- bits

  select(mask: Local, a: Operand, b: Operand): Local {
    return this.c.v('v128.bitselect', this.constant(a), this.constant(b), mask);
  }

  and(a: Operand, b: Operand): Local {
    return this.c.v('v128.and', this.constant(a), this.constant(b));
  }

  or(a: Operand, b: Operand): Local {
    return this.c.v('v128.or', this.constant(a), this.constant(b));
  }

  xor(a: Operand, b: Operand): Local {
    return this.c.v('v128.xor', this.constant(a), this.constant(b));
  }

  /** The sign bit of x alone. */
  sign(x: Local): Local {
    return this.and(x, this.bits(this.signBit));
  }

  /** `size`, at least 0, with the sign of x. */
  withSign(size: Local, x: Local): Local {
    return this.or(size, this.sign(x));
  }

  // ---- integers of the same width

  integer(name: 'add' | 'sub' | 'mul' | 'eq', a: Local, b: Local): Local {
    return this.c.v(`${this.#integer}.${name}`, a, b);
  }

  shift(name: 'shl' | 'shr_u' | 'shr_s', x: Local, by: number): Local {
    return this.c.get(x).i32(by).op(`${this.#integer}.${name}`).keep();
  }
}

/** A function written over either floating type. */
export type LaneFunction = (m: Lanes, ...x: Local[]) => Local;

/** The high half of one vector, then the low half of another. */
const highThenLow = [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23];

/** A float64 function applied to float32 lanes, two at a time: rounded to float32 once, at the end. */
export const throughPairs =
  (compute: LaneFunction) =>
  ({ c }: Lanes, ...x: Local[]): Local => {
    const rotating = x.map((local) => {
      const copy = c.local('v');
      c.get(local).set(copy);
      return copy;
    });
    const result = c.local('v');
    c.count(0, 2, 1, () => {
      const pair = rotating.map((local) => c.v('f64x2.promote_low_f32x4', local));
      const y = c.v('f32x4.demote_f64x2_zero', compute(new Lanes(c, 'f64'), ...pair));
      c.get(result).get(y).shuffle(highThenLow).set(result);
      for (const local of rotating) c.get(local).get(local).shuffle(highThenLow).set(local);
    });
    return result;
  };
