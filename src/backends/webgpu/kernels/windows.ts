/**
 * Maps and rows over arrays that one kernel cannot bind as a whole: the first axis is cut into stretches, each a dispatch, which
 * binds of every long array the window that its stretch touches.
 */
import { dtypes } from '../../../core/index.js';
import {
  addIndex,
  axisIndex,
  constantIndex,
  loadsOf,
  rangeOf,
  substitute,
  withExpressions,
  type Axis,
  type IndexExpr,
  type Instr,
  type MapNest,
  type RowNest,
  type Store,
} from '../../../loops/index.js';
import { wholeVectors, refKey, type RefPart } from '../shader.js';
import type { Operands } from './kernel.js';

/** More stretches than this are not tried: something else is wrong. */
const mostStretches = 1024;
/** Positions that a stretch is a multiple of, so that vectors do not lie across its ends. */
const stretchStep = 256;

/** A nest over a stretch. */
export interface Piece<N> {
  readonly nest: N;
  readonly operands: Operands;
}

/** How a kind of nest is cut. */
interface Cutting<N> {
  axes(nest: N): readonly Axis[];
  instrs(nest: N): readonly Instr[];
  stores(nest: N): readonly Store[];
  /** The nest over other axes, with its instructions and stores as these make them. */
  again(nest: N, axes: readonly Axis[], instr: (each: Instr) => Instr, store: (each: Store) => Store): N;
}

export const mapCutting: Cutting<MapNest> = {
  axes: ({ axes }) => axes,
  instrs: ({ body }) => body,
  stores: ({ stores }) => stores,
  again: (nest, axes, instr, store) => ({
    ...nest,
    axes,
    body: nest.body.map(instr),
    stores: nest.stores.map(store),
  }),
};

/** Of rows over which nothing is combined. */
export const rowCutting: Cutting<RowNest> = {
  axes: ({ rows }) => rows,
  instrs: ({ setup, stages }) => [...setup, ...stages.flatMap(({ rowBody, body }) => [...rowBody, ...body])],
  stores: ({ stages }) => stages.flatMap(({ rowStores, stores }) => [...rowStores, ...stores]),
  again: (nest, rows, instr, store) => ({
    ...nest,
    rows,
    setup: nest.setup.map(instr),
    stages: nest.stages.map((stage) => ({
      ...stage,
      rowBody: stage.rowBody.map(instr),
      rowStores: stage.rowStores.map(store),
      body: stage.body.map(instr),
      stores: stage.stores.map(store),
    })),
  }),
};

/** Undefined where stretches do not touch less. */
export function inWindows<N extends MapNest | RowNest>(
  nest: N,
  operands: Operands,
  cutting: Cutting<N>,
): readonly Piece<N>[] | undefined {
  const axes = cutting.axes(nest);
  const extent = axes[0]?.extent ?? 1;
  // What an index that is loaded points to may lie anywhere, and its own position is told to the user.
  if (loadsOf(cutting.instrs(nest)).some(({ indirect }) => indirect.length > 0)) return undefined;
  const step = nest.kind === 'map' && axes.length === 1 ? stretchStep : 1;
  for (let count = 2; count <= mostStretches && count <= extent; count *= 2) {
    const length = Math.ceil(extent / count / step) * step;
    const pieces = Array.from({ length: Math.ceil(extent / length) }, (_, i) =>
      pieceOf(nest, operands, cutting, i * length, Math.min((i + 1) * length, extent)),
    );
    if (pieces.every((piece) => piece !== undefined)) return pieces;
  }
  return undefined;
}

/** The positions from `first` to below `end` of the first axis. */
function pieceOf<N extends MapNest | RowNest>(
  nest: N,
  operands: Operands,
  cutting: Cutting<N>,
  first: number,
  end: number,
): Piece<N> | undefined {
  const { alignment, bindingBytes } = operands.target;
  const [outer, ...inner] = cutting.axes(nest);
  const at = (expr: IndexExpr): IndexExpr =>
    substitute(expr, (axis, extent) =>
      axis === outer!.axis
        ? addIndex(axisIndex(axis, end - first), constantIndex(first))
        : axisIndex(axis, extent),
    );
  const keys = operands.refs.map(refKey);
  /** First and last element that is touched of each memory. */
  const touched = new Map<string, readonly [number, number]>();
  for (const { buffer, index } of [...loadsOf(cutting.instrs(nest)), ...cutting.stores(nest)]) {
    const [low, high] = rangeOf(at(index));
    const known = touched.get(keys[buffer]!) ?? [low, high];
    touched.set(keys[buffer]!, [Math.min(known[0], low), Math.max(known[1], high)]);
  }
  const windows = nest.buffers.map(({ dtype, elements }, number) => {
    const { bytes } = dtypes[dtype];
    const ref = operands.refs[number]!;
    const range = touched.get(keys[number]!);
    if (elements * bytes <= bindingBytes || !range || ref.space === 'part')
      return { ref, start: 0, elements };
    // What a mask excludes is not touched.
    const [low, high] = [Math.max(range[0], 0), Math.min(range[1], elements - 1)];
    const offset = Math.floor((low * bytes) / alignment) * alignment;
    const extent = wholeVectors((high + 1) * bytes - offset);
    const part: RefPart = { space: 'part', of: ref, offset, extent };
    return { ref: part, start: offset / bytes, elements: high + 1 - offset / bytes };
  });
  const isLong = windows.some(({ ref }) => ref.space === 'part' && ref.extent > bindingBytes);
  if (isLong) return undefined;

  const inWindow = (buffer: number, index: IndexExpr): IndexExpr =>
    addIndex(index, constantIndex(-windows[buffer]!.start));
  const moved = (instr: Instr): Instr => {
    const there = withExpressions(instr, at);
    return there.kind === 'load' ? { ...there, index: inWindow(there.buffer, there.index) } : there;
  };
  const buffers = nest.buffers.map((buffer, i) => ({ ...buffer, elements: windows[i]!.elements }));
  const stretch = [{ axis: outer!.axis, extent: end - first }, ...inner];
  const own = cutting.again(nest, stretch, moved, (store) => ({
    ...store,
    index: inWindow(store.buffer, at(store.index)),
  }));
  return {
    nest: { ...own, buffers },
    operands: { ...operands, buffers, refs: windows.map(({ ref }) => ref) },
  };
}
