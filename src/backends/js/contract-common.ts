/** What the functions of a contraction share. */
import { axesOf, type Axis, type Instr } from '../../loops/index.js';
import { atom } from './code.js';
import type { FunctionBuilder } from './kernel.js';

/** Rows or columns packed side by side. */
export const panel = 4;
export const sizeOf = (axes: readonly Axis[]): number => axes.reduce((n, { extent }) => n * extent, 1);

/** The batch indices, which every function of the kernel is given. */
export function batchParameters(fn: FunctionBuilder, batch: readonly Axis[]): string[] {
  return batch.map(({ axis }) => {
    const name = fn.writer.fresh(`i${axis}`);
    fn.writer.bind(axis, atom(name));
    return name;
  });
}

/** Axes an operand's loads walk, with the steps they take along `axis`: the smaller the better it is walked innermost. */
export function stepsAlong(body: readonly Instr[], axis: number): number[] {
  return body.flatMap((instr) => {
    if (instr.kind !== 'load' || !axesOf(instr.index).has(axis)) return [];
    const term = instr.index.terms.find(({ atom: part }) => part.kind === 'axis' && part.axis === axis);
    return [term ? Math.abs(term.coeff) : Infinity];
  });
}
