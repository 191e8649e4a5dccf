/**
 * What each elementwise primitive is in vector instructions, for each kind of lanes. An operation that is not continuous
 * rounds half types first, so that fusion cannot change its answer.
 */
import { InternalError, dtypes, isFloat, type DType } from '../../../core/index.js';
import type { ElementwiseOp, Instr } from '../../../loops/index.js';
import type { Code, Local } from '../assembler/index.js';
import type { Library, LibraryName } from '../library/index.js';
import { bitcast, cast, wrap } from './convert.js';
import { rounded } from './half.js';
import { choose, constant, lanesOf, narrowMask, valueOf, type Lanes, type Value } from './value.js';

/** Operands' vectors in, a vector out: applied to each part of the values. */
type Rule = (c: Code, args: readonly Local[], of: DType, library: Library) => Local;

interface Row extends Partial<Record<Lanes, Rule>> {
  /** Whether operands are rounded first. */
  readonly discrete?: true;
  /** Whether a half type needs no rounding when its operands need none. */
  readonly exact?: true;
}

const op =
  (name: string): Rule =>
  (c, args) =>
    c.v(name, ...args);
const called =
  (name: LibraryName): Rule =>
  (c, args, _, library) => {
    for (const arg of args) c.get(arg);
    return c.call(library.function(name)).keep();
  };
/** A floating function of the library, inline or called, for both widths. */
const math = (name: string): Row => ({
  f32: (c, args, _, library) => library.math(c, 'f32', name, args),
  f64: (c, args, _, library) => library.math(c, 'f64', name, args),
});
const both = (suffix: string): Row => ({ f32: op(`f32x4.${suffix}`), f64: op(`f64x2.${suffix}`) });
const integral = (suffix: string): Row => ({ ...both(suffix), discrete: true, exact: true });
const numeric = (suffix: string): Row => ({
  ...both(suffix),
  i32: op(`i32x4.${suffix}`),
  i64: op(`i64x2.${suffix}`),
});
const bitwise = (suffix: string): Row => {
  const rule = op(`v128.${suffix}`);
  return { i32: rule, i64: rule, bool: rule };
};
const signed =
  (name: string): Rule =>
  (c, args, of) =>
    c.v(`i32x4.${name}_${dtypes[of].signed ? 's' : 'u'}`, ...args);
const comparison = (suffix: string, bool: Rule): Row => ({
  ...both(suffix),
  i32: suffix === 'eq' ? op('i32x4.eq') : signed(suffix),
  i64: op(`i64x2.${suffix}${suffix === 'eq' ? '' : '_s'}`),
  bool,
  discrete: true,
});
/** One of two int64 operands, by comparison. */
const pick64 =
  (test: string): Rule =>
  (c, [x, y]) =>
    c.v('v128.bitselect', x!, y!, c.v(test, x!, y!));
const not: Rule = (c, [x]) => c.v('v128.not', x!);

/** Shifts by more than the width give what a shift by all bits would. */
const shift =
  (name: 'shl' | 'shr', width: 'i32' | 'i64'): Rule =>
  (c, args, of, library) => {
    if (width === 'i64') return called(name === 'shl' ? 'shl64' : 'shr64')(c, args, of, library);
    const { bytes, signed: sign } = dtypes[of];
    const [x, y] = args as [Local, Local];
    c.get(x)
      .get(y)
      .i32(bytes * 8);
    return c.call(library.function(name === 'shl' ? 'shl32' : sign ? 'shr32s' : 'shr32u')).keep();
  };

type Named = Exclude<ElementwiseOp, 'cast' | 'bitcast' | 'where' | 'threefry'> | 'expNegative' | 'expRaised';
/** A quotient; with the reciprocal of the divisor, where products are not rounded before they are added, from that. */
const quotient: Rule = (c, [x, y, inverse]) => {
  if (!inverse || !c.relaxed) return c.v('f32x4.div', x!, y!);
  const near = c.v('f32x4.mul', x!, inverse);
  const rest = c.v('f32x4.relaxed_nmadd', near, y!, x!);
  return c.v('f32x4.relaxed_madd', rest, inverse, near);
};

const rows: { readonly [O in Named]: Row } = {
  neg: { ...numeric('neg'), exact: true },
  abs: {
    ...numeric('abs'),
    i32: (c, [x], of) => (dtypes[of].signed ? c.v('i32x4.abs', x!) : x!),
    exact: true,
  },
  sign: {
    ...math('sign'),
    i32: (c, [x], of) => {
      const zero = c.vector('i32', 0);
      if (!dtypes[of].signed) return c.v('v128.and', c.v('i32x4.ne', x!, zero), c.vector('i32', 1));
      return c.v('i32x4.sub', c.v('i32x4.lt_s', x!, zero), c.v('i32x4.gt_s', x!, zero));
    },
    i64: (c, [x]) => {
      const zero = c.vector('i64', 0n);
      return c.v('i64x2.sub', c.v('i64x2.lt_s', x!, zero), c.v('i64x2.gt_s', x!, zero));
    },
    discrete: true,
    exact: true,
  },
  exp: math('exp'),
  expNegative: math('expNegative'),
  expRaised: math('expRaised'),
  expm1: math('expm1'),
  log: math('log'),
  log1p: math('log1p'),
  sin: math('sin'),
  cos: math('cos'),
  tan: math('tan'),
  asin: math('asin'),
  acos: math('acos'),
  atan: math('atan'),
  sinh: math('sinh'),
  cosh: math('cosh'),
  tanh: math('tanh'),
  sigmoid: math('sigmoid'),
  erf: math('erf'),
  sqrt: both('sqrt'),
  rsqrt: math('rsqrt'),
  floor: integral('floor'),
  ceil: integral('ceil'),
  round: integral('nearest'),
  trunc: integral('trunc'),
  not: { i32: not, i64: not, bool: not },
  isnan: { f32: (c, [x]) => c.v('f32x4.ne', x!, x!), f64: (c, [x]) => c.v('f64x2.ne', x!, x!) },
  lgamma: math('lgamma'),
  digamma: math('digamma'),

  add: numeric('add'),
  sub: numeric('sub'),
  mul: numeric('mul'),
  div: {
    ...both('div'),
    f32: quotient,
    i32: (c, args, of, library) => called(dtypes[of].signed ? 'div32s' : 'div32u')(c, args, of, library),
    i64: called('div64'),
  },
  fmod: {
    ...math('fmod'),
    i32: (c, args, of, library) => called(dtypes[of].signed ? 'rem32s' : 'rem32u')(c, args, of, library),
    i64: called('rem64'),
    discrete: true,
  },
  pow: {
    ...math('pow'),
    i32: (c, args, of, library) => called(dtypes[of].signed ? 'pow32s' : 'pow32u')(c, args, of, library),
    i64: called('pow64'),
  },
  max: { ...both('max'), i32: signed('max'), i64: pick64('i64x2.gt_s'), bool: op('v128.or'), exact: true },
  min: { ...both('min'), i32: signed('min'), i64: pick64('i64x2.lt_s'), bool: op('v128.and'), exact: true },
  atan2: math('atan2'),
  and: bitwise('and'),
  or: bitwise('or'),
  xor: bitwise('xor'),
  shl: { i32: shift('shl', 'i32'), i64: shift('shl', 'i64') },
  shr: { i32: shift('shr', 'i32'), i64: shift('shr', 'i64') },
  eq: comparison('eq', (c, args) => not(c, [c.v('v128.xor', ...args)], 'bool', undefined as never)),
  lt: comparison('lt', (c, [x, y]) => c.v('v128.andnot', y!, x!)),
  le: comparison('le', (c, [x, y]) => c.v('v128.or', c.v('v128.not', x!), y!)),
};

/** These cannot leave the range of their operands. */
const kept: ReadonlySet<Named> = new Set(['max', 'min', 'and', 'or', 'xor', 'sign', 'shr']);

export type Operation = keyof typeof rows;

/** An operation on values of dtype `of`, such as the step of a reduction. */
export function apply(
  c: Code,
  name: Operation,
  given: readonly Value[],
  of: DType,
  dtype: DType,
  library: Library,
): Value {
  const row: Row = rows[name];
  const lanes = lanesOf(of);
  const rule = row[lanes];
  if (!rule) throw new InternalError(`${name} has no meaning on ${of}`);
  const args = row.discrete ? given.map((value) => rounded(c, value)) : given;
  const parts = args[0]!.parts.map((_, i) =>
    // A value that is the same in all lanes has one local in both places: computed once.
    i > 0 && args.every(({ parts: [first, second] }) => first === second)
      ? undefined
      : rule(
          c,
          args.map((value) => value.parts[i]!),
          of,
          library,
        ),
  );
  const all = parts.map((part) => part ?? parts[0]!);
  if (dtype === 'bool') return valueOf(dtype, all.length === 2 ? [narrowMask(c, all)] : all);
  if (!isFloat(dtype)) {
    const wrapped = kept.has(name) || lanes === 'i64' ? all : all.map((part) => wrap(c, part, dtype));
    return valueOf(dtype, wrapped);
  }
  return valueOf(dtype, all, row.exact === true && args.every(({ exact }) => exact));
}

const nonPositive = ({ scaleFree }: { readonly scaleFree?: true }): Operation =>
  scaleFree ? 'expRaised' : 'expNegative';

/** The value of a `compute` instruction. */
export function compute(
  c: Code,
  instr: Extract<Instr, { kind: 'compute' }>,
  args: readonly Value[],
  library: Library,
): Value {
  const { op: name, of, dtype } = instr;
  switch (name) {
    case 'cast':
      return cast(c, args[0]!, dtype);
    case 'bitcast':
      return bitcast(c, args[0]!, dtype);
    case 'where':
      return choose(c, args[0]!.parts[0]!, args[1]!, args[2]!);
    case 'threefry': {
      for (const arg of args) c.get(arg.parts[0]!);
      return valueOf('uint32', [c.call(library.function(`threefry_${instr.part ?? 'xor'}`)).keep()]);
    }
    default:
      return apply(c, instr.nonPositive ? nonPositive(instr) : name, args, of, dtype, library);
  }
}

const folds = { sum: 'add', prod: 'mul', max: 'max', min: 'min' } as const;
const logic = { sum: 'or', prod: 'and', max: 'or', min: 'and' } as const;
export type Fold = keyof typeof folds;

/** One step of a combination: sums of truths are "any", products "all". */
export const fold = (c: Code, how: Fold, soFar: Value, value: Value, library: Library): Value =>
  apply(
    c,
    soFar.dtype === 'bool' ? logic[how] : folds[how],
    [soFar, value],
    soFar.dtype,
    soFar.dtype,
    library,
  );

/** The value that changes nothing. */
export function identity(c: Code, how: Fold, dtype: DType): Value {
  if (how === 'sum' || how === 'prod') return constant(c, how === 'sum' ? 0 : 1, dtype);
  const least = how === 'max';
  if (isFloat(dtype)) return constant(c, least ? -Infinity : Infinity, dtype);
  if (dtype === 'bool') return constant(c, least ? 0 : 1, dtype);
  const { bytes, signed: sign } = dtypes[dtype];
  const bits = BigInt(bytes * 8);
  const max = sign ? 2n ** (bits - 1n) - 1n : 2n ** bits - 1n;
  return constant(c, least ? (sign ? -max - 1n : 0n) : max, dtype);
}
