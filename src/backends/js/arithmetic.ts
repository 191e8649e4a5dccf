/**
 * What each elementwise primitive is in JavaScript, for each kind of arithmetic. Floats stay doubles from load to store;
 * an operation that is not continuous rounds its operands first, so that fusion cannot change its answer.
 */
import { InternalError, dtypes, isFloat, type DType } from '../../core/index.js';
import type { ElementwiseOp, Instr } from '../../loops/index.js';
import { call, choose, infix, literal, prefix, select, type Code, type Infix } from './code.js';
import { bitcast, cast } from './convert.js';
import type { HelperName, LibraryName } from './helpers.js';
import { arithmeticOf, rounded, wrap, type Arithmetic, type Use, type Value } from './value.js';

/** Operands in, result out; integer results are wrapped to their dtype by the caller. */
type Rule = (args: readonly Code[], use: Use, dtype: DType) => Code;

const op =
  (sign: Infix): Rule =>
  ([x, y]) =>
    infix(sign, x!, y!);
const math =
  (name: string): Rule =>
  (args) =>
    call(`Math.${name}`, ...args);
const helper =
  (name: HelperName | LibraryName): Rule =>
  (args, use) =>
    call(use(name), ...args);
const not: Rule = ([x]) => prefix('!', x!);
/** A fast approximation, good to float32, where the dtype is no wider. */
const fast =
  (name: HelperName, exact: Rule): Rule =>
  (args, use, dtype) =>
    dtype === 'float64' ? exact(args, use, dtype) : helper(name)(args, use, dtype);

const [zero, one] = [literal(0), literal(1)];
/** `shifted` where `y` is inside the width of `dtype`, else `beyond`; a shift by a constant needs no test. */
const shiftBy = (y: Code, dtype: DType, shifted: Code, beyond: Code): Code => {
  const width = dtypes[dtype].bytes * 8;
  if (/^\d+$/.test(y.text)) return Number(y.text) < width ? shifted : beyond;
  return choose(infix('<', infix('>>>', y, zero), literal(width)), shifted, beyond);
};
const bigInside = (y: Code): Code => infix('&&', infix('>=', y, literal(0n)), infix('<', y, literal(64n)));

interface Row extends Partial<Record<Arithmetic, Rule>> {
  /** Whether operands are rounded first. */
  readonly discrete?: true;
  /** Whether the result needs no rounding when the operands need none ('keeps') or in any case ('always'). */
  readonly exact?: 'keeps' | 'always';
}

const bits = (sign: '&' | '|' | '^', logic: Rule): Row => ({ int: op(sign), big: op(sign), bool: logic });
const comparison = (sign: '===' | '<' | '<=', bool: Rule): Row => ({
  discrete: true,
  float: op(sign),
  int: op(sign),
  big: op(sign),
  bool,
});
const integral = (float: Rule): Row => ({ discrete: true, exact: 'always', float });
const both = (rule: Rule): Row => ({ float: rule, int: rule, big: rule });

const rows: { readonly [O in Exclude<ElementwiseOp, 'cast' | 'bitcast' | 'where' | 'threefry'>]: Row } = {
  neg: { ...both(([x]) => prefix('-', x!)), exact: 'keeps' },
  abs: {
    float: math('abs'),
    int: math('abs'),
    big: ([x]) => choose(infix('<', x!, literal(0n)), prefix('-', x!), x!),
    exact: 'keeps',
  },
  sign: {
    float: math('sign'),
    int: math('sign'),
    big: ([x]) =>
      call(
        'BigInt',
        infix('-', call('Number', infix('>', x!, literal(0n))), call('Number', infix('<', x!, literal(0n)))),
      ),
    discrete: true,
    exact: 'always',
  },
  exp: { float: fast('exp', math('exp')) },
  expm1: { float: math('expm1') },
  log: { float: math('log') },
  log1p: { float: math('log1p') },
  sin: { float: math('sin') },
  cos: { float: math('cos') },
  tan: { float: math('tan') },
  asin: { float: math('asin') },
  acos: { float: math('acos') },
  atan: { float: math('atan') },
  sinh: { float: math('sinh') },
  cosh: { float: math('cosh') },
  tanh: { float: fast('tanh', math('tanh')) },
  sigmoid: {
    float: fast('sigmoid', ([x]) => infix('/', one, infix('+', one, call('Math.exp', prefix('-', x!))))),
  },
  erf: { float: fast('erf', helper('erf64')) },
  sqrt: { float: math('sqrt') },
  rsqrt: { float: ([x]) => infix('/', one, call('Math.sqrt', x!)) },
  floor: integral(math('floor')),
  ceil: integral(math('ceil')),
  round: integral(helper('roundEven')),
  trunc: integral(math('trunc')),
  not: { int: ([x]) => prefix('~', x!), big: ([x]) => prefix('~', x!), bool: not },
  isnan: { float: ([x]) => call('Number.isNaN', x!) },
  lgamma: { float: helper('lgamma') },
  digamma: { float: helper('digamma') },

  add: both(op('+')),
  sub: both(op('-')),
  mul: { float: op('*'), int: math('imul'), big: op('*') },
  div: { float: op('/'), int: helper('divide'), big: helper('divideBig') },
  fmod: { float: op('%'), int: helper('remainder'), big: helper('remainderBig'), discrete: true },
  pow: { float: fast('pow', helper('power')), int: helper('powInt'), big: helper('powBig') },
  max: {
    float: math('max'),
    int: math('max'),
    big: ([x, y]) => choose(infix('>', x!, y!), x!, y!),
    bool: op('||'),
    exact: 'keeps',
  },
  min: {
    float: math('min'),
    int: math('min'),
    big: ([x, y]) => choose(infix('<', x!, y!), x!, y!),
    bool: op('&&'),
    exact: 'keeps',
  },
  atan2: { float: math('atan2') },
  and: bits('&', op('&&')),
  or: bits('|', op('||')),
  xor: bits('^', op('!==')),
  shl: {
    int: ([x, y], _, dtype) => shiftBy(y!, dtype, infix('<<', x!, y!), zero),
    big: ([x, y]) => choose(bigInside(y!), infix('<<', x!, y!), literal(0n)),
  },
  shr: {
    int: ([x, y], _, dtype) => {
      const { signed } = dtypes[dtype];
      if (signed) return infix('>>', x!, shiftBy(y!, dtype, y!, literal(31)));
      return shiftBy(y!, dtype, infix('>>>', x!, y!), zero);
    },
    big: ([x, y]) => infix('>>', x!, choose(bigInside(y!), y!, literal(64n))),
  },
  eq: comparison('===', op('===')),
  lt: comparison('<', ([x, y]) => infix('&&', prefix('!', x!), y!)),
  le: comparison('<=', ([x, y]) => infix('||', prefix('!', x!), y!)),
};

const parts = { word0: 0, word1: 1, xor: 2 } as const;
/** As int32 a word does not become a heap number on its way into a call. */
const word = ({ code, small }: Value): Code => (small ? code : infix('|', code, zero));

/** An operation on values of `dtype`, such as the step of a reduction. */
export function apply(
  name: keyof typeof rows,
  args: readonly Value[],
  of: DType,
  dtype: DType,
  use: Use,
): Value {
  const row = rows[name];
  const arithmetic = arithmeticOf(of);
  const rule = row[arithmetic];
  if (!rule) throw new InternalError(`${name} has no meaning on ${of}`);
  const codes = args.map((arg) => (row.discrete ? rounded(arg, use) : arg.code));
  const code = rule(codes, use, of);
  if (!isFloat(dtype))
    return { code: dtype === 'bool' ? code : wrapUnlessKept(name, code, dtype), dtype, exact: true };
  const exact = row.exact === 'always' || (row.exact === 'keeps' && args.every((arg) => arg.exact));
  return { code, dtype, exact };
}

/** These cannot leave the range of their operands. */
const kept = new Set<ElementwiseOp>(['max', 'min', 'and', 'or', 'xor', 'sign', 'shr']);
const wrapUnlessKept = (name: ElementwiseOp, code: Code, dtype: DType): Code =>
  kept.has(name) && dtype !== 'uint32' ? code : wrap(code, dtype);

/** The value of a `compute` instruction. */
export function compute(instr: Extract<Instr, { kind: 'compute' }>, args: readonly Value[], use: Use): Value {
  const { op: name, of, dtype } = instr;
  switch (name) {
    case 'cast':
      return cast(args[0]!, dtype, use);
    case 'bitcast':
      return bitcast(args[0]!, dtype, use);
    case 'where': {
      const [condition, yes, no] = args as [Value, Value, Value];
      return { code: select(condition.code, yes.code, no.code), dtype, exact: yes.exact && no.exact };
    }
    case 'threefry': {
      const code = call(use('threefry'), ...args.map(word), literal(parts[instr.part ?? 'xor']));
      return { code: wrap(code, 'uint32'), dtype, exact: true };
    }
    default:
      return square(name, args) ?? apply(name, args, of, dtype, use);
  }
}

function square(name: string, [base, exponent]: readonly Value[]): Value | undefined {
  const squares =
    name === 'pow' &&
    base &&
    isFloat(base.dtype) &&
    exponent?.code.text === '2' &&
    /^\w+$/.test(base.code.text);
  return squares ? { code: infix('*', base.code, base.code), dtype: base.dtype, exact: false } : undefined;
}
