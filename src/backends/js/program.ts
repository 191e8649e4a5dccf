/** The source of a whole program: helpers, memory, a function for each kernel, and `step`, which calls them in order. */
import { InternalError, dtypes } from '../../core/index.js';
import type { LoopNest } from '../../loops/index.js';
import type { BufferRef, Program, Slot } from '../../plan/program.js';
import { emitContract } from './contract.js';
import { helperSources, library } from './helpers.js';
import { Module, type Launch } from './kernel.js';
import { emitMap, emitSegmented } from './map.js';
import { emitRow } from './row.js';
import { emitScatter, emitSort } from './scatter.js';

const emitters: {
  readonly [K in LoopNest['kind']]: (module: Module, nest: Extract<LoopNest, { kind: K }>) => Launch;
} = {
  map: emitMap,
  row: emitRow,
  contract: emitContract,
  segmented: emitSegmented,
  scatter: emitScatter,
  opaque: emitSort,
  attention: () => {
    throw new InternalError('attention is written out for this backend');
  },
};

const emitNest = <K extends LoopNest['kind']>(module: Module, nest: Extract<LoopNest, { kind: K }>): Launch =>
  (emitters[nest.kind] as (module: Module, nest: Extract<LoopNest, { kind: K }>) => Launch)(module, nest);

/** Parameters of the function whose body the source is. */
export const parameters = ['arena', 'inputs', 'states', 'outputs', 'failure', 'library', 'profile'] as const;

const slotLines = (space: string, slots: readonly Slot[]): string[] =>
  slots.map((slot, i) => `//   ${space}[${i}]  ${slot.dtype}[${slot.shape.join(', ')}]  ${slot.name}`);

export function emitProgram(program: Program, instrument: boolean): string {
  const module = new Module();
  const views = program.allocations.map(({ name, dtype, elements, offset }) => {
    const view = module.names.fresh(name);
    return {
      name: view,
      line: `const ${view} = new ${dtypes[dtype].array.name}(arena, ${offset}, ${elements});`,
    };
  });
  const nameOf = (ref: BufferRef): string => {
    if (ref.space === 'arena') return views[ref.allocation]!.name;
    return `${ref.space}s[${ref.index}]`;
  };
  const calls = program.steps.map((step, i) => {
    const lines =
      step.kind === 'copy'
        ? [`${nameOf(step.to)}.set(${nameOf(step.from)});`]
        : emitNest(module, step.nest)(step.buffers.map(nameOf));
    return instrument ? [`profile.start();`, ...lines, `profile.stop(${i});`] : lines;
  });
  const step = ['function step() {', ...calls.flat().map((line) => `  ${line}`), '}'].join('\n');
  const body = [...helperSources(module.helpers, module.lengthOf), ...module.functions].join('\n\n');
  const imported = Object.keys(library).filter((name) => new RegExp(`\\b${name}\\(`).test(body));
  const sections = [
    [
      `// Program ${program.name}: ${program.steps.length} kernel${program.steps.length === 1 ? '' : 's'}, arena of ${program.arenaBytes} bytes.`,
      ...slotLines('inputs', program.inputs),
      ...slotLines('states', program.states),
      ...slotLines('outputs', program.outputs),
      `'use strict';`,
      ...(imported.length > 0 ? [`const { ${imported.join(', ')} } = library;`] : []),
    ].join('\n'),
    [...views.map(({ line }) => line), ...module.scratchLines()].join('\n'),
    body,
    step,
    'return step;',
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}
