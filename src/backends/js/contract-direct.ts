/**
 * Products without packing, for matrix times vector, depthwise convolutions, integers and whatever is tiny: either one
 * dot product after another, or, where columns are contiguous and the depth is not, one multiple of a row added after
 * another.
 */
import { isFloat } from '../../core/index.js';
import type { Axis, ContractNest } from '../../loops/index.js';
import { apply } from './arithmetic.js';
import { atom } from './code.js';
import { batchParameters, sizeOf, stepsAlong } from './contract-common.js';
import { FunctionBuilder, type Module } from './kernel.js';
import { eachPosition, eachRun } from './ranges.js';
import { fold, foldInto, identity } from './reduce.js';
import { Section } from './section.js';
import type { Value } from './value.js';

export interface Product {
  /** (m0, m1, n0, n1, ...batch) */
  readonly fn: FunctionBuilder;
  /** Whether it adds to the sums instead of setting them. */
  readonly accumulates: boolean;
}

/** Whether columns are the better innermost loop. */
function columnsInnermost({ a, b, m, n, k }: ContractNest): boolean {
  const [column, deep] = [n.at(-1), k.at(-1)];
  if (!column || column.extent < 8) return false;
  if (!deep) return true;
  const body = [...a.body, ...b.body];
  const step = ({ axis }: Axis): number =>
    Math.max(0, ...stepsAlong(body, axis).filter((size) => size !== 0));
  if (deep.extent < 8 && sizeOf(m) < 4) return step(column) <= 2;
  return step(column) === 1 && step(deep) > 1;
}

export function directProduct(module: Module, nest: ContractNest, sums: string, stride: number): Product {
  const fn = new FunctionBuilder(module, `${nest.name}_multiply`, nest.buffers);
  const w = fn.writer;
  const batch = batchParameters(fn, nest.batch);
  const bounds = ['m0', 'm1', 'n0', 'n1'].map((name) => w.fresh(name));
  const [m0, m1, n0, n1] = bounds as [string, string, string, string];
  const accumulates = columnsInnermost(nest);
  const { dtype } = nest;
  const section = new Section(fn);
  const product = (): Value => {
    const body = [...nest.a.body, ...nest.b.body];
    section.run(body, [nest.a.value, nest.b.value], new Set());
    return apply('mul', [section.value(nest.a.value), section.value(nest.b.value)], dtype, dtype, fn.use);
  };
  const m = eachPosition(w, nest.m, 'm', m0, m1);
  const start = w.declare(w.level, 'sums_row', atom(`(${m.text} - ${m0}) * ${stride} - ${n0}`));
  const depth = String(sizeOf(nest.k));
  if (accumulates) {
    eachPosition(w, nest.k, 'k', '0', depth);
    const n = eachRun(w, nest.n, 'n', n0, n1);
    foldInto(atom(`${sums}[${start.text} + ${n.text}]`), 'sum', product(), fn);
  } else {
    const n = eachPosition(w, nest.n, 'n', n0, n1);
    const level = w.level;
    const sum = w.fresh('sum');
    w.line(`let ${sum} = ${identity('sum', dtype).text};`);
    w.loop(nest.k);
    if (isFloat(dtype)) w.line(`${sum} += ${product().code.text};`);
    else w.line(`${sum} = ${fold('sum', { code: atom(sum), dtype, exact: true }, product(), fn).code.text};`);
    w.closeTo(level);
    w.line(`${sums}[${start.text} + ${n.text}] = ${sum};`);
  }
  fn.finish([...bounds, ...batch]);
  return { fn, accumulates };
}
