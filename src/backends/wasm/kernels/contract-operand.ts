/**
 * Packing: an operand's block, evaluated into panels of a few lanes (rows or columns), one depth after another. Either
 * neighbouring lanes share a vector or neighbours in the depth do, and are transposed on the way.
 */
import {
  axesOf,
  masksOf,
  type Axis,
  type ContractOperand,
  type Instr,
  type Load,
  type Predicate,
} from '../../../loops/index.js';
import type { Code, Local } from '../assembler/index.js';
import { interior } from '../vector/interior.js';
import type { KernelCode } from '../vector/kernel-code.js';
import { alongLanes, laneCost, overAxis } from '../vector/loops.js';
import { Section } from '../vector/section.js';
import type { Valid } from '../vector/access.js';
import { shuffleWords } from '../vector/value.js';
import { accessesOf } from './map.js';

/** Where a panel's lanes begin: at a number known now, or in a local. */
export type Start = number | Local;

/** Part of the outermost axis of the depth. */
export interface DepthRange {
  readonly from: Start;
  readonly to: Start;
}

/** The load of float32 without masks that an operand is, if it is no more. */
export function soleLoad({ body }: ContractOperand): Load | undefined {
  const [load] = body;
  if (body.length !== 1 || load?.kind !== 'load' || load.dtype !== 'float32') return undefined;
  return load.masks.length + load.indirect.length === 0 ? load : undefined;
}

/** Whether lanes share a vector; else neighbours in the depth do. */
export function lanesTogether(
  { body }: ContractOperand,
  lanes: readonly Axis[],
  depth: readonly Axis[],
): boolean {
  const [lane, deep] = [lanes.at(-1), depth.at(-1)];
  if (!deep) return true;
  if (!lane || lanes.length > 1) return false;
  const accesses = accessesOf(body, []);
  // Transposing costs as much as two loads.
  return laneCost(lane, accesses, body.length) <= laneCost(deep, accesses, body.length) + 2;
}

/** Binds the axes to the lane number `flat` + `offset`, taken apart. */
export function bindFlat(k: KernelCode, axes: readonly Axis[], flat: Start, offset: number): void {
  const { c } = k;
  const { level } = c;
  if (typeof flat === 'number') {
    let rest = flat + offset;
    for (const { axis, extent } of axes.toReversed()) {
      const value = rest % extent;
      k.bind(axis, { offset: value, level, range: [value, value] });
      rest = Math.floor(rest / extent);
    }
    return;
  }
  const [only] = axes;
  if (axes.length === 1) {
    k.bind(only!.axis, { local: flat, offset, level, range: [0, only!.extent - 1] });
    return;
  }
  let rest = offset === 0 ? flat : c.get(flat).i32(offset).op('i32.add').keep();
  axes.toReversed().forEach(({ axis, extent }, i) => {
    const first = i === axes.length - 1;
    const value = first ? rest : c.get(rest).i32(extent).op('i32.rem_u').keep();
    k.bind(axis, { local: value, offset: 0, level, range: [0, extent - 1] });
    if (!first) rest = c.get(rest).i32(extent).op('i32.div_u').keep();
  });
}

export interface Panel {
  /** Lanes of a panel: a multiple of four. */
  readonly width: number;
  /** Lanes that count; the others are 0. */
  readonly valid: number;
  readonly start: Start;
}

const zeroLane = (k: KernelCode): Local => k.c.vector('f32', 0);

/** Taps of a convolution that are written out one by one. */
const mostUnrolled = 8;

/** Steps of the depth: `write` does one, so many steps ahead of where `advance` last went. */
interface Steps {
  readonly write: (ahead: number) => void;
  readonly advance: (steps: number) => void;
}

/**
 * Loops over the depth, the outermost axis between bounds. Masks that the axes so far decide are tested there, once, and the
 * loops inside are written for both outcomes.
 */
function overDepth(
  k: KernelCode,
  depth: readonly Axis[],
  range: DepthRange,
  { body, lanes }: { readonly body: readonly Instr[]; readonly lanes: ReadonlySet<number> },
  { write, advance }: Steps,
): void {
  const masked = body.map(masksOf).filter(({ length }) => length > 0);
  // With several the outcomes would be as many as their combinations.
  const masks = masked.length === 1 ? masked[0]! : [];
  const inside = (axes: readonly Axis[], known = false): void => {
    const deeper = new Set([...lanes, ...axes.map(({ axis }) => axis)]);
    const settled = axes.length === 0 || known ? [] : masks.filter((mask) => settledBy(k, mask, deeper));
    const next = (all = known): void => {
      const [first, ...rest] = axes;
      if (!first) {
        write(0);
        advance(1);
      } else if (rest.length === 0 && first.extent <= mostUnrolled) {
        const { level } = k.c;
        for (let step = 0; step < first.extent; step++) {
          k.bind(first.axis, { offset: step, level, range: [step, step] });
          k.scoped(() => write(step));
        }
        advance(first.extent);
      } else overAxis(k, first, 0, first.extent, () => inside(rest, all));
    };
    if (settled.length === 0) {
      next();
      return;
    }
    k.when(
      () => {
        settled.forEach((mask, i) => {
          k.test(mask, k.index(mask.expr));
          if (i > 0) k.c.op('i32.and');
        });
      },
      () => k.assuming(settled, true, () => next()),
      // Which of them fails is not known, nor needed: the load fails with any.
      () => k.assuming(settled, false, () => next(true)),
    );
  };
  const [first, ...rest] = depth;
  if (first) overAxis(k, first, range.from, range.to, () => inside(rest));
  else inside([]);
}

/** Whether a mask depends on none of the axes still to come, and is not known anyway. */
const settledBy = (k: KernelCode, mask: Predicate, deeper: ReadonlySet<number>): boolean =>
  k.decide(mask) === undefined && ![...axesOf(mask.expr)].some((axis) => deeper.has(axis));

/** Writes a panel of an operand at `to`, which afterwards is the address behind it. */
export function packPanel(
  k: KernelCode,
  operand: ContractOperand,
  lanes: readonly Axis[],
  depth: readonly Axis[],
  panel: Panel,
  range: DepthRange,
  to: Local,
): void {
  if (lanesTogether(operand, lanes, depth)) packLanes(k, operand, lanes[0], depth, panel, range, to);
  else packDepth(k, operand, lanes, depth, panel, range, to);
}

function packLanes(
  k: KernelCode,
  operand: ContractOperand,
  lane: Axis | undefined,
  depth: readonly Axis[],
  { width, valid, start }: Panel,
  range: DepthRange,
  to: Local,
): void {
  const { c } = k;
  const vectors = Array.from({ length: width / 4 }, (_, vector) => vector);
  const { level } = c;
  const section = new Section(k);
  const pack = (from: number, until: number): void => {
    const write = (ahead: number): void => {
      vectors.forEach((vector) => {
        const count = Math.min(4, Math.max(0, valid - 4 * vector));
        c.get(to);
        if (count === 0 || !lane) c.get(lane ? zeroLane(k) : one(k, section, operand));
        else {
          const offset = 4 * vector;
          const place = typeof start === 'number' ? { offset: start + offset } : { local: start, offset };
          k.bind(lane.axis, { ...place, level, range: [from + offset, until + offset] });
          k.lanes = {
            axis: lane.axis,
            valid: count as Valid,
            aligned: typeof start !== 'number' || start % 4 === 0,
          };
          section.run(operand.body);
          c.get(section.value(operand.value).parts[0]!);
          k.lanes = undefined;
        }
        c.memory('v128.store', 4 * width * ahead + 16 * vector);
      });
    };
    const advance = (steps: number): void =>
      void c
        .get(to)
        .i32(4 * width * steps)
        .op('i32.add')
        .set(to);
    const lanes = new Set(lane ? [lane.axis] : []);
    overDepth(k, depth, range, { body: operand.body, lanes }, { write, advance });
  };
  if (typeof start === 'number' || !lane) {
    pack(Number(start), Number(start));
    return;
  }
  // Away from the edges masks along the lanes are known to hold.
  const last = lane.extent - valid;
  const inside = insideRange(k, lane, operand, depth);
  const whole = inside[0] === 0 && inside[1] === lane.extent;
  if (whole || inside[1] - inside[0] < width) {
    pack(0, last);
    return;
  }
  k.when(
    () => {
      c.get(start).i32(inside[0]).op('i32.sub');
      c.i32(inside[1] - width - inside[0]).op('i32.le_u');
    },
    () => pack(inside[0], inside[1] - width),
    () => pack(0, last),
  );
}

/** A value that no lane axis numbers, in the first lane. */
function one(k: KernelCode, section: Section, operand: ContractOperand): Local {
  section.run(operand.body);
  const [value] = section.value(operand.value).parts as [Local];
  return shuffleWords(k.c, value, zeroLane(k), 0, 4, 4, 4);
}

/** Where along the lanes every mask holds at every depth. */
function insideRange(
  k: KernelCode,
  lane: Axis,
  { body }: ContractOperand,
  depth: readonly Axis[],
): readonly [number, number] {
  let [from, to] = [0, lane.extent];
  // At both ends of every axis of the depth the masks are tightest.
  const corners = depth.reduce<number[][]>(
    (all, { extent }) =>
      all.flatMap((corner) => [...new Set([0, extent - 1])].map((end) => [...corner, end])),
    [[]],
  );
  for (const corner of corners) {
    depth.forEach(({ axis }, i) => k.bindFixed(axis, corner[i]!));
    const [a, b] = interior(k, lane, body);
    from = Math.max(from, a);
    to = Math.min(to, b);
  }
  return [from, to];
}

function packDepth(
  k: KernelCode,
  operand: ContractOperand,
  lanes: readonly Axis[],
  depth: readonly Axis[],
  { width, valid, start }: Panel,
  range: DepthRange,
  to: Local,
): void {
  const { c } = k;
  const deep = depth.at(-1)!;
  const outer = depth.slice(0, -1);
  // Each lane has positions of its own, found once.
  const rows = Array.from({ length: valid }, (_, lane) => {
    bindFlat(k, lanes, start, lane);
    return lanes.map(({ axis }) => k.position(axis));
  });
  const sections = rows.map(() => new Section(k));
  const write = (): void => {
    const count = k.lanes?.valid ?? 1;
    const values = Array.from({ length: width }, (_, lane) => {
      const section = sections[lane];
      if (!section) return zeroLane(k);
      lanes.forEach(({ axis }, i) => k.bind(axis, rows[lane]![i]!));
      section.run(operand.body);
      return section.value(operand.value).parts[0]!;
    });
    for (let group = 0; group < width / 4; group++) {
      const columns = transpose(c, values.slice(4 * group, 4 * group + 4), count);
      columns.forEach((column, i) =>
        c
          .get(to)
          .get(column)
          .memory('v128.store', 4 * width * i + 16 * group),
      );
    }
    c.get(to)
      .i32(4 * width * count)
      .op('i32.add')
      .set(to);
  };
  const along = (bounds: { from?: Start; to?: Start }): void => alongLanes(k, deep, write, bounds);
  if (outer.length === 0) along(range);
  else {
    const steps = { write: () => along({}), advance: () => undefined };
    overDepth(k, outer, range, { body: [], lanes: new Set() }, steps);
  }
}

/** Four vectors of a row each, as `count` vectors of a column each. */
export function transpose(c: Code, [a, b, x, y]: readonly Local[], count = 4): Local[] {
  const low = [shuffleWords(c, a!, b!, 0, 4, 1, 5), shuffleWords(c, x!, y!, 0, 4, 1, 5)] as const;
  const columns = [() => shuffleWords(c, ...low, 0, 1, 4, 5), () => shuffleWords(c, ...low, 2, 3, 6, 7)];
  if (count > 2) {
    const high = [shuffleWords(c, a!, b!, 2, 6, 3, 7), shuffleWords(c, x!, y!, 2, 6, 3, 7)] as const;
    columns.push(
      () => shuffleWords(c, ...high, 0, 1, 4, 5),
      () => shuffleWords(c, ...high, 2, 3, 6, 7),
    );
  }
  return columns.slice(0, count).map((column) => column());
}
