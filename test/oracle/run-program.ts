/**
 * What a Program means, as plainly as it can be said: LoopNests walked one point at a time over arrays of values. It separates a
 * fault of fusion, lowering or planning from a fault of a backend.
 */
import { isInteger, stridesOf, type DType } from '../../src/core/index.js';
import {
  evaluateIndex,
  type AttentionNest,
  type Axis,
  type Instr,
  type LoopNest,
  type Predicate,
  type RowNest,
  type Stage,
} from '../../src/loops/index.js';
import { bitcast, convert, roundTo, scalar, wrap, type Value } from '../../src/ops/index.js';
import type { BufferRef, Program } from '../../src/plan/index.js';
import { Attention } from './attention.js';

type Point = Map<number, number>;
type Values = Map<number, Value>;
type Combine = (a: Value, b: Value) => Value;

function* points(axes: readonly Axis[], reverse = false): Generator<readonly number[]> {
  const extents = axes.map((axis) => axis.extent);
  const count = extents.reduce((a, b) => a * b, 1);
  const strides = stridesOf(extents);
  for (let n = 0; n < count; n++) {
    const flat = reverse ? count - 1 - n : n;
    yield extents.map((extent, i) => Math.floor(flat / strides[i]!) % extent);
  }
}

function at(point: Point, axes: readonly Axis[], position: readonly number[]): Point {
  const now = new Map(point);
  axes.forEach(({ axis }, i) => now.set(axis, position[i]!));
  return now;
}

export class Machine {
  readonly failures: { check: number; index: number }[] = [];
  scratch: Map<number, Map<number, Value>> = new Map();

  constructor(readonly buffers: readonly Value[][]) {}

  holds(masks: readonly Predicate[], point: Point): boolean {
    return masks.every(({ expr, lo, hi }) => {
      const value = evaluateIndex(expr, (axis) => point.get(axis)!);
      return value >= lo && value < hi;
    });
  }

  run(body: readonly Instr[], point: Point, values: Values, inner = 0): void {
    for (const instr of body) values.set(instr.id, this.one(instr, point, values, inner));
  }

  one(instr: Instr, point: Point, values: Values, inner: number): Value {
    const get = (id: number): Value => {
      const value = values.get(id);
      if (value === undefined) throw new Error(`value ${id} is used before it is computed`);
      return value;
    };
    switch (instr.kind) {
      case 'const':
        return instr.dtype === 'int64' ? BigInt(instr.value) : instr.value;
      case 'index': {
        const value = evaluateIndex(instr.expr, (axis) => point.get(axis)!);
        return instr.dtype === 'int64' ? BigInt(value) : value;
      }
      case 'guard':
        return this.holds(instr.masks, point) ? get(instr.value) : get(instr.otherwise);
      case 'scratch':
        return this.scratch.get(instr.slot)!.get(inner)!;
      case 'load': {
        const fill = instr.dtype === 'int64' ? BigInt(instr.fill) : instr.fill;
        if (!this.holds(instr.masks, point)) return fill;
        let index = evaluateIndex(instr.index, (axis) => point.get(axis)!);
        for (const { id, coeff, bound, check } of instr.indirect) {
          const picked = Number(get(id));
          if (picked < 0 || picked >= bound) {
            this.failures.push({ check, index: picked });
            return fill;
          }
          index += coeff * picked;
        }
        const buffer = this.buffers[instr.buffer]!;
        if (index < 0 || index >= buffer.length) throw new Error(`load at ${index} of ${buffer.length}`);
        return buffer[index]!;
      }
      case 'compute': {
        const args = instr.args.map(get);
        if (instr.op === 'cast') return convert(args[0]!, instr.of, instr.dtype);
        if (instr.op === 'bitcast') return bitcast(args[0]!, instr.of, instr.dtype);
        const attrs = (instr.part ? { part: instr.part } : {}) as never;
        return scalar[instr.op](args, instr.of, attrs);
      }
    }
  }

  store(buffer: number, index: number, value: Value): void {
    const into = this.buffers[buffer]!;
    if (index < 0 || index >= into.length) throw new Error(`store at ${index} of ${into.length}`);
    into[index] = value;
  }
}

const isNaNValue = (x: Value): boolean => typeof x === 'number' && Number.isNaN(x);
const combines: Record<'sum' | 'prod' | 'max' | 'min', { start: (wide: boolean) => Value; join: Combine }> = {
  sum: { start: (wide) => (wide ? 0n : 0), join: (a, b) => (a as number) + (b as number) },
  prod: { start: (wide) => (wide ? 1n : 1), join: (a, b) => (a as number) * (b as number) },
  max: { start: () => -Infinity, join: (a, b) => (isNaNValue(a) || (!isNaNValue(b) && a >= b) ? a : b) },
  min: { start: () => Infinity, join: (a, b) => (isNaNValue(a) || (!isNaNValue(b) && a <= b) ? a : b) },
};

/** Integers stay in their dtype; a sum of bools is whether any holds. */
function keep(value: Value, dtype: DType): Value {
  if (dtype === 'bool') return Number(value) !== 0 ? 1 : 0;
  if (!isInteger(dtype)) return value;
  return wrap(BigInt(value), dtype);
}

type Of<K extends LoopNest['kind']> = Extract<LoopNest, { kind: K }>;

function runRow(nest: RowNest, machine: Machine): void {
  const setup: Values = new Map();
  machine.run(nest.setup, new Map(), setup);
  const totals = new Map<number, Value>();
  const columns = new Map<number, Map<number, Value>>();
  for (const position of points(nest.rows)) {
    const row = at(new Map(), nest.rows, position);
    const values: Values = new Map(setup);
    machine.scratch = new Map(nest.scratch.map((_, slot) => [slot, new Map<number, Value>()]));
    nest.stages.forEach((stage, s) => runStage(nest, stage, s, machine, row, values, columns));
    for (const { id, scope, combine, value, dtype } of nest.accumulators) {
      if (scope !== 'total') continue;
      const { start, join } = combines[combine];
      totals.set(id, keep(join(totals.get(id) ?? start(dtype === 'int64'), values.get(value)!), dtype));
    }
  }
  for (const accumulator of nest.accumulators) {
    const { id, scope, combine, dtype } = accumulator;
    if (scope === 'total' && !totals.has(id)) totals.set(id, combines[combine].start(dtype === 'int64'));
  }
  let inner = 0;
  for (const position of points(nest.inner)) {
    const point = at(new Map(), nest.inner, position);
    const values: Values = new Map();
    for (const { id, scope, combine, dtype } of nest.accumulators) {
      if (scope === 'column')
        values.set(id, columns.get(id)?.get(inner) ?? combines[combine].start(dtype === 'int64'));
    }
    machine.run(nest.finishColumns.body, point, values);
    for (const { buffer, index, value } of nest.finishColumns.stores) {
      machine.store(
        buffer,
        evaluateIndex(index, (axis) => point.get(axis)!),
        values.get(value)!,
      );
    }
    inner++;
  }
  machine.run(nest.finishTotals.body, new Map(), totals);
  for (const { buffer, index, value } of nest.finishTotals.stores)
    machine.store(buffer, index.offset, totals.get(value)!);
}

function runStage(
  nest: RowNest,
  stage: Stage,
  s: number,
  machine: Machine,
  row: Point,
  values: Values,
  columns: Map<number, Map<number, Value>>,
): void {
  machine.run(stage.rowBody, row, values);
  for (const { buffer, index, value } of stage.rowStores)
    machine.store(
      buffer,
      evaluateIndex(index, (a) => row.get(a)!),
      values.get(value)!,
    );
  const count = nest.inner.reduce((n, axis) => n * axis.extent, 1);
  const running = new Map<number, Value>();
  const best = new Map<number, { value: Value; position: number }>();
  let n = 0;
  for (const position of points(nest.inner, stage.reverse)) {
    const inner = stage.reverse ? count - 1 - n : n;
    n++;
    const point = at(row, nest.inner, position);
    const element: Values = new Map(values);
    // Scans are values of the element that the body may use: bodies are walked until nothing new comes of them.
    const todo = [...stage.body];
    const scans = new Set(stage.scans);
    while (todo.length > 0 || scans.size > 0) {
      const before = todo.length + scans.size;
      for (let instr = todo[0]; instr; instr = todo[0]) {
        const args =
          instr.kind === 'compute'
            ? instr.args
            : instr.kind === 'guard'
              ? [instr.value, instr.otherwise]
              : instr.kind === 'load'
                ? instr.indirect.map((i) => i.id)
                : [];
        if (!args.every((id) => element.has(id))) break;
        machine.run([instr], point, element, inner);
        todo.shift();
      }
      for (const scan of scans) {
        if (!element.has(scan.value)) continue;
        const { start, join } = combines[scan.combine];
        const next = keep(
          join(running.get(scan.id) ?? start(scan.dtype === 'int64'), element.get(scan.value)!),
          scan.dtype,
        );
        running.set(scan.id, next);
        element.set(scan.id, next);
        scans.delete(scan);
      }
      if (before === todo.length + scans.size) throw new Error('a stage uses a value it never computes');
    }
    for (const { slot, value } of stage.keeps) machine.scratch.get(slot)!.set(inner, element.get(value)!);
    for (const { buffer, index, value } of stage.stores)
      machine.store(
        buffer,
        evaluateIndex(index, (a) => point.get(a)!),
        element.get(value)!,
      );
    for (const { id, combine, value, dtype, position: where } of stage.reduces) {
      const now = element.get(value)!;
      if (combine === 'argmax' || combine === 'argmin') {
        const { value: old } = best.get(id) ?? { value: undefined };
        const better =
          old === undefined ||
          (isNaNValue(now) && !isNaNValue(old)) ||
          (!isNaNValue(old) && (combine === 'argmax' ? now > old : now < old));
        if (better) best.set(id, { value: now, position: evaluateIndex(where!, (a) => point.get(a)!) });
        continue;
      }
      const { start, join } = combines[combine];
      running.set(id, keep(join(running.get(id) ?? start(dtype === 'int64'), now), dtype));
    }
    for (const { id, scope, stage: from, combine, value, dtype } of nest.accumulators) {
      if (scope !== 'column' || from !== s) continue;
      const { start, join } = combines[combine];
      const column = columns.get(id) ?? columns.set(id, new Map()).get(id)!;
      column.set(
        inner,
        keep(join(column.get(inner) ?? start(dtype === 'int64'), element.get(value)!), dtype),
      );
    }
  }
  for (const { id, combine, dtype } of stage.reduces) {
    if (combine === 'argmax' || combine === 'argmin') values.set(id, best.get(id)?.position ?? 0);
    else values.set(id, running.get(id) ?? combines[combine].start(dtype === 'int64'));
  }
}

const runners: { [K in LoopNest['kind']]: (nest: Of<K>, machine: Machine) => void } = {
  map: (nest, machine) => {
    for (const position of points(nest.axes)) {
      const point = at(new Map(), nest.axes, position);
      const values: Values = new Map();
      machine.run(nest.body, point, values);
      for (const { buffer, index, value } of nest.stores)
        machine.store(
          buffer,
          evaluateIndex(index, (a) => point.get(a)!),
          values.get(value)!,
        );
    }
  },
  row: runRow,
  contract: (nest, machine) => {
    const outer = [...nest.batch, ...nest.m, ...nest.n];
    for (const position of points(outer)) {
      const point = at(new Map(), outer, position);
      let sum = 0;
      for (const k of points(nest.k)) {
        const deep = at(point, nest.k, k);
        const a: Values = new Map();
        const b: Values = new Map();
        machine.run(nest.a.body, deep, a);
        machine.run(nest.b.body, deep, b);
        sum += Number(a.get(nest.a.value)) * Number(b.get(nest.b.value));
      }
      const values: Values = new Map([
        [
          nest.sum,
          nest.dtype === 'int64'
            ? BigInt(sum)
            : roundTo(sum, nest.dtype === 'float32' ? 'float64' : nest.dtype),
        ],
      ]);
      machine.run(nest.body, point, values);
      for (const { buffer, index, value } of nest.stores)
        machine.store(
          buffer,
          evaluateIndex(index, (a) => point.get(a)!),
          values.get(value)!,
        );
    }
  },
  segmented: (nest, machine) => {
    const setup: Values = new Map();
    machine.run(nest.setup, new Map(), setup);
    nest.counts.forEach((count, segment) => {
      const streams = new Machine(nest.streams.map((buffers) => machine.buffers[buffers[segment]!]!));
      for (let i = 0; i < count; i++) {
        const point: Point = new Map([[0, i]]);
        const values: Values = new Map(setup);
        streams.run(nest.body, point, values);
        for (const { buffer, value } of nest.stores) streams.store(buffer, i, values.get(value)!);
      }
    });
  },
  scatter: (nest, machine) => {
    runners.map({ ...nest, kind: 'map', ...nest.base }, machine);
    for (const position of points(nest.axes)) {
      const point = at(new Map(), nest.axes, position);
      const values: Values = new Map();
      machine.run(nest.body, point, values);
      const picked = Number(values.get(nest.indirect.id));
      if (picked < 0 || picked >= nest.indirect.bound) {
        machine.failures.push({ check: nest.indirect.check, index: picked });
        continue;
      }
      const index = evaluateIndex(nest.index, (a) => point.get(a)!) + nest.indirect.coeff * picked;
      const value = values.get(nest.value)!;
      const old = machine.buffers[nest.buffer]![index]!;
      machine.store(
        nest.buffer,
        index,
        nest.combine === 'set' ? value : (((old as number) + (value as number)) as Value),
      );
    }
  },
  attention: (nest, machine) => {
    const { batch, queries, keys, width, valueWidth, scale, causal, dropout, mask, backward, results } = nest;
    const operand =
      ({ body, value }: AttentionNest['q'], ...axes: readonly Axis[]) =>
      (...position: readonly number[]): number => {
        const values: Values = new Map();
        machine.run(body, at(new Map(), [batch, ...axes], position), values);
        return Number(values.get(value));
      };
    const draw: Values = new Map();
    if (dropout) machine.run(dropout.body, new Map(), draw);
    const attention = new Attention(
      {
        heads: batch.extent,
        queries: queries.extent,
        keys: keys.extent,
        width: width.extent,
        valueWidth: valueWidth.extent,
      },
      { scale, causal, dropout: dropout?.probability ?? 0 },
      {
        q: operand(nest.q, queries, width),
        k: operand(nest.k, keys, width),
        v: operand(nest.v, keys, valueWidth),
        mask: mask && operand(mask, queries, keys),
        key: dropout && [Number(draw.get(dropout.key[0])), Number(draw.get(dropout.key[1]))],
        ...(backward && {
          cotangent: operand(backward.cotangent, queries, valueWidth),
          logsumexp: operand(backward.logsumexp, queries),
          rows: operand(backward.rows, queries),
        }),
      },
    );
    for (const [result, buffer] of Object.entries(results))
      attention.results[result]!().forEach((value, i) => machine.store(buffer, i, value));
  },
  opaque: (nest, machine) => {
    const from = machine.buffers[nest.input]!;
    const key = (x: Value): Value => (isNaNValue(x) ? Infinity : x);
    for (let o = 0; o < nest.outer; o++) {
      for (let i = 0; i < nest.inner; i++) {
        const place = (k: number): number => (o * nest.size + k) * nest.inner + i;
        const order = [...Array(nest.size).keys()].sort((x, y) => {
          const [a, b] = [from[place(x)]!, from[place(y)]!];
          const sign =
            key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : Number(isNaNValue(a)) - Number(isNaNValue(b));
          return (nest.descending ? -sign : sign) || x - y;
        });
        order.forEach((k, n) =>
          machine.store(nest.output, place(n), nest.op === 'sort' ? from[place(k)]! : k),
        );
      }
    }
  },
};

/** Runs a program on values; inputs and states are given, states change, outputs come back. */
export function runProgram(
  program: Program,
  inputs: readonly Value[][],
  states: readonly Value[][] = [],
): Value[][] {
  const arena = program.allocations.map(({ elements }) => new Array<Value>(elements).fill(NaN));
  const outputs = program.outputs.map(({ shape }) =>
    new Array<Value>(shape.reduce((a, b) => a * b, 1)).fill(NaN),
  );
  const resolve = (ref: BufferRef): Value[] =>
    ref.space === 'arena'
      ? arena[ref.allocation]!
      : { input: inputs, state: states, output: outputs }[ref.space][ref.index]!;
  for (const step of program.steps) {
    if (step.kind === 'copy') {
      const [from, to] = [resolve(step.from), resolve(step.to)];
      for (let i = 0; i < step.elements; i++) to[i] = from[i]!;
      continue;
    }
    (runners[step.nest.kind] as (nest: LoopNest, machine: Machine) => void)(
      step.nest,
      new Machine(step.buffers.map(resolve)),
    );
  }
  return outputs;
}
