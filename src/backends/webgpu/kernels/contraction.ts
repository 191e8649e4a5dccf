/** What the forms of a contraction have in common: its two sides, its sums and what becomes of them. */
import { isFloat } from '../../../core/index.js';
import { loadsOf, type ContractNest, type ContractOperand } from '../../../loops/index.js';
import { identity } from '../wgsl/arithmetic.js';
import { rounded } from '../wgsl/convert.js';
import { isVector, vectorBuffers, type Blocks } from '../wgsl/lanes.js';
import type { Positions } from '../wgsl/positions.js';
import { Neighbours, Section, storeVectors } from '../wgsl/section.js';
import { typeOf, type Value } from '../wgsl/value.js';
import { Side } from './contract-side.js';
import { Kernel, type Operands } from './kernel.js';
import { sizeOf } from './map.js';

/** Where a tile begins. */
interface Corner {
  readonly row: string;
  readonly column: string;
}

export class Contraction {
  readonly kernel: Kernel;
  readonly m: Side;
  readonly n: Side;
  readonly depth: number;
  readonly batches: number;
  /** What sums are kept in. */
  readonly sumOf: Value['dtype'];

  constructor(
    readonly nest: ContractNest,
    operands: Operands,
  ) {
    this.kernel = new Kernel(nest.name, operands, nest.comment);
    this.m = new Side(nest.m);
    this.n = new Side(nest.n);
    this.depth = sizeOf(nest.k);
    this.batches = sizeOf(nest.batch);
    this.sumOf = isFloat(nest.dtype) ? 'float32' : nest.dtype;
  }

  /**
   * Has buffers read in vectors along their own side, or along axes of the depth, and results written so along the columns
   * where tiles write whole rows.
   */
  widen(depth: readonly Blocks[], writesRows: boolean): void {
    const { nest, kernel, m, n } = this;
    const { blocks } = n;
    const stored = writesRows && blocks && nest.stores.every(({ index }) => isVector(index, blocks));
    const across = stored ? [blocks] : [];
    const reads = ({ body }: ContractOperand, { blocks: own }: Side) =>
      loadsOf(body).map((load) => [load, own ? [own, ...depth] : depth] as const);
    kernel.widen(
      vectorBuffers(
        [
          ...reads(nest.a, m),
          ...reads(nest.b, n),
          ...loadsOf(nest.body).map((load) => [load, across] as const),
        ],
        nest.stores.map((store) => [store, across] as const),
      ),
    );
  }

  /** Where the tile of a number begins, which counts columns first and batches last. */
  cornerOf(tile: string): Corner {
    const { kernel, nest, m, n } = this;
    const w = kernel.writer;
    kernel.positions.unflatten(nest.batch, w.declare('batch', `${tile} / ${m.tiles * n.tiles}`));
    return {
      row: w.declare('m', `${tile} / ${n.tiles} % ${m.tiles} * ${m.lanes}`),
      column: w.declare('n', `${tile} % ${n.tiles} * ${n.lanes}`),
    };
  }

  /** Sums of a tile, zero at first: rows of columns. */
  startSums(): string[][] {
    const { writer: w, use } = this.kernel;
    const [type, zero] = [typeOf(this.sumOf), identity('sum', this.sumOf, use)];
    return Array.from({ length: this.m.lanes }, () =>
      Array.from({ length: this.n.lanes }, () => w.variable('sum', type, zero)),
    );
  }

  valueOf({ body, value }: ContractOperand, positions: Positions, neighbours: Neighbours): Value {
    const section = new Section(this.kernel, positions, { neighbours });
    section.run(body);
    return section.value(value);
  }

  /** The epilogue of a tile, as far as its rows and columns exist. */
  finish(sums: readonly (readonly string[])[], corner: Corner): void {
    const { kernel, m, n, nest } = this;
    const w = kernel.writer;
    const neighbours = new Neighbours(nest.body, [nest.sum]);
    const columns = n.lanesAt(kernel, corner.column);
    const rows = m.lanesAt(kernel, corner.row);
    sums.forEach((line, i) => {
      w.open(m.isWhole || i === 0 ? '' : `if (${corner.row} + ${i} < ${m.size})`);
      const elements = line.map((sum, j) => {
        const section = new Section(kernel, rows[i]!.with(columns[j]!), { neighbours });
        if (n.isWhole || j === 0) {
          this.element(section, sum);
          return section;
        }
        w.open(`if (${corner.column} + ${j} < ${n.size})`);
        this.element(section, sum);
        section.store(nest.stores);
        w.close();
        return undefined;
      });
      const open = elements.filter((section) => section !== undefined);
      const vectors = nest.stores.filter(({ buffer }) => kernel.isWide(buffer));
      if (vectors.length > 0) storeVectors(open, vectors);
      const others = nest.stores.filter(({ buffer }) => !kernel.isWide(buffer));
      for (const section of open) section.store(others);
      w.close();
    });
  }

  /** What becomes of one sum. */
  element(section: Section, sum: string): void {
    const { kernel, nest } = this;
    const text = isFloat(nest.dtype) ? rounded({ text: sum, dtype: nest.dtype }, kernel.use) : sum;
    section.define(nest.sum, { text: kernel.writer.declare('total', text), dtype: nest.dtype });
    section.run(nest.body);
  }
}
