/**
 * What each elementwise primitive is in WGSL, for each kind of arithmetic. Drivers may assume that there are no NaN and
 * no infinities and simplify accordingly, so whatever turns on them looks at bits.
 */
import { InternalError, dtypes, integerRange, type DType } from '../../../core/index.js';
import type { ElementwiseOp, Instr } from '../../../loops/index.js';
import { roundTo } from '../../../ops/scalar.js';
import { bitcast, cast, hidden, isLiteral, rounded, wrap } from './convert.js';
import type { HelperName } from './library.js';
import { typeOf, type Use, type Value, type WgslType } from './value.js';

/** Operands in, result out; the caller wraps integers and rounds halves. */
type Rule = (args: readonly string[], use: Use, dtype: DType) => string;
type Row = { readonly [A in WgslType]?: Rule };

const op =
  (sign: string): Rule =>
  ([x, y]) =>
    `${x} ${sign} ${y}`;
const call =
  (name: string): Rule =>
  (args) =>
    `${name}(${args.join(', ')})`;
const helper =
  (name: HelperName): Rule =>
  (args, use) =>
    `${use(name)}(${args.join(', ')})`;
const same: Rule = ([x]) => x!;
const float = (f32: Rule): Row => ({ f32 });
const library = (name: HelperName): Row => float(helper(name));

const isZero = (text: string): boolean => text === '0f' || isMinusZero(text);
const isMinusZero = (text: string): boolean => text === 'float_minus_zero()';

const add: Rule = op('+');
const signed = (zero: string, text: string): string => (isMinusZero(zero) ? `-${text}` : text);
/** Of a number that is finite, x - x and x * 0 are 0, which is what drivers make of them for any x. */
const subtract: Rule = ([x, y], use) => (x === y ? `abs(${use('float_vanish')}(${x}))` : `${x} - ${y}`);
const multiply: Rule = ([x, y], use) => {
  const [zero, other] = isZero(y!) ? [y!, x!] : [x!, y!];
  return isZero(zero) ? signed(zero, `${use('float_vanish')}(${other})`) : `${x} * ${y}`;
};
/** Likewise x / x is 1, 0 / x is 0, and x / 0 nothing in particular. */
const divide: Rule = ([x, y], use) => {
  if (x === y) return `${use('float_over_itself')}(${x})`;
  if (isZero(y!)) return signed(y!, `${use('float_over_zero')}(${x})`);
  return isZero(x!) ? signed(x!, `${use('float_zero_over')}(${y})`) : `${x} / ${y}`;
};

/** A comparison that NaN fails. */
const compare =
  (sign: '==' | '<' | '<='): Rule =>
  ([x, y], use) => {
    const unknown = [x!, y!].filter((operand) => !isLiteral(operand));
    if (unknown.length === 2) return `${x} ${sign} ${y} && ${use('float_ordered')}(${x}, ${y})`;
    return unknown.length === 0
      ? `${x} ${sign} ${y}`
      : `${x} ${sign} ${y} && !${use('float_is_nan')}(${unknown[0]})`;
  };
const comparison = (sign: '==' | '<' | '<=', bool: Rule): Row => ({
  f32: compare(sign),
  i32: op(sign),
  u32: op(sign),
  bool,
});
const bits = (sign: '&' | '|' | '^', bool: Rule): Row => ({ i32: op(sign), u32: op(sign), bool });
const extreme = (how: 'max' | 'min', bool: Rule): Row => ({
  f32: helper(`float_${how}`),
  i32: call(how),
  u32: call(how),
  bool,
});

type Plain = Exclude<ElementwiseOp, 'cast' | 'bitcast' | 'where' | 'threefry'>;

const rows: { readonly [O in Plain]: Row } = {
  neg: { f32: ([x]) => `-(${x})`, i32: ([x]) => `-(${x})`, u32: ([x]) => `0u - ${x}` },
  abs: { f32: call('abs'), i32: call('abs'), u32: same },
  sign: { f32: helper('float_sign'), i32: call('sign'), u32: ([x]) => `min(${x}, 1u)` },
  exp: library('float_exp'),
  expm1: library('float_expm1'),
  log: library('float_log'),
  log1p: library('float_log1p'),
  sin: library('float_sin'),
  cos: library('float_cos'),
  tan: library('float_tan'),
  asin: library('float_asin'),
  acos: library('float_acos'),
  atan: library('float_atan'),
  sinh: library('float_sinh'),
  cosh: library('float_cosh'),
  tanh: library('float_tanh'),
  sigmoid: library('float_sigmoid'),
  erf: library('float_erf'),
  sqrt: float(call('sqrt')),
  rsqrt: float(([x]) => `1.0f / sqrt(${x})`),
  floor: float(call('floor')),
  ceil: float(call('ceil')),
  round: float(call('round')),
  trunc: float(call('trunc')),
  not: { i32: ([x]) => `~(${x})`, u32: ([x]) => `~${x}`, bool: ([x]) => `!${x}` },
  isnan: library('float_is_nan'),
  lgamma: library('float_lgamma'),
  digamma: library('float_digamma'),

  add: { f32: add, i32: add, u32: add },
  sub: { f32: subtract, i32: op('-'), u32: op('-') },
  mul: { f32: multiply, i32: op('*'), u32: op('*') },
  div: { f32: divide, i32: helper('int_divide'), u32: helper('uint_divide') },
  fmod: { f32: helper('float_remainder'), i32: helper('int_remainder'), u32: helper('uint_remainder') },
  pow: { f32: helper('float_power'), i32: helper('int_power'), u32: helper('uint_power') },
  max: extreme('max', op('||')),
  min: extreme('min', op('&&')),
  atan2: library('float_atan2'),
  and: bits('&', op('&&')),
  or: bits('|', op('||')),
  xor: bits('^', op('!=')),
  shl: {
    i32: ([x, y], _, dtype) =>
      `select(0, ${x} << (u32(${y}) & 31u), u32(${y}) < ${8 * dtypes[dtype].bytes}u)`,
    u32: ([x, y]) => `select(0u, ${x} << (${y} & 31u), ${y} < 32u)`,
  },
  shr: {
    // Every bit above the width of a small integer is its sign.
    i32: ([x, y]) => `${x} >> min(u32(${y}), 31u)`,
    u32: ([x, y]) => `select(0u, ${x} >> (${y} & 31u), ${y} < 32u)`,
  },
  eq: comparison('==', op('==')),
  lt: comparison('<', ([x, y]) => `!${x} && ${y}`),
  le: comparison('<=', ([x, y]) => `!${x} || ${y}`),
};

/** These stay inside the range of their operands, and on a number that a half type holds. */
const kept = new Set<ElementwiseOp>(['max', 'min', 'and', 'or', 'xor', 'sign', 'shr']);
const exact = new Set<ElementwiseOp>(['neg', 'abs', 'sign', 'floor', 'ceil', 'round', 'trunc', 'max', 'min']);

/** An operation on values of `of`. */
function apply(name: Plain, args: readonly string[], of: DType, dtype: DType, use: Use): string {
  const rule = rows[name][typeOf(of)];
  if (!rule) throw new InternalError(`${name} has no meaning on ${of}`);
  const [first, ...others] = args;
  const operands = args.every(isLiteral) ? [hidden({ text: first!, dtype: of }, use), ...others] : args;
  const text = rule(operands, use, of);
  if (typeOf(dtype) === 'bool') return text;
  if (typeOf(dtype) === 'f32') return exact.has(name) ? text : rounded({ text, dtype }, use);
  return kept.has(name) ? text : wrap(text, dtype);
}

/** The expression of a `compute` instruction. */
export function compute(
  instr: Extract<Instr, { kind: 'compute' }>,
  args: readonly Value[],
  use: Use,
): string {
  const { op: name, of, dtype } = instr;
  const texts = args.map(({ text }) => text);
  switch (name) {
    case 'cast':
      return cast(args[0]!, dtype, use);
    case 'bitcast':
      return bitcast(args[0]!, dtype, use);
    case 'where': {
      const [condition, yes, no] = texts;
      return `select(${no}, ${yes}, ${condition})`;
    }
    case 'threefry': {
      if ((instr.part ?? 'xor') === 'xor') return `${use('threefry_xor')}(${texts.join(', ')})`;
      return `${use('threefry')}(${texts.join(', ')}).${instr.part === 'word0' ? 'x' : 'y'}`;
    }
    case 'pow':
      if (typeOf(of) === 'f32' && Number.parseFloat(texts[1]!) === 2 && !isLiteral(texts[0]!))
        return apply('mul', [texts[0]!, texts[0]!], of, dtype, use);
      return apply(name, texts, of, dtype, use);
    default:
      return apply(name, texts, of, dtype, use);
  }
}

export type Combination = 'sum' | 'prod' | 'max' | 'min';
const combining = { sum: 'add', prod: 'mul', max: 'max', min: 'min' } as const;
/** Sums of truths are "any", products "all". */
const logic = { sum: 'or', prod: 'and', max: 'or', min: 'and' } as const;

/** One step of a reduction or scan. Sums and products of half types stay in f32: the caller rounds the last. */
export function combine(how: Combination, a: Value, b: Value, use: Use): string {
  const of = typeOf(a.dtype) === 'f32' ? 'float32' : a.dtype;
  const op = (of === 'bool' ? logic : combining)[how];
  return apply(op, [a.text, b.text], of, of, use);
}

/** The value that changes nothing. */
export function identity(how: Combination, dtype: DType, use: Use): string {
  if (how === 'sum' || how === 'prod') return literal(how === 'sum' ? 0 : 1, dtype, use);
  if (dtypes[dtype].kind === 'float') return literal(how === 'max' ? -Infinity : Infinity, dtype, use);
  const { min, max } = integerRange(dtype);
  return literal(how === 'max' ? min : max, dtype, use);
}

/** argmax and argmin: whether candidate a replaces the best, b. NaN beats all else; of equals the first stays. */
export function beats(how: 'max' | 'min', a: Value, b: Value, use: Use): string {
  const [high, low] = how === 'max' ? [a.text, b.text] : [b.text, a.text];
  const type = typeOf(a.dtype);
  if (type === 'bool') return `(${high} && !${low})`;
  if (type !== 'f32') return `${high} > ${low}`;
  return `${use(how === 'max' ? 'float_beats_max' : 'float_beats_min')}(${a.text}, ${b.text})`;
}

/** A constant. Infinities and NaN come out of functions: WGSL refuses them in its own constant expressions. */
export function literal(value: number | bigint, dtype: DType, use: Use): string {
  switch (typeOf(dtype)) {
    case 'bool':
      return String(Number(value) !== 0);
    case 'u32':
      return `${value}u`;
    case 'i32':
      // The literal is that of 2147483648, which is no i32, and a minus.
      return Number(value) === -2147483648 ? 'i32(-2147483648)' : `${value}i`;
    case 'f32': {
      const number = roundTo(roundTo(Number(value), 'float32'), dtype) as number;
      if (Number.isNaN(number)) return `${use('float_nan')}()`;
      if (number === Infinity) return `${use('float_infinity')}()`;
      if (number === -Infinity) return `${use('float_minus_infinity')}()`;
      // Its sign would be lost.
      return Object.is(number, -0) ? `${use('float_minus_zero')}()` : `${number}f`;
    }
  }
}
