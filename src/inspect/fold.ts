/**
 * Folding: nodes that one module (or, outside modules, one line of the program) made become one box. Where a module's
 * work is interrupted by that of others it takes several boxes, so that a drawing has no circles.
 */
import type { Node, Origin, Source } from '../graph/index.js';
import { family } from '../ops/index.js';

export interface Box {
  readonly id: string;
  readonly origin: Origin;
  /** Module path, or file and line outside modules. */
  readonly title: string;
  readonly nodes: Node[];
}

export interface Folded {
  readonly boxes: readonly Box[];
  readonly boxOf: ReadonlyMap<Node, Box>;
}

/** The event a node is drawn as: its own, before those it was merged with. */
export const mainSource = ({ sources }: Node): Source | undefined => sources[0];

export const originOf = (node: Node): Origin => mainSource(node)?.origin ?? 'forward';

/** `train.ts:12`, without folder and column. */
export const lineOf = (source: Source | undefined): string =>
  (source?.site.toString() ?? '').replace(/^.*[\\/]/, '').replace(/:\d+$/, '');

/** Values known without running anything; drawings leave them out. */
export function constantOnly(order: readonly Node[]): Set<Node> {
  const constants = new Set<Node>();
  for (const node of order) {
    const known =
      family(node.op) === 'leaf'
        ? node.op === 'constant' || node.op === 'iota'
        : node.inputs.every((x) => constants.has(x));
    if (known) constants.add(node);
  }
  return constants;
}

/** The name a node is folded under, module paths cut to `depth` parts. */
function titleOf(node: Node, depth: number): string {
  const source = mainSource(node);
  if (!source) return 'program';
  if (source.module !== undefined)
    return source.module
      .split('.')
      .slice(0, depth + 1)
      .join('.');
  if (source.origin === 'optimizer') return 'optimizer';
  const line = lineOf(source);
  return (depth === 0 ? line.replace(/:.*$/, '') : line) || source.origin;
}

interface Draft {
  readonly key: string;
  readonly nodes: Node[];
  readonly next: Set<Draft>;
}

/** Whether `from` leads to `to` by way of something else. */
function detour(from: Draft, to: Draft): boolean {
  const seen = new Set<Draft>([from]);
  const stack = [...from.next].filter((draft) => draft !== to);
  for (let at = stack.pop(); at; at = stack.pop()) {
    if (at === to) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    stack.push(...at.next);
  }
  return false;
}

function absorb(into: Draft, other: Draft, drafts: readonly Draft[]): void {
  into.nodes.push(...other.nodes);
  for (const next of other.next) into.next.add(next);
  into.next.delete(into);
  into.next.delete(other);
  for (const draft of drafts) if (draft.next.delete(other) && draft !== into) draft.next.add(into);
}

/**
 * Boxes for nodes given operands first. A box starts as the nodes of one title that as many changes of title precede;
 * two of one title are joined where no path leads from one to the other through a third.
 */
export function fold(order: readonly Node[], depth = Infinity): Folded {
  const keyOf = new Map<Node, string>();
  const level = new Map<Node, number>();
  const drafts = new Map<string, Draft>();
  const draftOf = new Map<Node, Draft>();
  for (const node of order) {
    // A marker belongs to what it marks.
    const marked = node.op === 'stopGradient' ? keyOf.get(node.inputs[0]!) : undefined;
    const key = marked ?? `${originOf(node)} ${titleOf(node, depth)}`;
    keyOf.set(node, key);
    let at = 0;
    for (const input of node.inputs) {
      const before = level.get(input);
      if (before !== undefined) at = Math.max(at, before + (keyOf.get(input) === key ? 0 : 1));
    }
    level.set(node, at);
    const name = `${at} ${key}`;
    const draft = drafts.get(name) ?? { key, nodes: [], next: new Set() };
    drafts.set(name, draft);
    draft.nodes.push(node);
    draftOf.set(node, draft);
    for (const input of node.inputs) {
      const from = draftOf.get(input);
      if (from && from !== draft) from.next.add(draft);
    }
  }
  const families = new Map<string, Draft[]>();
  for (const draft of drafts.values()) families.set(draft.key, [...(families.get(draft.key) ?? []), draft]);
  const live = new Set(drafts.values());
  for (const siblings of families.values()) {
    const kept: Draft[] = [];
    for (const draft of siblings) {
      const home = kept.findLast((other) => !detour(other, draft) && !detour(draft, other));
      if (!home) kept.push(draft);
      else {
        live.delete(draft);
        absorb(home, draft, [...live]);
      }
    }
  }
  const position = new Map(order.map((node, i) => [node, i]));
  const boxes = [...live].map((draft, i): Box => {
    const nodes = draft.nodes.sort((a, b) => position.get(a)! - position.get(b)!);
    return { id: `box${i}`, origin: originOf(nodes[0]!), title: titleOf(nodes[0]!, depth), nodes };
  });
  return { boxes, boxOf: new Map(boxes.flatMap((box) => box.nodes.map((node) => [node, box] as const))) };
}

/** The deepest folding with at most `most` boxes, or the shallowest there is. */
export function foldWithin(order: readonly Node[], most: number): Folded {
  const deepest = order.reduce(
    (deep, node) => Math.max(deep, mainSource(node)?.module?.split('.').length ?? 1),
    1,
  );
  let folded = fold(order, deepest);
  for (let depth = deepest - 1; folded.boxes.length > most && depth >= 0; depth--)
    folded = fold(order, depth);
  return folded;
}

/** Titles without the name of the one model they all belong to, where enough remains to tell what is meant. */
export function shortTitles(boxes: readonly Box[]): Map<Box, string> {
  const isModule = ({ title }: Box): boolean => title.includes('.') && !title.includes(':');
  const roots = new Set(boxes.filter(isModule).map(({ title }) => title.split('.')[0]!));
  const [root = ''] = roots;
  return new Map(
    boxes.map((box) => {
      const rest = box.title.slice(root.length + 1);
      const shortens =
        roots.size === 1 && isModule(box) && box.title.startsWith(`${root}.`) && !/^\d+$/.test(rest);
      return [box, shortens ? rest : box.title];
    }),
  );
}
