/** Comparisons of positions along two dimensions, such as a causal mask is made of. */
import type { Shape } from '../core/index.js';
import type { Node } from '../graph/index.js';

const wide = (shape: Shape): number[] => shape.flatMap((size, dim) => (size === 1 ? [] : [dim]));

/** Where a dimension of a view's operand lies in the view; undefined when it is split or merged. */
function carried(view: Node, dim: number): number | undefined {
  if (view.op === 'expand' || view.op === 'cast') return dim;
  if (view.op === 'permute') return view.attrs.perm.indexOf(dim);
  const [from, to] = [view.inputs[0]!.shape, view.shape];
  const [source, target] = [wide(from), wide(to)];
  const aligned = source.length === target.length && source.every((d, i) => from[d] === to[target[i]!]);
  return aligned ? target[source.indexOf(dim)] : undefined;
}

const isView = (x: Node): boolean =>
  x.op === 'expand' ||
  x.op === 'reshape' ||
  x.op === 'permute' ||
  (x.op === 'cast' && x.dtype.startsWith('int'));

/** The views over a value, the innermost first, and the value. Negations are passed too, and counted. */
function unwrapped(x: Node): {
  readonly base: Node;
  readonly views: readonly Node[];
  readonly negated: boolean;
} {
  const views: Node[] = [];
  let base = x;
  let negated = false;
  while (isView(base) || base.op === 'not') {
    if (base.op === 'not') negated = !negated;
    else views.unshift(base);
    base = base.inputs[0]!;
  }
  return { base, views, negated };
}

const through = (views: readonly Node[], dim: number | undefined): number | undefined =>
  views.reduce<number | undefined>((at, view) => (at === undefined ? undefined : carried(view, at)), dim);

/** The dimension along which x holds 0, 1, 2, ...; undefined when it is anything else. */
function positionDim(x: Node): number | undefined {
  const { base, views, negated } = unwrapped(x);
  return base.op === 'iota' && base.attrs.size > 1 && !negated ? through(views, 0) : undefined;
}

export interface PositionComparison {
  readonly op: 'le' | 'lt';
  readonly left: number;
  readonly right: number;
}

/** `position along left <= (or <) position along right`, when that is what x says. */
export function positionComparison(x: Node): PositionComparison | undefined {
  const { base, views, negated } = unwrapped(x);
  if (base.op !== 'le' && base.op !== 'lt') return undefined;
  const [left, right] = base.inputs.map((input) => through(views, positionDim(input)));
  if (left === undefined || right === undefined) return undefined;
  // Integers are in order: not a <= b is b < a.
  return negated
    ? { op: base.op === 'le' ? 'lt' : 'le', left: right, right: left }
    : { op: base.op, left, right };
}
