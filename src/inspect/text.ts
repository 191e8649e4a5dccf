/** The stages past the graph as text: regions, loops, memory. */
import { formatAttrs, formatSources, formatType, type Node } from '../graph/index.js';
import { isView } from '../loops/index.js';
import type { Program } from '../plan/index.js';
import { formatBytes, formatScalar, formatTable, plural } from './format.js';
import type { KernelView } from './kernels.js';
import { printNest } from './loops.js';
import { bytesOf } from './traffic.js';

/** Names of values for a listing: leaves by name, the rest by number of first mention. */
class Names {
  readonly #numbers = new Map<Node, string>();
  of(node: Node): string {
    const known = this.#numbers.get(node);
    if (known !== undefined) return known;
    const name =
      (node.op === 'input' || node.op === 'state' ? node.attrs.leaf.name : undefined) ??
      `%${this.#numbers.size}`;
    this.#numbers.set(node, name);
    return name;
  }
}

/** An operand as text: views written around what they show, constants as numbers. */
function operand(node: Node, names: Names): string {
  const words: string[] = [];
  let at = node;
  while (isView(at) && at.inputs.length === 1) {
    if (at.op !== 'barrier' && at.op !== 'stopGradient') words.push(at.op);
    at = at.inputs[0]!;
  }
  const inner =
    at.op === 'constant'
      ? formatScalar(at.attrs.value, at.dtype)
      : isView(at)
        ? `${at.op}(${at.inputs.map((x) => operand(x, names)).join(', ')})`
        : names.of(at);
  // A stretched number is the number.
  return at.op === 'constant' ? inner : words.reduceRight((text, word) => `${word}(${text})`, inner);
}

/** Regions with their members, results and the reasons for their borders. */
export function dumpFused(views: readonly KernelView[]): string {
  const names = new Names();
  return views
    .map((view) => {
      const lines = view.computed.map((node) => {
        const words = [
          names.of(node),
          '=',
          node.op,
          formatType(node),
          ...node.inputs.map((input) => operand(input, names)),
          ...formatAttrs(node),
        ];
        const source = formatSources(node);
        return `  ${words.join(' ')}${source && `  # ${source}`}`;
      });
      const stored = view.writes.map(
        (node) => `  stores ${operand(node, names)}: ${formatType(node)}, ${formatBytes(bytesOf(node))}`,
      );
      const borders = view.boundaries.map(
        ({ value, from, reason }) =>
          `  apart from ${from.name}, which stores ${operand(value, names)}: ${reason}`,
      );
      return [`${view.index}: ${view.nest.kind} ${view.name}`, ...lines, ...stored, ...borders].join('\n');
    })
    .join('\n\n');
}

/** Every LoopNest as pseudo code. */
export const dumpLoops = (views: readonly KernelView[]): string =>
  views.map(({ nest }) => printNest(nest)).join('\n\n');

/** Name of each step: kernels by theirs, copies by number. */
export const stepNames = ({ steps }: Program): string[] =>
  steps.map((step, i) => (step.kind === 'launch' ? step.nest.name : `copy_${i}`));

/** The arena: who lies where and how long, and how full it is at each step. */
export function dumpMemory(program: Program): string {
  const { allocations, arenaBytes, liveBytes } = program;
  const bound = Math.max(0, ...liveBytes);
  const over =
    bound === 0
      ? ''
      : `, ${(100 * (arenaBytes / bound - 1)).toFixed(1)} % over the largest sum of live bytes, ${formatBytes(bound)}`;
  const places = [...allocations]
    .sort((a, b) => a.offset - b.offset || a.live[0] - b.live[0])
    .map(({ name, dtype, elements, offset, bytes, live: [first, last] }) => [
      String(offset),
      String(bytes),
      `${first} - ${last}`,
      `${name} ${dtype}[${elements}]`,
    ]);
  const width = 40;
  const names = stepNames(program);
  const steps = liveBytes.map((bytes, i) => [
    String(i),
    names[i]!,
    formatBytes(bytes),
    '█'.repeat(bound === 0 ? 0 : Math.round((width * bytes) / bound)),
  ]);
  const outside = [
    ['input', program.inputs],
    ['state', program.states],
    ['output', program.outputs],
  ] as const;
  const slots = outside.flatMap(([space, list]) =>
    list.map((slot) => [space, slot.name, formatType(slot), formatBytes(bytesOf(slot))]),
  );
  return [
    `arena: ${formatBytes(arenaBytes)} for ${plural(allocations.length, 'value')}${over}`,
    ...(places.length > 0 ? ['', formatTable('rrll', ['offset', 'bytes', 'steps', 'value'], places)] : []),
    '',
    formatTable('rlrl', ['step', 'kernel', 'live', ''], steps),
    '',
    'outside the arena:',
    formatTable('lllr', ['space', 'name', 'type', 'bytes'], slots),
  ].join('\n');
}
