/** WGSL for scalars: types, literals, index expressions, operations. Positions are i32. */
import type { DType } from '../../../src/core/index.js';
import { rangeOf, type ElementwiseOp, type IndexExpr, type Predicate } from '../../../src/loops/index.js';

const types: Partial<Record<DType, string>> = { float32: 'f32', int32: 'i32', uint32: 'u32', bool: 'bool' };
export function typeOf(dtype: DType): string {
  const type = types[dtype];
  if (!type) throw new Error(`WGSL has no ${dtype}`);
  return type;
}
/** bool is not host-shareable: a word each. */
export const storageType = (dtype: DType): string => (dtype === 'bool' ? 'u32' : typeOf(dtype));

const wordOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!;

/** WGSL has no literals for infinities, NaN and -0; a call is no constant expression, so it may give them. */
export function literal(value: number | bigint, dtype: DType): string {
  if (dtype === 'bool') return Number(value) === 0 ? 'false' : 'true';
  if (dtype === 'uint32') return `${value}u`;
  if (dtype === 'int32') return Number(value) === -(2 ** 31) ? 'i32(-2147483647 - 1)' : `${value}i`;
  const rounded = Math.fround(Number(value));
  return Number.isFinite(rounded) && !Object.is(rounded, -0) ? `${rounded}f` : `of_bits(${wordOf(rounded)}u)`;
}

export type AxisNames = (axis: number) => string;

/** i32 division truncates: where an operand can be negative, a function floors. */
export function indexText(expr: IndexExpr, name: AxisNames): string {
  const parts = expr.terms.map(({ coeff, atom }) => {
    if (atom.kind === 'axis') return coeff === 1 ? name(atom.axis) : `${coeff} * ${name(atom.axis)}`;
    const of = indexText(atom.of, name);
    const sign = atom.kind === 'div' ? '/' : '%';
    const text =
      rangeOf(atom.of)[0] >= 0 ? `((${of}) ${sign} ${atom.by})` : `floor_${atom.kind}(${of}, ${atom.by})`;
    return coeff === 1 ? text : `${coeff} * ${text}`;
  });
  if (expr.offset !== 0 || parts.length === 0) parts.push(String(expr.offset));
  return parts.join(' + ');
}

/** One comparison where the range of the expression decides the other. */
export function maskText(masks: readonly Predicate[], name: AxisNames): string {
  const tests = masks.flatMap(({ expr, lo, hi }) => {
    const text = indexText(expr, name);
    const [least, most] = rangeOf(expr);
    return [...(least < lo ? [`${text} >= ${lo}`] : []), ...(most >= hi ? [`${text} < ${hi}`] : [])];
  });
  return tests.length === 0 ? 'true' : tests.map((test) => `(${test})`).join(' && ');
}

export const helpers: Readonly<Record<string, string>> = {
  of_bits: 'fn of_bits(word: u32) -> f32 { return bitcast<f32>(word); }',
  floor_div: 'fn floor_div(a: i32, b: i32) -> i32 { return select(a / b, (a - b + 1) / b, a < 0); }',
  floor_mod: 'fn floor_mod(a: i32, b: i32) -> i32 { return ((a % b) + b) % b; }',
  is_nan: 'fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }',
  max_f32:
    'fn max_f32(a: f32, b: f32) -> f32 { return select(select(max(a, b), b, is_nan(b)), a, is_nan(a)); }',
  min_f32:
    'fn min_f32(a: f32, b: f32) -> f32 { return select(select(min(a, b), b, is_nan(b)), a, is_nan(a)); }',
};
/** The helpers a text calls, and those that these call. */
export function helpersIn(text: string): string[] {
  const found = Object.entries(helpers).filter(([name]) => text.includes(`${name}(`));
  const all = found.map(([, code]) => code).join('\n');
  return Object.entries(helpers).flatMap(([name, code]) =>
    text.includes(`${name}(`) || all.includes(`${name}(`) ? [code] : [],
  );
}

type Write = (args: readonly string[], of: DType, to: DType) => string;
const infix =
  (sign: string): Write =>
  ([a, b]) =>
    `(${a} ${sign} ${b})`;
const call =
  (name: string): Write =>
  (args) =>
    `${name}(${args.join(', ')})`;
/** max and min where NaN wins, as WGSL's own need not. */
const extreme =
  (name: string): Write =>
  (args, of) =>
    `${of === 'float32' ? `${name}_f32` : name}(${args.join(', ')})`;

export const operations: Partial<Record<ElementwiseOp, Write>> = {
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  div: infix('/'),
  eq: infix('=='),
  lt: infix('<'),
  le: infix('<='),
  max: extreme('max'),
  min: extreme('min'),
  and: infix('&'),
  or: infix('|'),
  xor: ([a, b], of) => `(${a} ${of === 'bool' ? '!=' : '^'} ${b})`,
  not: ([a], of) => (of === 'bool' ? `(!${a})` : `(~${a})`),
  neg: ([a]) => `(-${a})`,
  abs: call('abs'),
  exp: call('exp'),
  log: call('log'),
  sqrt: call('sqrt'),
  rsqrt: call('inverseSqrt'),
  tanh: call('tanh'),
  pow: call('pow'),
  isnan: call('is_nan'),
  where: ([condition, yes, no]) => `select(${no}, ${yes}, ${condition})`,
  cast: ([a], _, to) => `${typeOf(to)}(${a})`,
};

export const combine = (kind: 'sum' | 'prod' | 'max' | 'min', a: string, b: string, dtype: DType): string =>
  operations[({ sum: 'add', prod: 'mul', max: 'max', min: 'min' } as const)[kind]]!([a, b], dtype, dtype);

export function identity(kind: 'sum' | 'prod' | 'max' | 'min', dtype: DType): string {
  if (kind === 'sum' || kind === 'prod') return literal(kind === 'sum' ? 0 : 1, dtype);
  const [least, most] = {
    float32: [-Infinity, Infinity],
    int32: [-(2 ** 31), 2 ** 31 - 1],
    uint32: [0, 2 ** 32 - 1],
  }[dtype as string]!;
  return literal(kind === 'max' ? least! : most!, dtype);
}
