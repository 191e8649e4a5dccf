/** WebAssembly text for single values and for vectors of four: types, literals, operations. */
import type { DType } from '../../../src/core/index.js';
import type { ElementwiseOp } from '../../../src/loops/index.js';

/** What a value is while it is computed. A bool is 0 or 1 alone, and all bits of a lane in a vector. */
export type Kind = 'f32' | 'i32' | 'bool';

const kinds: Partial<Record<DType, Kind>> = { float32: 'f32', int32: 'i32', bool: 'bool' };
export function kindOf(dtype: DType): Kind {
  const kind = kinds[dtype];
  if (!kind) throw new Error(`the listing has no ${dtype}`);
  return kind;
}
export const scalarType = (kind: Kind): 'f32' | 'i32' => (kind === 'f32' ? 'f32' : 'i32');
/** A bool takes a byte in memory. */
export const bytesOf = (kind: Kind): number => (kind === 'bool' ? 1 : 4);

export function number(value: number | bigint, kind: Kind): string {
  if (kind !== 'f32') return `(i32.const ${value})`;
  const rounded = Math.fround(Number(value));
  if (Number.isNaN(rounded)) return '(f32.const nan)';
  if (!Number.isFinite(rounded)) return `(f32.const ${rounded < 0 ? '-' : ''}inf)`;
  return `(f32.const ${Object.is(rounded, -0) ? '-0' : rounded})`;
}

export const i32 = (value: number): string => `(i32.const ${value})`;
export const splat = (value: string, kind: Kind): string => {
  if (kind === 'bool') return `(i32x4.splat (i32.sub (i32.const 0) ${value}))`;
  return `(${scalarType(kind)}x4.splat ${value})`;
};
export const load = (address: string, kind: Kind): string =>
  `(${kind === 'f32' ? 'f32.load' : kind === 'i32' ? 'i32.load' : 'i32.load8_u'} ${address})`;
export const store = (address: string, value: string, kind: Kind): string =>
  `(${kind === 'f32' ? 'f32.store' : kind === 'i32' ? 'i32.store' : 'i32.store8'} ${address} ${value})`;

/** Functions of one value that the surroundings import; a vector goes through them lane by lane. */
export const imported = ['exp', 'log', 'pow', 'tanh'] as const;
const arity = (name: string): number => (name === 'pow' ? 2 : 1);

export function importsOf(text: string): string[] {
  return imported.flatMap((name) => {
    if (!text.includes(`$${name}`)) return [];
    const type = `${'f32 '.repeat(arity(name)).trim()}`;
    return [`(import "math" "${name}" (func $${name} (param ${type}) (result f32)))`];
  });
}
export function lanewise(text: string): string[] {
  return imported.flatMap((name) => {
    if (!text.includes(`$${name}4`)) return [];
    const names = ['$a', '$b'].slice(0, arity(name));
    const lane = (l: number): string =>
      `(call $${name} ${names.map((n) => `(f32x4.extract_lane ${l} (local.get ${n}))`).join(' ')})`;
    const all = [1, 2, 3].reduce(
      (vector, l) => `(f32x4.replace_lane ${l} ${vector} ${lane(l)})`,
      `(f32x4.splat ${lane(0)})`,
    );
    return [`(func $${name}4 ${names.map((n) => `(param ${n} v128)`).join(' ')} (result v128)`, `  ${all})`];
  });
}

type Write = (args: readonly string[], wide: boolean, of: Kind, to: Kind) => string;
/** The prefix of an instruction: f32, f32x4, i32, i32x4. */
const typed = (kind: Kind, wide: boolean): string => scalarType(kind) + (wide ? 'x4' : '');
const plain =
  (float: string, integer = float): Write =>
  (args, wide, of) =>
    `(${typed(of, wide)}.${of === 'f32' ? float : integer} ${args.join(' ')})`;
const bits =
  (name: string): Write =>
  (args, wide) =>
    `(${wide ? 'v128' : 'i32'}.${name} ${args.join(' ')})`;
const call =
  (name: string): Write =>
  (args, wide) =>
    `(call $${name}${wide ? '4' : ''} ${args.join(' ')})`;
const one = (wide: boolean): string => (wide ? '(f32x4.splat (f32.const 1))' : '(f32.const 1)');

export const operations: Partial<Record<ElementwiseOp, Write>> = {
  add: plain('add'),
  sub: plain('sub'),
  mul: plain('mul'),
  div: plain('div', 'div_s'),
  max: plain('max', 'max_s'),
  min: plain('min', 'min_s'),
  neg: plain('neg'),
  abs: plain('abs'),
  sqrt: plain('sqrt'),
  eq: plain('eq'),
  lt: plain('lt', 'lt_s'),
  le: plain('le', 'le_s'),
  and: bits('and'),
  or: bits('or'),
  xor: bits('xor'),
  not: ([a], wide, of) =>
    wide ? `(v128.not ${a})` : of === 'bool' ? `(i32.eqz ${a})` : `(i32.xor ${a} (i32.const -1))`,
  rsqrt: ([a], wide) => `(${typed('f32', wide)}.div ${one(wide)} (${typed('f32', wide)}.sqrt ${a}))`,
  exp: call('exp'),
  log: call('log'),
  pow: call('pow'),
  tanh: call('tanh'),
  where: ([condition, yes, no], wide) =>
    wide ? `(v128.bitselect ${yes} ${no} ${condition})` : `(select ${yes} ${no} ${condition})`,
  cast: ([a], wide, of, to) => {
    if (of === to) return a!;
    if (wide && of === 'bool') return `(v128.and ${a} ${splat(number(1, to), to)})`;
    if (to === 'f32') return wide ? `(f32x4.convert_i32x4_s ${a})` : `(f32.convert_i32_s ${a})`;
    if (to === 'i32')
      return of === 'bool' ? a! : wide ? `(i32x4.trunc_sat_f32x4_s ${a})` : `(i32.trunc_sat_f32_s ${a})`;
    throw new Error(`the listing has no cast from ${of} to ${to}`);
  },
};

export type Combine = 'sum' | 'prod' | 'max' | 'min';
const operationOf = { sum: 'add', prod: 'mul', max: 'max', min: 'min' } as const;
export const combined = (kind: Combine, a: string, b: string, of: Kind, wide: boolean): string =>
  operations[operationOf[kind]]!([a, b], wide, of, of);
export function identity(kind: Combine, of: Kind): string {
  const float = { sum: 0, prod: 1, max: -Infinity, min: Infinity };
  const integer = { sum: 0, prod: 1, max: -(2 ** 31), min: 2 ** 31 - 1 };
  return number((of === 'f32' ? float : integer)[kind], of);
}
