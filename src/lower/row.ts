/**
 * Row regions. Values sort themselves into stages: what needs a reduction of a row comes a pass after it. A dear value
 * needed in a later pass is kept in row scratch, a cheap one is computed again.
 */
import { invariant, numel, type DType } from '../core/index.js';
import { isReduction } from '../fusion/index.js';
import type { Member, Region } from '../fusion/index.js';
import type { Node } from '../graph/index.js';
import {
  axesUsed,
  operandsOf,
  push,
  type Accumulator,
  type Combine,
  type Instr,
  type Reduce,
  type RowNest,
  type Scan,
  type Stage,
  type Store,
} from '../loops/index.js';
import { dearCost, family, ops } from '../ops/index.js';
import { Reader, storePosition, type At, type Emission, type Masks } from './emission.js';
import { loopAxes, type NestBody } from './map.js';
import { operandOf } from './row-operand.js';
import { missesNaN } from './softmax.js';

type Draft = { -readonly [K in keyof Stage]: Stage[K] extends readonly (infer T)[] ? T[] : Stage[K] };
/** Price from which a value is kept for a later pass rather than computed again: that takes a store and a load. */
const dearPrice = 6;

/** Whether rows lie along memory: the last of the longer axes lies within them. */
function runAlongMemory({ domain, orientation }: Region['group']): boolean {
  const last = domain.findLastIndex((extent) => extent > 1);
  return orientation!.inner.includes(last);
}

type Scope = 'setup' | 'row' | 'element';
const scopeOrder: Record<Scope, number> = { setup: 0, row: 1, element: 2 };

const combineOf: Partial<Record<Node['op'], Combine>> = {
  sum: 'sum',
  prod: 'prod',
  amax: 'max',
  amin: 'min',
  argmax: 'argmax',
  argmin: 'argmin',
  cumsum: 'sum',
  cumprod: 'prod',
  cummax: 'max',
  cummin: 'min',
};

const emptyStage = (): Draft => ({
  rowBody: [],
  rowStores: [],
  body: [],
  reduces: [],
  scans: [],
  reverse: false,
  keeps: [],
  stores: [],
});

class RowReader extends Reader {
  readonly setup: Instr[] = [];
  readonly stages: Draft[] = [];
  readonly scratch: DType[] = [];
  /** The stage whose pass is being written. */
  stage = 0;
  readonly #rowMemo = new Map<string, number>();
  readonly #scope = new Map<number, Scope>();
  /** First stage in which a value can be read. */
  readonly since = new Map<number, number>();
  readonly #results = new Map<Node, number>();
  readonly #kept = new Map<Node, { slot: number; id: number }>();

  constructor(
    emission: Emission,
    readonly stageOf: ReadonlyMap<Node, number>,
    readonly rows: ReadonlySet<number>,
  ) {
    super(emission);
  }

  draft(stage: number): Draft {
    while (this.stages.length <= stage) this.stages.push(emptyStage());
    return this.stages[stage]!;
  }

  scope(id: number): Scope {
    return this.#scope.get(id)!;
  }

  /** Declares a value that no instruction computes: a reduction or a running value. */
  declare(node: Node, scope: Scope, since: number): number {
    const id = this.emission.newId();
    this.#scope.set(id, scope);
    this.since.set(id, since);
    this.#results.set(node, id);
    return id;
  }

  declarePartial(since: number): number {
    const id = this.emission.newId();
    this.#scope.set(id, 'row');
    this.since.set(id, since);
    return id;
  }

  result(node: Node): number | undefined {
    return this.#results.get(node);
  }

  protected override lookup(key: string): number | undefined {
    return this.#rowMemo.get(key) ?? super.lookup(`${key}#${this.stage}`);
  }

  protected override remember(key: string, id: number): void {
    if (this.scope(id) === 'element') super.remember(`${key}#${this.stage}`, id);
    else this.#rowMemo.set(key, id);
  }

  protected override put(instr: Instr): void {
    let scope = 'setup' as Scope;
    let since = 0;
    const raise = (to: Scope): void => {
      if (scopeOrder[to] > scopeOrder[scope]) scope = to;
    };
    for (const axis of axesUsed(instr)) raise(this.rows.has(axis) ? 'row' : 'element');
    for (const arg of operandsOf(instr)) {
      raise(this.scope(arg));
      since = Math.max(since, this.since.get(arg)!);
    }
    if (instr.kind === 'scratch') scope = 'element';
    this.#scope.set(instr.id, scope);
    this.since.set(instr.id, scope === 'element' ? this.stage : since);
    if (scope === 'setup') this.setup.push(instr);
    else if (scope === 'row') this.draft(since).rowBody.push(instr);
    else this.draft(this.stage).body.push(instr);
  }

  protected override provided(node: Node): number | undefined {
    const id = this.#results.get(node);
    if (id === undefined) return undefined;
    const own = this.stageOf.get(node)!;
    if (family(node.op) !== 'scan' || own === this.stage) return id;
    return this.#keep(node, own, () => id);
  }

  protected override compute(node: Node, at: At, masks: Masks): number {
    const own = this.stageOf.get(node);
    const before = own !== undefined && own < this.stage && masks.length === 0;
    if (!before || !this.#isDear(node) || !this.#fits()) return super.compute(node, at, masks);
    return this.#keep(node, own, () => this.read(node, at));
  }

  #isDear(node: Node): boolean {
    const { group } = this.emission.region;
    if (runAlongMemory(group)) return this.#priceOf(node) >= dearPrice;
    if (this.emission.options.keepsAcross === false) return false;
    return group.members.get(node)?.level === 'element' && ops[node.op].cost >= dearCost;
  }

  /** Operations on each element, and loads of each, that computing a value of an earlier pass again takes. */
  #priceOf(node: Node): number {
    const { fusion, region } = this.emission;
    const met = new Set<Node>();
    let price = 0;
    const meet = (at: Node): void => {
      if (met.has(at) || this.#results.has(at)) return;
      met.add(at);
      const member = region.group.members.get(at);
      if (member === undefined || this.#kept.has(at)) price += numel(at.shape) > 1 ? 1 : 0;
      else if (member.level === 'element') {
        price += ops[at.op].cost;
        fusion.flow.sources.get(at)?.forEach(meet);
      }
    };
    meet(node);
    return price;
  }

  /** Whether one more value of each element of a row may be kept; a double each, at most. */
  #fits(): boolean {
    const { domain, orientation } = this.emission.region.group;
    const width = orientation!.inner.reduce((count, axis) => count * domain[axis]!, 1);
    return (this.scratch.length + 1) * width * 8 <= (this.emission.options.scratchBytes ?? Infinity);
  }

  /** The value of an earlier pass, kept in row scratch. */
  #keep(node: Node, own: number, value: () => number): number {
    let kept = this.#kept.get(node);
    if (!kept) {
      const now = this.stage;
      this.stage = own;
      const id = value();
      this.stage = now;
      if (this.scope(id) !== 'element') return id;
      kept = { slot: this.scratch.push(node.dtype) - 1, id };
      this.draft(own).keeps.push({ slot: kept.slot, value: id });
      this.#kept.set(node, kept);
    }
    return this.emit({ kind: 'scratch', slot: kept.slot, dtype: node.dtype });
  }
}

/** Reads accumulators once all rows are done. */
class FinishReader extends Reader {
  constructor(
    emission: Emission,
    readonly accumulators: ReadonlyMap<Node, number>,
  ) {
    super(emission);
  }
  protected override provided(node: Node): number | undefined {
    return this.accumulators.get(node);
  }
}

/** Members the results rest on, operands first. */
function neededMembers(emission: Emission): Node[] {
  const { group, results } = emission.region;
  const { flow } = emission.fusion;
  const needed = new Set<Node>();
  const stack = results.map(({ value }) => value);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (needed.has(node) || !group.members.has(node)) continue;
    needed.add(node);
    stack.push(...(flow.sources.get(node) ?? []));
  }
  return [...needed].sort((a, b) => flow.position.get(a)! - flow.position.get(b)!);
}

/** The pass each member is computed in. */
function assignStages(
  emission: Emission,
  members: readonly Node[],
): { stageOf: Map<Node, number>; reversed: Map<number, boolean> } {
  const { flow } = emission.fusion;
  const stageOf = new Map<Node, number>();
  const reversed = new Map<number, boolean>();
  for (const node of members) {
    let stage = 0;
    for (const source of flow.sources.get(node) ?? []) {
      const known = stageOf.get(source);
      if (known !== undefined) stage = Math.max(stage, known + (isReduction(source) ? 1 : 0));
    }
    // Running values have a direction, and so has the first of equal extremes.
    if (family(node.op) === 'scan' || node.op === 'argmax' || node.op === 'argmin') {
      const { reverse = false } = node.attrs as { reverse?: boolean };
      while ((reversed.get(stage) ?? reverse) !== reverse) stage++;
      reversed.set(stage, reverse);
    }
    stageOf.set(node, stage);
  }
  return { stageOf, reversed };
}

export function lowerRow(emission: Emission): NestBody<RowNest> {
  const { group, results } = emission.region;
  invariant(group.orientation, 'a row region knows its rows');
  const { rows, inner } = group.orientation;
  const members = neededMembers(emission);
  const { stageOf, reversed } = assignStages(emission, members);
  const reader = new RowReader(emission, stageOf, new Set(rows));
  const accumulators: Accumulator[] = [];
  const accumulated = new Map<Node, number>();

  const reduce = (node: Node, member: Member): void => {
    const stage = stageOf.get(node)!;
    const input = node.inputs[0]!;
    reader.stage = stage;
    const combine = combineOf[node.op]!;
    const { at, level } = operandOf(node, member, emission);
    const value = reader.read(input, at);
    const draft = reader.draft(stage);
    if (family(node.op) === 'scan') {
      draft.scans.push({
        id: reader.declare(node, 'element', stage),
        combine: combine as Scan['combine'],
        value,
        dtype: node.dtype,
      });
      return;
    }
    const dtype = node.dtype;
    if (member.level === 'row') {
      const { axis } = node.attrs as { axis?: number };
      const position = axis === undefined ? {} : { position: at[axis]!, of: input.dtype };
      const nan =
        combine === 'max' && missesNaN(node, emission.fusion.flow) ? { missesNaN: true as const } : {};
      const id = reader.declare(node, 'row', stage + 1);
      draft.reduces.push({ id, combine, value, dtype, ...position, ...nan });
      reader.draft(stage + 1);
      return;
    }
    const id = emission.newId();
    accumulated.set(node, id);
    const over = combine as Accumulator['combine'];
    if (member.level === 'column') {
      accumulators.push({ id, scope: 'column', stage, combine: over, value, dtype });
      return;
    }
    let total = value;
    if (level === 'element') {
      total = reader.declarePartial(stage + 1);
      draft.reduces.push({ id: total, combine: over, value, dtype } satisfies Reduce);
      reader.draft(stage + 1);
    }
    accumulators.push({
      id,
      scope: 'total',
      stage: reader.since.get(total)!,
      combine: over,
      value: total,
      dtype,
    });
  };

  for (const node of members) {
    const member = group.members.get(node)!;
    if (isReduction(node) || family(node.op) === 'scan') reduce(node, member);
  }

  const columns = new FinishReader(emission, accumulated);
  const totals = new FinishReader(emission, accumulated);
  const finishColumns: Store[] = [];
  const finishTotals: Store[] = [];
  for (const { value, stored } of results) {
    const member = group.members.get(value)!;
    const index = storePosition(value, stored, member.at, push);
    const buffer = emission.buffer(stored, 'write');
    if (member.level === 'column' || member.level === 'total') {
      const [from, to] = member.level === 'column' ? [columns, finishColumns] : [totals, finishTotals];
      to.push({ buffer, index, value: from.read(value, member.at) });
      continue;
    }
    reader.stage = stageOf.get(value)!;
    const id = reader.read(value, member.at);
    if (member.level === 'row')
      reader.draft(reader.since.get(id)!).rowStores.push({ buffer, index, value: id });
    else reader.draft(stageOf.get(value)!).stores.push({ buffer, index, value: id });
  }
  for (const [stage, reverse] of reversed) reader.draft(stage).reverse = reverse;

  return {
    kind: 'row',
    rows: loopAxes(group.domain, [...rows]),
    inner: loopAxes(group.domain, [...inner]),
    scratch: reader.scratch,
    setup: reader.setup,
    stages: reader.stages,
    accumulators,
    finishColumns: { body: columns.instrs, stores: finishColumns },
    finishTotals: { body: totals.instrs, stores: finishTotals },
  };
}
