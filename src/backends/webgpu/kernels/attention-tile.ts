/**
 * A workgroup's share of attention: some rows of one side, whose operands lie in shared memory, against blocks of the
 * other side, which are read where they lie. A score or its gradient, one for each pair of a block, passes through
 * shared memory, and sums over the other side are kept in registers.
 */
import type { AttentionNest, Axis, ContractOperand } from '../../../loops/index.js';
import { literal } from '../wgsl/arithmetic.js';
import { Positions } from '../wgsl/positions.js';
import { Section } from '../wgsl/section.js';
import { Kernel, type Operands } from './kernel.js';
import { powerFrom } from './map.js';

const width = 64;
/** Rows of the other side in a block. */
export const block = 32;
/** How far apart the rows are whose pairs one invocation takes. */
const apart = width / block;
const mostRows = 16;
/** Bytes of shared memory for the operands of a workgroup's rows. */
const ownBytes = 8192;

/** A pair of rows whose score an invocation computes: what they are called, in the tile and altogether. */
export interface Pair {
  /** Among the workgroup's own rows. */
  readonly row: string;
  /** Within the block of the other side. */
  readonly place: string;
  readonly query: string;
  readonly key: string;
}

/** How the number of a pair is named. */
export type PairNumber = (pair: Pick<Pair, 'row' | 'place'>) => string;

/** Sums over the other side: for some rows and columns each. */
export interface Sums {
  readonly width: number;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Variables by row and column. */
  readonly sums: readonly (readonly string[])[];
}

export class AttentionTile {
  readonly kernel: Kernel;
  readonly rows: number;
  readonly other: Axis;
  lane = '';
  batch = '';
  /** The first of the workgroup's rows. */
  from = '';

  constructor(
    readonly nest: AttentionNest,
    readonly own: Axis,
    operands: Operands,
  ) {
    this.kernel = new Kernel(nest.name, operands, nest.comment);
    this.other = own === nest.queries ? nest.keys : nest.queries;
    const bytes = 4 * (nest.width.extent + nest.valueWidth.extent);
    this.rows = Math.max(1, Math.min(mostRows, 2 ** Math.floor(Math.log2(ownBytes / bytes))));
  }

  /** Opens the body. */
  begin(): void {
    const { kernel, nest, own, rows } = this;
    const w = kernel.writer;
    const blocks = Math.ceil(own.extent / rows);
    const { group, lane } = kernel.eachGroup(nest.batch.extent * blocks, width);
    this.lane = lane;
    this.batch = w.declare('batch', `${group} / ${blocks}`);
    this.from = w.declare('from', `${group} % ${blocks} * ${rows}`);
    kernel.positions.bind(nest.batch.axis, this.batch);
  }

  /** An operand at positions of its axes. */
  read({ body, value }: ContractOperand, ...at: readonly (readonly [Axis, string])[]): string {
    const { kernel } = this;
    const positions = new Positions(kernel.writer, kernel.positions);
    for (const [{ axis }, text] of at) positions.bind(axis, text);
    const section = new Section(kernel, positions);
    section.run(body);
    return section.value(value).text;
  }

  /** Brings the operand of the own rows to shared memory. @returns how an element of it is read. */
  stage(name: string, operand: ContractOperand, columns: Axis): (row: string, column: string) => string {
    const { kernel, own, rows, lane, from } = this;
    const w = kernel.writer;
    const { extent } = columns;
    const array = kernel.workgroupArray(name, 'f32', rows * extent);
    const i = w.stride('i', lane, rows * extent, width);
    const row = w.declare('row', `min(${from} + ${i} / ${extent}, ${own.extent - 1})`);
    const column = w.declare('column', `${i} % ${extent}`);
    w.line(`${array}[${i}] = ${this.read(operand, [own, row], [columns, column])};`);
    w.close();
    return (at, of) => `${array}[${at} * ${extent} + ${of}]`;
  }

  /** Shared memory for a number of each pair of a block. @returns how the number is named. */
  pairs(name: string): PairNumber {
    const array = this.kernel.workgroupArray(name, 'f32', this.rows * block);
    return ({ row, place }) => `${array}[${row} * ${block} + ${place}]`;
  }

  number(value: number): string {
    return literal(value, 'float32', this.kernel.use);
  }

  barrier(): void {
    this.kernel.writer.line('workgroupBarrier();');
  }

  /** Loops over the blocks of the other side that the own rows have to do with. */
  eachBlock(body: (start: string, count: string) => void): void {
    const { kernel, nest, own, other, rows, from } = this;
    const w = kernel.writer;
    let start: string;
    if (!nest.causal) {
      start = w.declare('start', `${w.loop('block', Math.ceil(other.extent / block))} * ${block}`);
    } else {
      const [first, end] =
        own === nest.queries
          ? ['0', w.declare('end', `min(${from} + ${rows}, ${other.extent})`)]
          : [`${from} / ${block} * ${block}`, other.extent];
      start = w.stride('start', first, end, block);
    }
    body(start, w.declare('count', `min(${block}, ${other.extent} - ${start})`));
    w.close();
  }

  /**
   * The dot products of an invocation's pairs: each takes one row of the other side and some of the own. `then` is told of
   * each pair and its sums.
   */
  products(
    start: string,
    terms: readonly {
      readonly own: (row: string, column: string) => string;
      readonly other: ContractOperand;
      readonly columns: Axis;
    }[],
    then: (pair: Pair, sums: readonly string[]) => void,
  ): readonly Pair[] {
    const { kernel, nest, own, other, rows, lane, from } = this;
    const w = kernel.writer;
    const place = w.declare('place', `${lane} % ${block}`);
    const otherRow = w.declare('other', `min(${start} + ${place}, ${other.extent - 1})`);
    const pairs = Array.from({ length: Math.max(1, rows / apart) }, (_, t): Pair => {
      const row = w.declare('row', t === 0 ? `${lane} / ${block}` : `${lane} / ${block} + ${t * apart}`);
      const ownRow = w.declare('own', `min(${from} + ${row}, ${own.extent - 1})`);
      const [query, key] = own === nest.queries ? [ownRow, otherRow] : [otherRow, ownRow];
      return { row, place, query, key };
    });
    this.#ofRows(() => {
      const sums = terms.map(({ own: read, other: operand, columns }) => {
        const dots = pairs.map(() => w.variable('dot', 'f32', '0f'));
        const column = w.loop('column', columns.extent);
        const value = this.read(operand, [other, otherRow], [columns, column]);
        pairs.forEach(({ row }, t) =>
          w.line(`${dots[t]} = fma(${read(row, column)}, ${value}, ${dots[t]});`),
        );
        w.close();
        return dots;
      });
      pairs.forEach((pair, t) =>
        then(
          pair,
          sums.map((dots) => dots[t]!),
        ),
      );
    });
    return pairs;
  }

  /** Something for the pairs of a block, by the invocations that have some. */
  ofPairs(pairs: readonly Pair[], body: (pair: Pair) => void): void {
    this.#ofRows(() => pairs.forEach(body));
  }

  #ofRows(body: () => void): void {
    const w = this.kernel.writer;
    if (this.rows >= apart) return body();
    w.open(`if (${this.lane} / ${block} < ${this.rows})`);
    body();
    w.close();
  }

  /** Whether the pair of a block exists and is seen; undefined: always. */
  seen({ place, query, key }: Pair, start: string): string | undefined {
    const { nest, other, kernel } = this;
    const inside = other.extent % block === 0 ? [] : [`${start} + ${place} < ${other.extent}`];
    const conditions = [...inside, ...(nest.causal ? [`${key} <= ${query}`] : [])];
    return conditions.length === 0 ? undefined : kernel.writer.declare('seen', conditions.join(' && '));
  }

  /** Sums for the own rows, zero at first. */
  startSums(columns: Axis): Sums {
    const { kernel, lane, rows } = this;
    const w = kernel.writer;
    const across = Math.min(width, powerFrom(columns.extent));
    const down = width / across;
    const own = Array.from({ length: Math.max(1, rows / down) }, (_, r) =>
      w.declare('row', `min(${lane} / ${across}${r === 0 ? '' : ` + ${r * down}`}, ${rows - 1})`),
    );
    const each = Array.from({ length: Math.ceil(columns.extent / width) }, (_, c) =>
      w.declare('column', c === 0 ? `${lane} % ${across}` : `${lane} + ${c * width}`),
    );
    return {
      width: columns.extent,
      rows: own,
      columns: each,
      sums: own.map(() => each.map(() => w.variable('sum', 'f32', '0f'))),
    };
  }

  /** Adds the other side's rows, each with its weight. */
  add(
    { rows, columns, sums, width: extent }: Sums,
    weight: PairNumber,
    { operand, axis }: { readonly operand: ContractOperand; readonly axis: Axis },
    start: string,
    count: string,
  ): void {
    const w = this.kernel.writer;
    const place = w.stride('place', '0', count, 1);
    const row = w.declare('other', `${start} + ${place}`);
    columns.forEach((column, c) => {
      const inside = w.declare('inside', `min(${column}, ${extent - 1})`);
      const value = w.declare('value', this.read(operand, [this.other, row], [axis, inside]));
      rows.forEach((own, r) =>
        w.line(`${sums[r]![c]} = fma(${weight({ row: own, place })}, ${value}, ${sums[r]![c]});`),
      );
    });
    w.close();
  }

  /** Writes the own rows of a result. */
  store(
    { rows, columns, sums, width: extent }: Sums,
    buffer: number,
    finish: (sum: string, row: string) => string,
  ): void {
    const { kernel, own, batch, from } = this;
    const w = kernel.writer;
    const { dtype } = this.nest.buffers[buffer]!;
    rows.forEach((row, r) =>
      columns.forEach((column, c) => {
        w.open(`if (${from} + ${row} < ${own.extent} && ${column} < ${extent})`);
        const text = w.declare('result', finish(sums[r]![c]!, row));
        kernel
          .buffer(buffer)
          .write(`(${batch} * ${own.extent} + ${from} + ${row}) * ${extent} + ${column}`, { text, dtype });
        w.close();
      }),
    );
  }
}
