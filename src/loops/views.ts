/**
 * Views as index maps. `pull` answers: to read a view at these indices, which input is read where, and under which
 * conditions? `push` is the inverse for views that only rename positions.
 */
import type { Node } from '../graph/index.js';
import {
  addIndex,
  axisIndex,
  constantIndex,
  decide,
  divIndex,
  flattenIndex,
  modIndex,
  scaleIndex,
  unflattenIndex,
  type IndexExpr,
  type Predicate,
} from './index-expr.js';

/** One way a view's element can come about: from `input` at `indices`, provided all `masks` hold. */
export interface Read {
  readonly input: Node;
  readonly indices: readonly IndexExpr[];
  readonly masks: readonly Predicate[];
}

/** The alternatives are tried in order; where none applies the element is `fill`. */
export interface Pulled {
  readonly reads: readonly Read[];
  readonly fill: number;
}

const always = (input: Node, indices: readonly IndexExpr[]): Pulled => ({
  reads: [{ input, indices, masks: [] }],
  fill: 0,
});

/** Whether a node moves elements without computing any. Markers that reach fusion stand for their operand. */
export function isView(node: Node): boolean {
  return node.op in viewMaps;
}

const viewMaps: {
  readonly [O in Node['op']]?: (node: Extract<Node, { op: O }>, at: readonly IndexExpr[]) => Pulled;
} = {
  barrier: (node, at) => always(node.inputs[0]!, at),
  stopGradient: (node, at) => always(node.inputs[0]!, at),
  reshape: (node, at) => {
    const input = node.inputs[0]!;
    return always(input, reshapeIndices(at, node.shape, input.shape));
  },
  permute: (node, at) => {
    const indices = new Array<IndexExpr>(at.length);
    node.attrs.perm.forEach((from, i) => (indices[from] = at[i]!));
    return always(node.inputs[0]!, indices);
  },
  expand: (node, at) => {
    const input = node.inputs[0]!;
    return always(
      input,
      at.map((index, i) => (input.shape[i] === 1 ? constantIndex(0) : index)),
    );
  },
  slice: ({ inputs, attrs }, at) =>
    always(
      inputs[0]!,
      at.map((index, i) => addIndex(scaleIndex(index, attrs.steps[i]!), constantIndex(attrs.starts[i]!))),
    ),
  pad: ({ inputs, attrs }, at) => {
    const input = inputs[0]!;
    const masks: Predicate[] = [];
    const indices = at.map((index, i) => {
      const step = attrs.interior[i]! + 1;
      const moved = addIndex(index, constantIndex(-attrs.low[i]!));
      const size = input.shape[i]!;
      masks.push({ expr: moved, lo: 0, hi: size === 0 ? 0 : (size - 1) * step + 1 });
      if (step === 1) return moved;
      masks.push({ expr: modIndex(moved, step), lo: 0, hi: 1 });
      return divIndex(moved, step);
    });
    return { reads: [{ input, indices, masks }], fill: attrs.value };
  },
  concat: ({ inputs, attrs: { axis } }, at) => {
    let start = 0;
    const reads = inputs.map((input) => {
      const size = input.shape[axis]!;
      const moved = addIndex(at[axis]!, constantIndex(-start));
      start += size;
      return { input, indices: at.with(axis, moved), masks: [{ expr: moved, lo: 0, hi: size }] };
    });
    return { reads, fill: 0 };
  },
  window: ({ inputs, attrs: { axis, step, dilation } }, at) => {
    const position = addIndex(scaleIndex(at[axis]!, step), scaleIndex(at[at.length - 1]!, dilation));
    return always(inputs[0]!, at.slice(0, -1).with(axis, position));
  },
};

/** Drops conditions that always hold, and alternatives that never apply. */
function settle({ reads, fill }: Pulled): Pulled {
  const kept: Read[] = [];
  for (const read of reads) {
    const masks = read.masks.filter((mask) => decide(mask) !== true);
    if (masks.some((mask) => decide(mask) === false)) continue;
    kept.push({ ...read, masks });
    if (masks.length === 0) break;
  }
  return { reads: kept, fill };
}

export function pull(view: Node, at: readonly IndexExpr[]): Pulled {
  const map = viewMaps[view.op] as ((node: Node, at: readonly IndexExpr[]) => Pulled) | undefined;
  return settle(map!(view, at));
}

/** Indices into `to` of the element at `at` in `from`, both shapes being of one size. */
export function reshapeIndices(
  at: readonly IndexExpr[],
  from: readonly number[],
  to: readonly number[],
): IndexExpr[] {
  // Equal leading and trailing sizes pass through: only what lies between is flattened, which keeps expressions short.
  let head = 0;
  while (head < from.length && head < to.length && from[head] === to[head]) head++;
  let tail = 0;
  const left = Math.min(from.length, to.length) - head;
  while (tail < left && from[from.length - 1 - tail] === to[to.length - 1 - tail]) tail++;
  const middle = flattenIndex(at.slice(head, from.length - tail), from.slice(head, from.length - tail));
  return [
    ...at.slice(0, head),
    ...unflattenIndex(middle, to.slice(head, to.length - tail)),
    ...at.slice(from.length - tail),
  ];
}

/** A view that only renames positions of its input, one to one. */
export const isRenaming = (node: Node): boolean =>
  node.op === 'reshape' || node.op === 'permute' || node.op === 'barrier' || node.op === 'stopGradient';

/** Where the element at `at` of a renaming view's input lies in the view. */
export function push(view: Node, at: readonly IndexExpr[]): IndexExpr[] {
  if (view.op === 'permute') return view.attrs.perm.map((from) => at[from]!);
  return view.op === 'reshape' ? reshapeIndices(at, view.inputs[0]!.shape, view.shape) : [...at];
}

/** The loop axes of a shape, numbered from `first`, and the indices that walk it. */
export function axesFor(shape: readonly number[], first = 0): IndexExpr[] {
  return shape.map((extent, i) => axisIndex(first + i, extent));
}
