/**
 * What attention kernels work on: tiles of queries by keys, and operands packed into scratch around them, with columns
 * padded to whole vectors of products. Rows past the end of an operand hold anything.
 */
import type { AttentionNest, Axis, ContractOperand } from '../../../loops/index.js';
import type { Local } from '../assembler/index.js';
import type { Library } from '../library/index.js';
import { product, transpose } from '../library/tile.js';
import { storeRow } from '../vector/access.js';
import { onlyValid } from '../vector/combine.js';
import { KernelCode } from '../vector/kernel-code.js';
import { alongLanes } from '../vector/loops.js';
import { Section } from '../vector/section.js';
import { constant, valueOf } from '../vector/value.js';
import { aligned } from './scratch.js';

const up = (n: number, by: number): number => Math.ceil(n / by) * by;
/** Queries and keys of one tile: its scores and the packed rows around it fit a first-level cache. */
const tile = 64;

/** A matrix in scratch. */
export interface Matrix {
  readonly at: Local;
  /** Bytes of a row. */
  readonly row: number;
}

/** Positions from `from` to before `to`, which a tile takes in along one axis. */
export interface Span {
  readonly from: Local;
  readonly to: Local;
  readonly count: Local;
}

export class Tiles {
  readonly k: KernelCode;
  /** Rows of a tile, and its columns. */
  readonly queries: number;
  readonly keys: number;
  /** Padded widths. */
  readonly width: number;
  readonly valueWidth: number;
  #bytes = 0;

  constructor(
    readonly library: Library,
    readonly nest: AttentionNest,
  ) {
    this.k = new KernelCode(library, nest.name, nest.buffers, 'ii');
    this.queries = Math.min(tile, up(nest.queries.extent, 4));
    this.keys = Math.min(tile, up(nest.keys.extent, 8));
    this.width = up(nest.width.extent, 8);
    this.valueWidth = up(nest.valueWidth.extent, 8);
  }

  get scratchBytes(): number {
    return this.#bytes;
  }

  /** Room for a matrix. Asked for ahead of all loops. */
  matrix(rows: number, columns: number): Matrix {
    const { c } = this.k;
    const offset = this.#bytes;
    this.#bytes += aligned(rows * columns * 4);
    return { at: c.get(this.k.scratch).i32(offset).op('i32.add').keep(), row: columns * 4 };
  }

  clear({ at, row }: Matrix, rows: number): void {
    this.k.c
      .get(at)
      .i32(0)
      .i32(rows * row)
      .fillMemory();
  }

  /** The part of an axis that block number `block` of `size` positions takes in. */
  span(axis: Axis, size: number, from: Local): Span {
    const { c } = this.k;
    const after = c.get(from).i32(size).op('i32.add').keep();
    const to = c.get(after).i32(axis.extent).get(after).i32(axis.extent).op('i32.lt_s').select('i').keep();
    return { from, to, count: c.get(to).get(from).op('i32.sub').keep() };
  }

  /** A count rounded up to a multiple of a power of two. */
  padded(count: Local, by: 4 | 8): Local {
    return this.k.c
      .get(count)
      .i32(by - 1)
      .op('i32.add')
      .i32(-by)
      .op('i32.and')
      .keep();
  }

  /** Address of row `row`, counted from the span's first. */
  line({ at, row: bytes }: Matrix, { from }: Span, row: Local): Local {
    const { c } = this.k;
    return c.get(at).get(row).get(from).op('i32.sub').i32(bytes).op('i32.mul').op('i32.add').keep();
  }

  /** `body` for each position of the span, with the axis there. */
  each(axis: Axis, { from, to }: Span, body: (at: Local) => void): void {
    this.k.count(from, to, 1, (at) => {
      this.k.bindCounter(axis.axis, at, [0, axis.extent - 1]);
      body(at);
    });
  }

  /** Evaluates an operand's rows within a span. */
  pack(into: Matrix, { body, value }: ContractOperand, rows: Axis, span: Span, columns: Axis): void {
    const { k } = this;
    const { c } = k;
    const zero = constant(c, 0, 'float32');
    this.each(rows, span, (row) => {
      const line = this.line(into, span, row);
      alongLanes(k, columns, () => {
        const section = new Section(k);
        section.run(body);
        const { local, offset } = k.position(columns.axis);
        if (local) c.get(line).get(local).i32(2).op('i32.shl').op('i32.add');
        else c.get(line);
        c.get(onlyValid(c, section.value(value), k.lanes!.valid, zero).parts[0]!).memory(
          'v128.store',
          offset * 4,
        );
      });
      const written = up(columns.extent, 4);
      if (written * 4 < into.row)
        c.get(line)
          .get(zero.parts[0]!)
          .memory('v128.store', written * 4);
    });
  }

  /** Evaluates an operand that has one element for each position of a span. */
  packLine(into: Matrix, { body, value }: ContractOperand, axis: Axis, { from, to }: Span): void {
    const { k } = this;
    const { c } = k;
    alongLanes(
      k,
      axis,
      () => {
        const section = new Section(k);
        section.run(body);
        c.get(into.at).get(this.#past(axis, from)).op('i32.add');
        c.get(section.value(value).parts[0]!).memory('v128.store');
      },
      { from, to },
    );
  }

  /** Bytes between a span's first position and where the axis stands. */
  #past(axis: Axis, from: Local): Local {
    const { k } = this;
    const { c } = k;
    const { local, offset } = k.position(axis.axis);
    if (local) c.get(local).i32(offset).op('i32.add');
    else c.i32(offset);
    return c.get(from).op('i32.sub').i32(2).op('i32.shl').keep();
  }

  /** scores = scale * scores + mask, one line of a tile. */
  addMask(line: Local, { body, value }: ContractOperand, keys: Span): void {
    const { k, nest } = this;
    const { c } = k;
    alongLanes(
      k,
      nest.keys,
      () => {
        const section = new Section(k);
        section.run(body);
        const at = c.get(line).get(this.#past(nest.keys, keys.from)).op('i32.add').keep();
        c.get(at);
        c.get(at).memory('v128.load').get(c.vector('f32', nest.scale)).op('f32x4.mul');
        c.get(section.value(value).parts[0]!).op('f32x4.add').memory('v128.store');
      },
      { from: keys.from, to: keys.to },
    );
  }

  transpose(from: Matrix, to: Matrix, rows: Local, columns: number): void {
    const callee = transpose(this.library, from.row, to.row);
    this.k.c.get(from.at).get(to.at).get(rows).i32(columns).call(callee);
  }

  /** out (+)= a b, or a^T b. */
  product(
    a: Matrix & { readonly transposed?: boolean },
    b: Matrix,
    out: Matrix,
    size: { readonly rows: Local; readonly columns: Local | number; readonly depth: Local | number },
    add: boolean,
  ): void {
    const [aRow, aStep] = a.transposed ? [4, a.row] : [a.row, 4];
    const callee = product(this.library, { aRow, aStep, bRow: b.row, outRow: out.row });
    const { c } = this.k;
    c.get(a.at).get(b.at).get(out.at);
    c.get(size.rows).value(size.columns).value(size.depth);
    c.i32(add ? 1 : 0).call(callee);
  }

  /** Writes rows of a matrix, each element times `factor`, where a result of that many columns lies. */
  store(
    from: Matrix,
    result: number,
    matrix: Local,
    rows: Axis,
    span: Span,
    columns: Axis,
    factor: (row: Local) => Local | undefined,
  ): void {
    const { k } = this;
    const { c } = k;
    const bytes = columns.extent * 4;
    this.each(rows, span, (row) => {
      const source = this.line(from, span, row);
      c.get(k.pointer(result)).get(matrix).i32(rows.extent).op('i32.mul').get(row).op('i32.add');
      const target = c.i32(bytes).op('i32.mul').op('i32.add').keep();
      const by = factor(row);
      alongLanes(k, columns, () => {
        const { local, offset } = k.position(columns.axis);
        const past = (pointer: Local): Local =>
          local ? c.get(pointer).get(local).i32(2).op('i32.shl').op('i32.add').keep() : pointer;
        const x = c
          .get(past(source))
          .memory('v128.load', offset * 4)
          .keep();
        const value = valueOf('float32', [by ? c.v('f32x4.mul', x, by) : x]);
        storeRow(c, { local: past(target), offset: offset * 4 }, value, k.lanes!.valid);
      });
    });
  }
}
