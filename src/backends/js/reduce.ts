/** Combining values one after another: where a combination starts, and one step of it. */
import { dtypes, integerRange, isHalf, type DType } from '../../core/index.js';
import type { Combine, IndexExpr } from '../../loops/index.js';
import { apply } from './arithmetic.js';
import { atom, infix, isSimple, literal, type Code } from './code.js';
import { index } from './index-code.js';
import type { FunctionBuilder } from './kernel.js';
import { rounded, roundedValue, toNumber, type Value } from './value.js';

export type Fold = 'sum' | 'prod' | 'max' | 'min';
const operation = { sum: 'add', prod: 'mul', max: 'max', min: 'min' } as const;
const logic = { sum: '||', prod: '&&', max: '||', min: '&&' } as const;
/** What an argmax or argmin keeps besides the position. */
export const foldOf = (combine: Combine): Fold =>
  combine === 'argmax' ? 'max' : combine === 'argmin' ? 'min' : combine;

function extreme(dtype: DType, least: boolean): number | bigint {
  if (dtypes[dtype].kind === 'float') return least ? -Infinity : Infinity;
  const { min, max } = integerRange(dtype);
  return least ? min : max;
}

/** The value that changes nothing. */
export function identity(combine: Combine, dtype: DType): Code {
  const value = { sum: 0, prod: 1, max: extreme(dtype, true), min: extreme(dtype, false) }[foldOf(combine)];
  if (dtype === 'bool') return atom(Number(value) === 0 ? 'false' : 'true');
  return literal(dtype === 'int64' ? BigInt(value) : Number(value));
}
/** The same as an element of scratch memory. */
export const identityElement = (combine: Combine, dtype: DType): Code =>
  toNumber({ code: identity(combine, dtype), dtype, exact: true });

/** `so far` combined with one more value. */
export function fold(combine: Fold, soFar: Value, value: Value, fn: FunctionBuilder): Value {
  if (soFar.dtype === 'bool') return { ...soFar, code: infix(logic[combine], soFar.code, value.code) };
  return apply(operation[combine], [soFar, value], soFar.dtype, soFar.dtype, fn.use);
}

/** Writes `place = place combined with value`. */
export function foldInto(place: Code, combine: Fold, value: Value, fn: FunctionBuilder): void {
  const floatSum = combine === 'sum' && dtypes[value.dtype].kind === 'float';
  if (floatSum) fn.writer.line(`${place.text} += ${value.code.text};`);
  else
    fn.writer.line(
      `${place.text} = ${fold(combine, { code: place, dtype: value.dtype, exact: value.exact }, value, fn).code.text};`,
    );
}

/** Writes one step of an argmax or argmin: the first of equal values stays, NaN beats all. */
export function foldPosition(
  best: Code,
  at: Code,
  combine: 'argmax' | 'argmin',
  value: Value,
  position: IndexExpr,
  fn: FunctionBuilder,
): void {
  const w = fn.writer;
  const seen = dtypes[value.dtype].kind === 'bool' ? toNumber(value) : rounded(value, fn.use);
  const now = isSimple(seen) ? seen : w.declare(w.level, 'candidate', seen);
  const better = `${now.text} ${combine === 'argmax' ? '>' : '<'} ${best.text}`;
  const isFloat = dtypes[value.dtype].kind === 'float';
  w.open(
    isFloat
      ? `if (${better} || (${now.text} !== ${now.text} && ${best.text} === ${best.text}))`
      : `if (${better})`,
  );
  w.line(`${best.text} = ${now.text};`);
  w.line(`${at.text} = ${index(w, position).text};`);
  w.close();
}

/** A finished combination: sums of half types are rounded, the largest of exact values is one of them. */
export function finished(code: Code, combine: Fold, of: Value, fn: FunctionBuilder): Value {
  const value: Value = { code, dtype: of.dtype, exact: (combine === 'max' || combine === 'min') && of.exact };
  return isHalf(of.dtype) && !value.exact ? roundedValue(value, fn.use) : value;
}

/** A value read back from scratch memory, which keeps floats as doubles. */
export const fromScratch = (code: Code, dtype: DType, exact = dtypes[dtype].kind !== 'float'): Value => ({
  code: dtype === 'bool' ? infix('!==', code, literal(0)) : code,
  dtype,
  exact,
});
/** A value as an element of scratch memory. */
export const toScratch = (value: Value): Code => toNumber(value);
