/** Packing: an operand's block, evaluated into panels of four lanes (rows of a, columns of b), one depth after another. */
import { collapseOperand, type Axis, type ContractNest, type Instr } from '../../loops/index.js';
import { atom, infix, literal } from './code.js';
import { batchParameters, panel, stepsAlong } from './contract-common.js';
import { FunctionBuilder, type Module } from './kernel.js';
import { eachPosition, eachRun } from './ranges.js';
import { Section } from './section.js';
import { toNumber } from './value.js';

/** Whether the depth is walked innermost: where it is contiguous, or at least the longer run. */
function depthInnermost(body: readonly Instr[], lanes: readonly Axis[], k: readonly Axis[]): boolean {
  const [lane, deep] = [lanes.at(-1), k.at(-1)];
  if (!deep) return false;
  if (!lane) return true;
  const contiguous = ({ axis }: Axis): boolean => stepsAlong(body, axis).some((step) => step === 1);
  if (contiguous(deep) !== contiguous(lane)) {
    const better = contiguous(deep) ? deep : lane;
    if (better.extent >= 8) return better === deep;
  }
  return deep.extent > lane.extent;
}

/** A function (lane0, lane1, k0, k1, ...batch) that packs side `a` or `b` into `target`. */
export function packFunction(
  module: Module,
  nest: ContractNest,
  side: 'a' | 'b',
  target: string,
): FunctionBuilder {
  const given = side === 'a' ? nest.m : nest.n;
  const { operand, lanes, k } = collapseOperand(nest[side], { lanes: given, k: nest.k });
  const fn = new FunctionBuilder(module, `${nest.name}_pack_${side}`, nest.buffers);
  const w = fn.writer;
  const batch = batchParameters(fn, nest.batch);
  const name = side === 'a' ? 'm' : 'n';
  const bounds = [`${name}0`, `${name}1`, 'k0', 'k1'].map((wanted) => w.fresh(wanted));
  const [lane0, lane1, k0, k1] = bounds as [string, string, string, string];
  const depth = w.declare(0, 'depth', atom(`${k1} - ${k0}`));
  const laneInPanel = (lane: string): string =>
    `(${lane} & ${-panel}) * ${depth.text} + (${lane} & ${panel - 1})`;
  const relative = (flat: string): string => `${flat} - ${lane0}`;
  const section = new Section(fn);
  const write = (at: string): void => {
    section.run(operand.body, [operand.value], new Set());
    w.line(`${target}[${at}] = ${toNumber(section.value(operand.value)).text};`);
  };
  if (depthInnermost(operand.body, lanes, k)) {
    const lane = eachPosition(w, lanes, name, lane0, lane1);
    const inBlock = w.declare(w.level, 'lane', atom(relative(lane.text)));
    const start = w.declare(w.level, 'start', atom(laneInPanel(inBlock.text)));
    const flat = eachRun(w, k, 'k', k0, k1);
    write(`${start.text} + ${infix('*', infix('-', flat, atom(k0)), literal(panel)).text}`);
  } else {
    const flat = eachPosition(w, k, 'k', k0, k1);
    const start = w.declare(w.level, 'start', atom(`(${flat.text} - ${k0}) * ${panel}`));
    const lane = eachRun(w, lanes, name, lane0, lane1);
    const inBlock = w.declare(w.level, 'lane', atom(relative(lane.text)));
    write(`${laneInPanel(inBlock.text)} + ${start.text}`);
  }
  fn.finish([...bounds, ...batch]);
  return fn;
}
