/** Rows or columns of a contraction, of which an invocation takes four neighbours. */
import type { Axis } from '../../../loops/index.js';
import { vectorSize, type Blocks } from '../wgsl/lanes.js';
import { Positions } from '../wgsl/positions.js';
import type { Kernel } from './kernel.js';
import { sizeOf } from './map.js';

export class Side {
  readonly size: number;
  /** How many neighbours an invocation takes. */
  readonly lanes: number;
  readonly tiles: number;
  /** The last axis in blocks of neighbours, where every tile is one of them. */
  readonly blocks: Blocks | undefined;

  constructor(readonly axes: readonly Axis[]) {
    this.size = sizeOf(axes);
    this.lanes = Math.min(vectorSize, this.size);
    this.tiles = Math.ceil(this.size / this.lanes);
    const last = axes.at(-1);
    if (last && last.extent % vectorSize === 0)
      this.blocks = { axis: last.axis, blocks: last.extent / vectorSize };
  }

  /** Whether no tile reaches past the edge. */
  get isWhole(): boolean {
    return this.size % this.lanes === 0;
  }

  /** The positions of each neighbour of the tile that starts at `first`; those past the edge are the edge. */
  lanesAt(kernel: Kernel, first: string): Positions[] {
    const w = kernel.writer;
    if (this.blocks) {
      const { axis, blocks } = this.blocks;
      const at = new Positions(w, kernel.positions);
      at.unflatten(
        [...this.axes.slice(0, -1), { axis, extent: blocks }],
        w.declare('tile', `${first} / ${vectorSize}`),
      );
      return Array.from({ length: vectorSize }, (_, lane) => at.lane({ axis, blocks, lane }));
    }
    return Array.from({ length: this.lanes }, (_, lane) => {
      const at = new Positions(w, kernel.positions);
      const place = lane === 0 ? first : `${first} + ${lane}`;
      const inside = this.isWhole || lane === 0 ? place : `min(${place}, ${this.size - 1})`;
      at.unflatten(this.axes, w.declare('lane', inside));
      return at;
    });
  }
}
