/**
 * Loops over a part of the flat range of several axes, such as columns 256 to 512 of a convolution's pixels, whose
 * axes are image, row and column.
 */
import type { Axis } from '../../loops/index.js';
import { atom, infix, literal, type Code } from './code.js';
import { sizeOf } from './contract-common.js';
import type { Writer } from './writer.js';

/** Binds all but the last axis to their index at the flat position in `name`. */
function bindOuter(w: Writer, axes: readonly Axis[], name: string): void {
  const level = w.level;
  axes.forEach(({ axis, extent }, i) => {
    const inner = sizeOf(axes.slice(i + 1));
    w.bind(axis, () => {
      const quotient =
        inner === 1 ? atom(name) : infix('|', infix('/', atom(name), literal(inner)), literal(0));
      return w.declare(level, `i${axis}`, i === 0 ? quotient : infix('%', quotient, literal(extent)));
    });
  });
}

/** Opens a loop over positions `from` to `to`, each taken apart into its axes. Gives the flat position. */
export function eachPosition(w: Writer, axes: readonly Axis[], name: string, from: string, to: string): Code {
  const i = w.openLoop(name, (i) => `for (let ${i} = ${from}; ${i} < ${to}; ${i}++)`);
  if (axes.length === 1) w.bind(axes[0]!.axis, atom(i));
  else bindOuter(w, axes, i);
  return atom(i);
}

/**
 * Opens loops over the same positions in runs along the last axis, which share what depends on the other axes. Gives
 * the flat position.
 */
export function eachRun(w: Writer, axes: readonly Axis[], name: string, from: string, to: string): Code {
  const last = axes.at(-1);
  if (!last || axes.length === 1) return eachPosition(w, axes, name, from, to);
  const end = w.fresh(`${name}_end`);
  const start = w.openLoop(
    `${name}_start`,
    (i) => `for (let ${i} = ${from}, ${end} = 0; ${i} < ${to}; ${i} = ${end})`,
  );
  const first = w.fresh('first');
  w.line(`const ${first} = ${start} % ${last.extent};`);
  w.line(`${end} = Math.min(${to}, ${start} - ${first} + ${last.extent});`);
  bindOuter(w, axes, start);
  const shift = w.declare(w.level, 'shift', atom(`${start} - ${first}`));
  const i = w.openLoop(
    `i${last.axis}`,
    (i) => `for (let ${i} = ${first}; ${i} < ${end} - ${shift.text}; ${i}++)`,
  );
  w.bind(last.axis, atom(i));
  return infix('+', shift, atom(i));
}
