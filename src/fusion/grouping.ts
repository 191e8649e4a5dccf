/**
 * Which nodes share a kernel. Nodes are taken in the graph's order; each joins the groups of what it reads where the
 * law allows, or begins one. Every refusal is kept with its reason.
 */
import { InternalError, numel } from '../core/index.js';
import type { Node } from '../graph/index.js';
import { axesFor } from '../loops/index.js';
import { family, type AttentionAttrs } from '../ops/index.js';
import { fits, tooManyBuffers, type BufferLimits } from './buffers.js';
import { isElementwise, isReduction, type Flow } from './flow.js';
import {
  canRedomain,
  domainFor,
  isClosed,
  isPlaceable,
  isUpdate,
  kindName,
  placeElementwise,
  placeReduction,
  readsOf,
  redomain,
  sameIndices,
  type Group,
  type GroupKind,
  type Member,
  type Placement,
} from './group.js';

export interface Refusal {
  readonly producer: Node;
  readonly consumer: Node;
  readonly reason: string;
}

export interface Limits extends BufferLimits {
  /** Operations one kernel may hold. */
  readonly maxBodyOps: number;
}

const ownKind: Partial<Record<Node['op'], GroupKind>> = {
  dot: 'contract',
  conv: 'contract',
  scatter: 'scatter',
  scatterAdd: 'scatter',
  sort: 'sort',
  argsort: 'sort',
  attention: 'attention',
  attentionLse: 'attention',
  attentionGrad: 'attention',
};

/** Over what an attention kernel walks, and with which attributes. */
function attentionWalk(node: Node): string {
  const { of, ...attrs } = node.attrs as AttentionAttrs & { of?: string };
  const walk = node.op !== 'attentionGrad' ? 'forward' : of === 'q' ? 'queries' : 'keys';
  return `${walk} ${attrs.scale} ${attrs.causal} ${attrs.dropout}`;
}

/** In which order a node asks the groups it reads. */
const kindRank: Readonly<Record<GroupKind, number>> = {
  contract: 0,
  row: 1,
  map: 2,
  scatter: 3,
  sort: 4,
  attention: 5,
};

export class Grouping {
  readonly refusals: Refusal[] = [];
  readonly #home = new Map<Node, Group>();
  /** Groups that became part of another one. */
  readonly #mergedInto = new Map<Group, Group>();
  #nextId = 0;

  constructor(
    readonly flow: Flow,
    readonly limits: Limits,
    readonly fused: boolean,
  ) {
    for (const node of flow.compute) {
      if (!flow.free.has(node) || flow.demanded.has(node)) this.#take(node);
    }
    if (fused) {
      this.#mergeReadersOfOneSource();
      this.#mergeScalars();
    }
  }

  get groups(): Group[] {
    return [...new Set([...this.#home.values()].map((group) => this.#find(group)))];
  }

  home(node: Node): Group | undefined {
    const group = this.#home.get(node);
    return group && this.#find(group);
  }

  #find(group: Group): Group {
    let at = group;
    for (let next = this.#mergedInto.get(at); next; next = this.#mergedInto.get(at)) {
      // Each look shortens the way for the next one.
      const after = this.#mergedInto.get(next);
      if (after) this.#mergedInto.set(at, after);
      at = after ?? next;
    }
    return at;
  }

  #take(node: Node): void {
    const candidates = this.fused && isPlaceable(node) ? this.#candidates(node) : [];
    for (const group of candidates) {
      if (group.kind === 'contract' && this.#onlyReduced(node)) continue;
      if (!this.#join(group, node)) continue;
      for (const other of candidates) if (other !== group) this.#merge(group, this.#find(other), node);
      if (group.kind === 'row') this.#takeInRowValues(group);
      return;
    }
    const twin = this.fused && family(node.op) === 'attention' ? this.#attentionTwin(node) : undefined;
    if (twin && this.#fits(twin.members.keys(), [node]))
      this.#add(twin, node, { level: 'element', at: axesFor(node.shape) });
    else this.#begin(node);
  }

  /**
   * The group of another result that one walk over the same scores gives: output and logsumexp, or the gradients of keys
   * and values. Both read the same, and neither the other, so nothing can lie between them.
   */
  #attentionTwin(node: Node): Group | undefined {
    const walk = attentionWalk(node);
    const twins = this.flow.users.get(this.flow.sources.get(node)![0]!)!;
    const twin = twins.find(
      (other) =>
        other !== node &&
        this.#home.has(other) &&
        family(other.op) === 'attention' &&
        attentionWalk(other) === walk &&
        other.inputs.every((input, i) => input === node.inputs[i]),
    );
    return twin && this.home(twin);
  }

  /** Small kernels that compute a value for each row are part of the rows that read them. */
  #takeInRowValues(group: Group): void {
    const rows = numel(group.orientation!.rows.map((axis) => group.domain[axis]!));
    if (rows < 2 || rows === numel(group.domain)) return;
    for (const need of [...group.needs]) {
      const other = this.#find(need);
      if (other.kind === 'map' && numel(other.domain) === rows) this.#merge(group, other);
    }
  }

  /** A value that is only reduced belongs with its reduction, which no contraction takes in. */
  #onlyReduced(node: Node): boolean {
    const users = this.flow.users.get(node)!;
    return users.length > 0 && users.every(isReduction) && !this.flow.demanded.has(node);
  }

  /** Groups of what a node reads: contractions first, whose result is then never stored, then rows, then maps; large ones first. */
  #candidates(node: Node): Group[] {
    const found: Group[] = [];
    for (const source of this.flow.sources.get(node)!) {
      const home = this.home(source);
      if (home && !found.includes(home)) found.push(home);
    }
    return found.sort(
      (a, b) => kindRank[a.kind] - kindRank[b.kind] || numel(b.domain) - numel(a.domain) || b.id - a.id,
    );
  }

  #begin(node: Node): void {
    const kind = ownKind[node.op] ?? (isElementwise(node) ? 'map' : 'row');
    const group: Group = {
      id: this.#nextId++,
      kind,
      domain: node.shape,
      orientation: undefined,
      update: isUpdate(node),
      members: new Map(),
      needs: new Set(),
      readers: new Set(),
      depth: 0,
    };
    let member: Member = { level: 'element', at: axesFor(node.shape) };
    if (kind === 'row') {
      Object.assign(group, domainFor(node, this.flow));
      const placed = placeReduction(group, node, this.flow);
      if ('refused' in placed)
        throw new InternalError(`${node.op} has no place in a kernel of its own: ${placed.refused}`);
      member = placed.member;
    }
    this.#add(group, node, member);
  }

  #add(group: Group, node: Node, member: Member): void {
    group.members.set(node, member);
    this.#home.set(node, group);
    for (const other of this.#read(node)) {
      if (other === group) continue;
      group.needs.add(other);
      other.readers.add(group);
      this.#deepen(group, other.depth + 1);
    }
  }

  /** Keeps every group deeper than those it needs. */
  #deepen(group: Group, least: number): void {
    const stack = [{ group, least }];
    for (let top = stack.pop(); top; top = stack.pop()) {
      const at = this.#find(top.group);
      if (at.depth >= top.least) continue;
      at.depth = top.least;
      for (const reader of at.readers)
        if (this.#find(reader) !== at) stack.push({ group: reader, least: at.depth + 1 });
    }
  }

  /** Groups whose results a node reads, also through values that every reader computes for itself. */
  #read(node: Node): Set<Group> {
    const found = new Set<Group>();
    const stack = [...this.flow.sources.get(node)!];
    for (let source = stack.pop(); source; source = stack.pop()) {
      const home = this.home(source);
      if (home) found.add(home);
      else if (this.flow.free.has(source)) stack.push(...this.flow.sources.get(source)!);
    }
    return found;
  }

  #refuse(group: Group, node: Node, reason: string): false {
    const producer = this.flow.sources.get(node)!.find((source) => this.home(source) === group);
    if (producer) this.refusals.push({ producer, consumer: node, reason });
    return false;
  }

  #join(group: Group, node: Node): boolean {
    if (group.update !== isUpdate(node))
      return this.#refuse(group, node, 'optimizer updates are kernels of their own: slower inside others');
    if (group.members.size >= this.limits.maxBodyOps)
      return this.#refuse(group, node, 'the kernel is as large as the target takes');
    const others = [...this.#read(node)].filter((other) => other !== group);
    if (this.#reaches(others, group)) {
      return this.#refuse(group, node, 'something between the two must be finished first');
    }
    for (const source of this.flow.barred.get(node) ?? []) {
      if (this.home(source) === group)
        return this.#refuse(group, node, 'it is computed again behind a checkpoint');
    }
    const placed = isElementwise(node) ? placeElementwise(group, node) : this.#placeReduction(group, node);
    if ('refused' in placed) return this.#refuse(group, node, placed.refused);
    if (!this.#fits(group.members.keys(), [node])) return this.#refuse(group, node, tooManyBuffers);
    this.#add(group, node, placed.member);
    return true;
  }

  /** Whether one kernel may touch all that these read and write. */
  #fits(members: Iterable<Node>, more: Iterable<Node>): boolean {
    return fits([members, more], this.flow, this.limits);
  }

  /** A group of single elements turns into rows when a reduction of them arrives. */
  #placeReduction(group: Group, node: Node): Placement {
    const wanted = domainFor(node, this.flow);
    if (!canRedomain(group, wanted.domain)) return placeReduction(group, node, this.flow);
    const { domain, kind } = group;
    redomain(group, wanted.domain);
    Object.assign(group, { kind: 'row', orientation: wanted.orientation });
    const placed = placeReduction(group, node, this.flow);
    if ('refused' in placed) {
      Object.assign(group, { kind, orientation: undefined });
      redomain(group, domain);
    }
    return placed;
  }

  /** Whether any of `from` needs, at whatever distance, results of `target`. */
  #reaches(from: readonly Group[], target: Group): boolean {
    const seen = new Set<Group>();
    const stack = [...from];
    for (let group = stack.pop(); group; group = stack.pop()) {
      const at = this.#find(group);
      if (at === target) return true;
      if (seen.has(at) || at.depth <= target.depth) continue;
      seen.add(at);
      stack.push(...at.needs);
    }
    return false;
  }

  /** Moves all of `other` into `group` where that is legal; `via` is the node that reads both. */
  #merge(group: Group, other: Group, via?: Node): boolean {
    if (group === other) return true;
    if (group.update !== other.update) return false;
    const no = (reason: string): false => (via ? this.#refuse(other, via, reason) : false);
    if (group.members.size + other.members.size > this.limits.maxBodyOps)
      return no('the kernel is as large as the target takes');
    const stays = `${kindName[other.kind]} does not move into ${kindName[group.kind]} of this shape`;
    // Asked first: the search between the two may lead through the whole program.
    if (other.kind === 'map' && group.kind === 'map' && numel(other.domain) !== numel(group.domain))
      return no(stays);
    const between = (from: Group, to: Group): boolean =>
      this.#reaches(
        [...from.needs].map((g) => this.#find(g)).filter((g) => g !== to && g !== from),
        to,
      );
    if (between(group, other) || between(other, group))
      return no('something between the two must be finished first');
    const moved = this.#placementsIn(group, other);
    if (!moved) return no(stays);
    if (!this.#fits(group.members.keys(), other.members.keys())) return no(tooManyBuffers);
    const before = new Map(group.members);
    for (const [node, member] of moved) group.members.set(node, member);
    // Only what reads a moved value may have lost its place; a reduction looks at the whole group.
    const affected = (node: Node): boolean =>
      !isElementwise(node) ||
      moved.has(node) ||
      this.flow.sources.get(node)!.some((source) => moved.has(source));
    const broken = [...group.members].find(
      ([node, member]) => affected(node) && !this.#inPlace(group, node, member),
    );
    if (broken) {
      group.members.clear();
      for (const [node, member] of before) group.members.set(node, member);
      return no('the two read each other at other positions');
    }
    for (const need of other.needs) if (this.#find(need) !== group) group.needs.add(need);
    group.needs.delete(other);
    this.#mergedInto.set(other, group);
    this.#deepen(group, other.depth);
    for (const reader of other.readers) {
      if (this.#find(reader) === group) continue;
      group.readers.add(reader);
      this.#deepen(reader, group.depth + 1);
    }
    return true;
  }

  /** Where the members of `other` would lie in `group`, each placed by the law that a node of its own obeys. */
  #placementsIn(group: Group, other: Group): Map<Node, Member> | undefined {
    const fits = other.kind === 'map' ? !isClosed(group) : other.kind === 'row' && group.kind === 'row';
    if (!fits) return undefined;
    const both: Group = { ...group, members: new Map(group.members) };
    const moved = new Map<Node, Member>();
    const order = [...other.members.keys()].sort(
      (a, b) => this.flow.position.get(a)! - this.flow.position.get(b)!,
    );
    for (const node of order) {
      const placed = isElementwise(node)
        ? placeElementwise(both, node)
        : placeReduction(both, node, this.flow);
      if ('refused' in placed) return undefined;
      both.members.set(node, placed.member);
      moved.set(node, placed.member);
    }
    return moved;
  }

  #inPlace(group: Group, node: Node, member: Member): boolean {
    if (!isElementwise(node))
      return family(node.op) !== 'reduce' && family(node.op) !== 'scan'
        ? true
        : this.#reductionInPlace(group, node, member);
    for (const { source, indices, masked } of readsOf(node, member.at)) {
      const other = group.members.get(source);
      if (!other) continue;
      if (this.flow.barred.get(node)?.has(source)) return false;
      const readable = other.level === member.level || (other.level === 'row' && member.level === 'element');
      if (!readable || masked || !sameIndices(indices, other.at, source.shape)) return false;
    }
    return true;
  }

  #reductionInPlace(group: Group, node: Node, member: Member): boolean {
    const placed = placeReduction(group, node, this.flow);
    return 'member' in placed && placed.member.level === member.level;
  }

  /** Rows over what one kernel wrote, or over one leaf, become one pass over it. */
  #mergeReadersOfOneSource(): void {
    const readersOf = new Map<Group | Node, Set<Group>>();
    for (const [source, users] of this.flow.users) {
      if (numel(source.shape) < 2) continue;
      const from = this.home(source) ?? source;
      const readers = readersOf.get(from) ?? new Set();
      for (const user of users) {
        const group = this.home(user);
        if (group && group !== from && (group.kind === 'row' || group.kind === 'map')) readers.add(group);
      }
      readersOf.set(from, readers);
    }
    for (const set of readersOf.values()) {
      const readers = [...set].sort(
        (a, b) => Number(a.kind === 'map') - Number(b.kind === 'map') || a.id - b.id,
      );
      for (let i = 0; i < readers.length; i++) {
        const group = this.#find(readers[i]!);
        if (group.kind !== 'row') continue;
        for (const other of readers.slice(i + 1)) {
          if (numel(this.#find(other).domain) === numel(group.domain)) this.#merge(group, this.#find(other));
        }
      }
    }
  }

  /** Scalars of one stage of a step are computed by one kernel. */
  #mergeScalars(): void {
    const scalars = this.groups.filter((group) => group.kind === 'map' && numel(group.domain) === 1);
    scalars.forEach((first, i) => {
      for (const other of scalars.slice(i + 1)) this.#merge(this.#find(first), this.#find(other));
    });
  }
}
