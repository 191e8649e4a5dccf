/**
 * A group: nodes that will share a kernel, placed on one iteration domain. Every member says at which indices of its
 * own shape it is computed for a point of the domain.
 */
import { numel } from '../core/index.js';
import type { Node } from '../graph/index.js';
import {
  axesFor,
  axisIndex,
  flattenIndex,
  isView,
  pull,
  unflattenIndex,
  type IndexExpr,
} from '../loops/index.js';
import { family } from '../ops/index.js';
import { isElementwise, isReduction, type Flow } from './flow.js';

export type GroupKind = 'map' | 'row' | 'contract' | 'scatter' | 'sort' | 'attention';

/** What reasons call a kind. */
export const kindName: Readonly<Record<GroupKind, string>> = {
  map: 'an elementwise kernel',
  row: 'a row kernel',
  contract: 'a contraction',
  scatter: 'a scatter',
  sort: 'a sort',
  attention: 'an attention kernel',
};

/**
 * Where in the domain a member has a value: at every point, once a row, once per inner position after the last row,
 * or once after the last row.
 */
export type Level = 'element' | 'row' | 'column' | 'total';

export interface Member {
  readonly level: Level;
  /** Indices into the node's shape, expressions of the domain's axes. */
  readonly at: readonly IndexExpr[];
}

/** Axes cut into those that number rows and those within a row. */
export interface Orientation {
  readonly rows: readonly number[];
  readonly inner: readonly number[];
}

export interface Group {
  readonly id: number;
  kind: GroupKind;
  domain: readonly number[];
  orientation: Orientation | undefined;
  /** Whether it updates parameters: updates stay out of other kernels, which they would slow down, and keep to each other. */
  readonly update: boolean;
  readonly members: Map<Node, Member>;
  /** Groups whose results this one reads. */
  readonly needs: Set<Group>;
  /** Groups that read results of this one. */
  readonly readers: Set<Group>;
  /** Larger than that of every group it needs: what is not deeper than a group cannot need it. */
  depth: number;
}

/** Kinds whose kernels end with the result of their own operation. */
const closed: ReadonlySet<GroupKind> = new Set<GroupKind>(['scatter', 'sort', 'attention']);
export const isClosed = (group: Group): boolean => closed.has(group.kind);

/** A refusal is a reason, in words. */
export type Placement = { readonly member: Member } | { readonly refused: string };
const refused = (reason: string): Placement => ({ refused: reason });

/** The points one level of a domain has, and where they lie in any shape of as many elements. */
class Place {
  /** Flat position of each point. */
  readonly index: IndexExpr;
  readonly count: number;
  readonly #at = new Map<string, readonly IndexExpr[]>();

  constructor(axes: readonly number[], domain: readonly number[]) {
    const all = axesFor(domain);
    const extents = axes.map((axis) => domain[axis]!);
    this.index = flattenIndex(
      axes.map((axis) => all[axis]!),
      extents,
    );
    this.count = numel(extents);
  }

  /** Indices into a shape: one array for equal shapes, so that most comparisons of positions end at once. */
  at(shape: readonly number[]): readonly IndexExpr[] {
    const key = shape.join();
    let at = this.#at.get(key);
    if (!at) this.#at.set(key, (at = unflattenIndex(this.index, shape)));
    return at;
  }
}

/** Places by orientation, which belongs to one domain, or by the domain of a group without one. */
const places = new WeakMap<object, Partial<Record<Level, Place>>>();

function placeOf({ domain, orientation }: Pick<Group, 'domain' | 'orientation'>, level: Level): Place {
  const key = orientation ?? domain;
  let known = places.get(key);
  if (!known) places.set(key, (known = {}));
  return (known[level] ??= new Place(levelAxes[level](domain, orientation), domain));
}

const every = (domain: readonly number[]): readonly number[] => domain.map((_, i) => i);
const levelAxes: Readonly<
  Record<Level, (domain: readonly number[], orientation: Orientation | undefined) => readonly number[]>
> = {
  element: every,
  row: (domain, orientation) => orientation?.rows ?? every(domain),
  column: (_, orientation) => orientation?.inner ?? [],
  total: () => [],
};

/** Where a node reads a source; masked where a view says so. */
interface SourceRead {
  readonly source: Node;
  readonly indices: readonly IndexExpr[];
  readonly masked: boolean;
}

/** Every source a node reads at `at`, through views. */
export function readsOf(node: Node, at: readonly IndexExpr[]): SourceRead[] {
  const reads: SourceRead[] = [];
  for (let operand = 0; operand < node.inputs.length; operand++) {
    // What is picked from is read at computed positions: anywhere, and never in place.
    const picked = node.op === 'gather' && operand === 0;
    const stack: SourceRead[] = [{ source: node.inputs[operand]!, indices: at, masked: picked }];
    for (let top = stack.pop(); top; top = stack.pop()) {
      const { source, indices, masked } = top;
      if (!isView(source)) reads.push(top);
      else if (picked) for (const each of source.inputs) stack.push({ source: each, indices, masked });
      else {
        for (const read of pull(source, indices).reads) {
          stack.push({
            source: read.input,
            indices: read.indices,
            masked: masked || read.masks.length > 0,
          });
        }
      }
    }
  }
  return reads;
}

/** Whether both are the same position in a shape. */
export function sameIndices(
  a: readonly IndexExpr[],
  b: readonly IndexExpr[],
  shape: readonly number[],
): boolean {
  if (a === b || a.every((index, i) => index.key === b[i]!.key)) return true;
  return flattenIndex(a, shape).key === flattenIndex(b, shape).key;
}

/** Whether every member that `node` reads at `at` is read exactly where the group computes it. */
function readsInPlace(
  group: Group,
  node: Node,
  at: readonly IndexExpr[],
  levels: readonly Level[],
): string | undefined {
  for (const { source, indices, masked } of readsOf(node, at)) {
    const member = group.members.get(source);
    if (!member) continue;
    if (!levels.includes(member.level)) return `${source.op} is known only after the last row`;
    if (masked || !sameIndices(indices, member.at, source.shape))
      return `reads ${source.op} at other positions`;
  }
  return undefined;
}

const elementLevels: readonly Level[] = ['element'];
const rowLevels: readonly Level[] = ['element', 'row', 'column', 'total'];
/** The levels a value of each level may read. */
const readableAt: Readonly<Record<Level, readonly Level[]>> = {
  element: ['element', 'row'],
  row: ['row'],
  column: ['column'],
  total: ['total'],
};

/** Places an elementwise node on the group's domain. */
export function placeElementwise(group: Group, node: Node): Placement {
  if (isClosed(group)) return refused(`${kindName[group.kind]} takes in nothing that follows it`);
  const count = numel(node.shape);
  let reason: string | undefined;
  for (const level of group.kind === 'row' ? rowLevels : elementLevels) {
    const place = placeOf(group, level);
    if (place.count !== count) continue;
    const at = place.at(node.shape);
    const problem = readsInPlace(group, node, at, readableAt[level]);
    if (problem === undefined) return { member: { level, at } };
    reason = problem;
  }
  return refused(reason ?? `its ${count} elements do not line up with the kernel's ${numel(group.domain)}`);
}

/** The natural orientation of a reduction: within rows when it takes in the last axis, else across rows. */
export function orient(domain: readonly number[], axes: readonly number[]): Orientation {
  const every = domain.map((_, i) => i);
  const rest = every.filter((axis) => !axes.includes(axis));
  if (rest.length === 0) {
    return domain.length > 1
      ? { rows: every.slice(0, -1), inner: every.slice(-1) }
      : { rows: [], inner: every };
  }
  const last = every.findLast((axis) => domain[axis]! > 1) ?? domain.length - 1;
  return axes.includes(last) ? { rows: rest, inner: [...axes] } : { rows: [...axes], inner: rest };
}

const reducedAxes = (node: Node): readonly number[] => {
  const attrs = node.attrs as { axes?: readonly number[]; axis?: number };
  return attrs.axes ?? [attrs.axis!];
};

/** Domain and orientation a group would need to take a reduction or scan in. */
export function domainFor(node: Node, flow: Flow): { domain: readonly number[]; orientation: Orientation } {
  const domain = node.inputs[0]!.shape;
  const axes = reducedAxes(node);
  const rest = domain.map((_, i) => i).filter((i) => !axes.includes(i));
  const positions = node.op === 'argmax' || node.op === 'argmin';
  const within =
    family(node.op) === 'scan' || positions || (rest.length > 0 && isReadBack(node, [numel(domain)], flow));
  return { domain, orientation: within ? { rows: rest, inner: [...axes] } : orient(domain, axes) };
}

/** Whether a reduction is used by values as many as those it came from, as in a softmax or a norm. */
function isReadBack(node: Node, counts: readonly number[], flow: Flow): boolean {
  const own = numel(node.shape);
  const seen = new Set<Node>();
  const stack = [...flow.users.get(node)!];
  for (let user = stack.pop(); user; user = stack.pop()) {
    if (seen.has(user) || seen.size > 64 || !isElementwise(user)) continue;
    seen.add(user);
    const count = numel(user.shape);
    if (count !== own && counts.includes(count)) return true;
    stack.push(...flow.users.get(user)!);
  }
  return false;
}

/** Places a reduction or a scan; the group must have an orientation. */
export function placeReduction(group: Group, node: Node, flow: Flow): Placement {
  if (group.kind !== 'row')
    return refused(`a reduction needs whole rows, which ${kindName[group.kind]} does not have at once`);
  const input = node.inputs[0]!;
  const axes = reducedAxes(node);
  const kept = (at: readonly IndexExpr[]): IndexExpr[] => at.filter((_, i) => !axes.includes(i));
  const keptShape = input.shape.filter((_, i) => !axes.includes(i));
  const scan = family(node.op) === 'scan';

  for (const inputLevel of ['element', 'row'] as const) {
    const place = placeOf(group, inputLevel);
    if (place.count !== numel(input.shape)) continue;
    const at = place.at(input.shape);
    // The input is read where it is; a reduction's own operand goes through views like any other.
    const pseudo = { ...node, inputs: [input] } as Node;
    if (readsInPlace(group, pseudo, at, readableAt[inputLevel])) continue;
    if (scan) {
      const inner = group.orientation!.inner;
      const walks = at[axes[0]!]!;
      // An axis of size 0 or 1 is walked by no loop.
      const alone =
        walks.terms.length === 0 || walks.key === axisIndex(inner[0]!, input.shape[axes[0]!]!).key;
      const whole = group.domain[inner[0]!] === input.shape[axes[0]!];
      const along = inner.length === 1 && whole && alone && inputLevel === 'element';
      if (along) return { member: { level: 'element', at } };
      continue;
    }
    const keptIndex = flattenIndex(kept(at), keptShape);
    const results: Level[] = inputLevel === 'element' ? ['row', 'column', 'total'] : ['total'];
    for (const level of results) {
      const result = placeOf(group, level);
      if (result.index.key !== keptIndex.key || result.count !== numel(keptShape)) continue;
      if (level !== 'row' && (node.op === 'argmax' || node.op === 'argmin')) {
        return refused('positions are found within rows only');
      }
      const counts = [numel(group.domain), placeOf(group, 'row').count];
      if (level !== 'row' && group.members.size > 0 && isReadBack(node, counts, flow)) {
        return refused('the rows themselves need the result');
      }
      return { member: { level, at: kept(at) } };
    }
  }
  return refused("it reduces over other axes than the kernel's rows");
}

/** Whether a whole group may move onto another's domain: all its members are single elements of equally many points. */
export function canRedomain(group: Group, domain: readonly number[]): boolean {
  return group.kind === 'map' && numel(group.domain) === numel(domain);
}

export function redomain(group: Group, domain: readonly number[]): void {
  group.domain = domain;
  const place = placeOf({ domain, orientation: undefined }, 'element');
  for (const node of group.members.keys()) {
    group.members.set(node, { level: 'element', at: place.at(node.shape) });
  }
}

/** Whether only the optimizer asked for a node. */
export const isUpdate = (node: Node): boolean =>
  node.sources.length > 0 && node.sources.every((source) => source.origin === 'optimizer');

export const isPlaceable = (node: Node): boolean =>
  isElementwise(node) || isReduction(node) || family(node.op) === 'scan';
