/** Hand-written softmax(scale q k^T + mask) v, found before differentiation and put as the primitive it is. */
import { sameShape } from '../core/index.js';
import {
  consumers,
  g,
  node,
  topological,
  uniformOf,
  type Node,
  type NodeOf,
  type Source,
} from '../graph/index.js';
import { positionComparison } from './positions.js';
import { is, splat } from './splat.js';

/** A match in the making: what it is made of so far. */
interface Match {
  readonly interior: Set<Node>;
  scale: number;
  causal: boolean;
  mask: Node | undefined;
  dropout: number;
  /** Key words of the dropout's draw. */
  seed: Node | undefined;
}

const operands = (x: Node): readonly [Node, Node] => x.inputs as readonly [Node, Node];

/** The reduction over the last dimension that `x` stretches over the rows again, if that is what x is. */
function rowReduction(x: Node, op: 'amax' | 'sum', match: Match): Node | undefined {
  const last = x.shape.length - 1;
  if (x.op !== 'expand' || !sameShape(x.inputs[0]!.shape, x.shape.with(last, 1))) return undefined;
  let at: Node = x;
  while (at.op === 'expand' || at.op === 'reshape' || at.op === 'stopGradient') {
    match.interior.add(at);
    at = at.inputs[0]!;
  }
  if (at.op !== op || !sameShape(at.attrs.axes, [last]) || !sameShape(at.inputs[0]!.shape, x.shape))
    return undefined;
  match.interior.add(at);
  return at.inputs[0];
}

/** What `x` is the softmax of along its last dimension, as `F.softmax` and the attention primitive write it. */
function softmaxOperand(x: Node, match: Match): Node | undefined {
  if (x.op !== 'div') return undefined;
  const [powers, total] = operands(x);
  if (powers.op !== 'exp' || rowReduction(total, 'sum', match) !== powers) return undefined;
  const shifted = powers.inputs[0]!;
  if (shifted.op !== 'sub') return undefined;
  const [scores, largest] = operands(shifted);
  if (rowReduction(largest, 'amax', match) !== scores) return undefined;
  for (const part of [x, powers, shifted]) match.interior.add(part);
  return scores;
}

/** The words a uniform number in [0, 1) was made of, as `uniformOf` writes it. */
function wordsOf(uniform: Node, match: Match): NodeOf<'threefry'> | undefined {
  const path: Node[] = [];
  const past = (at: Node, ...ops: readonly Node['op'][]): Node => {
    while (ops.includes(at.op)) {
      path.push(at);
      at = at.inputs[0]!;
    }
    return at;
  };
  const words = past(uniform, 'reshape', 'sub', 'bitcast', 'or', 'shr');
  if (words.op !== 'threefry' || words.attrs.part !== 'xor') return undefined;
  const again = uniformOf(words);
  if (!sameValue(past(uniform, 'reshape'), again)) return undefined;
  for (const part of path) match.interior.add(part);
  return words;
}

/** Whether two nodes over common operands are the same expression. */
const sameValue = (a: Node, b: Node): boolean =>
  a === b ||
  (a.op === b.op &&
    sameShape(a.shape, b.shape) &&
    a.dtype === b.dtype &&
    (splat(a) !== undefined
      ? splat(a) === splat(b)
      : a.inputs.length > 0 && a.inputs.every((input, i) => sameValue(input, b.inputs[i]!))));

/** A single value behind reshapes and expands. */
function scalarBehind(x: Node): Node | undefined {
  let at = x;
  while ((at.op === 'reshape' || at.op === 'expand') && at.shape.length > 0) at = at.inputs[0]!;
  return at.shape.length === 0 ? at : undefined;
}

/** The number all elements were given as, before it is rounded to the dtype. */
function constantBehind(x: Node): number | undefined {
  const scalar = scalarBehind(x);
  return scalar?.op === 'constant' ? Number(scalar.attrs.value) : undefined;
}

/** Weights before `F.dropout`: `where(p <= uniform, weights / (1 - p), 0)` with one word for each weight. */
function withoutDropout(x: Node, match: Match): Node {
  if (x.op !== 'where') return x;
  const [kept, yes, no] = x.inputs as readonly [Node, Node, Node];
  if (kept.op !== 'le' || yes.op !== 'mul' || !is(no, 0)) return x;
  const [limit, uniform] = operands(kept);
  const [weights, factor] = operands(yes);
  const p = constantBehind(limit);
  if (p === undefined || !(p > 0 && p < 1) || constantBehind(factor) !== 1 / (1 - p)) return x;
  const words = wordsOf(uniform, match);
  if (!words || g.count(words) !== g.count(x)) return x;
  const [k0, k1, high, low] = words.inputs as readonly [Node, Node, Node, Node];
  const [first, second] = [scalarBehind(k0), scalarBehind(k1)];
  if (!first || !second || !is(high, 0) || low.op !== 'iota') return x;
  const word = (key: Node): Node => g.reshape(key, [1]);
  match.dropout = p;
  match.seed = g.concat([word(first), word(second)], 0);
  for (const part of [x, kept, yes]) match.interior.add(part);
  return weights;
}

/** Scores under a causal mask: `where(key position <= query position, scores, -Infinity)` or its like. */
function withoutCausal(scores: Node, match: Match): Node {
  if (scores.op !== 'where') return scores;
  const [condition, yes, no] = scores.inputs as readonly [Node, Node, Node];
  const rank = scores.shape.length;
  const [allowed, seen] = is(no, -Infinity) ? [true, yes] : is(yes, -Infinity) ? [false, no] : [];
  const compared = seen && positionComparison(condition);
  // `allowed` tells which branch keeps the score: key <= query there, or query < key on the other one.
  const expected = allowed
    ? { op: 'le', left: rank - 1, right: rank - 2 }
    : { op: 'lt', left: rank - 2, right: rank - 1 };
  const fits =
    compared?.op === expected.op && compared.left === expected.left && compared.right === expected.right;
  if (!seen || !fits) return scores;
  match.causal = true;
  match.interior.add(scores);
  return seen;
}

const isScores = (x: Node): boolean => scaled(x) !== undefined;

/** The contraction in `scale * dot`, `dot / scale` or `dot`, and the scale. */
function scaled(x: Node): { readonly dot: NodeOf<'dot'>; readonly scale: number } | undefined {
  if (x.op === 'dot') return { dot: x, scale: 1 };
  if (x.op !== 'mul' && x.op !== 'div') return undefined;
  const [a, b] = operands(x);
  const [dot, factor] = x.op === 'mul' && splat(a) !== undefined ? [b, splat(a)] : [a, splat(b)];
  if (dot.op !== 'dot' || factor === undefined) return undefined;
  return { dot, scale: x.op === 'mul' ? Number(factor) : 1 / Number(factor) };
}

function withoutMask(scores: Node, match: Match): Node {
  if (scores.op !== 'add' || isScores(scores)) return scores;
  const [a, b] = operands(scores);
  const [inner, mask] = isScores(a) ? [a, b] : [b, a];
  match.mask = mask;
  match.interior.add(scores);
  return inner;
}

/** `x` with its dimensions in another order, in one permute. */
const reordered = (x: Node, perm: readonly number[]): Node =>
  x.op === 'permute'
    ? g.permute(
        x.inputs[0]!,
        perm.map((dim) => x.attrs.perm[dim]!),
      )
    : g.permute(x, perm);

/** The one dimension in neither list; undefined when there are more, or none. */
function onlyFree(x: Node, ...taken: readonly (readonly number[])[]): number | undefined {
  const free = x.shape.map((_, dim) => dim).filter((dim) => !taken.some((dims) => dims.includes(dim)));
  return free.length === 1 ? free[0] : undefined;
}

/** The operand as [...batch, rows, contracted], or with the last two exchanged. */
function asMatrix(
  x: Node,
  batch: readonly number[],
  contract: readonly number[],
  contractedLast: boolean,
): Node | undefined {
  const free = onlyFree(x, batch, contract);
  if (free === undefined || contract.length !== 1) return undefined;
  return reordered(x, [...batch, ...(contractedLast ? [free, contract[0]!] : [contract[0]!, free])]);
}

function match(
  x: Node,
): { readonly replacement: () => Node; readonly interior: ReadonlySet<Node> } | undefined {
  if (x.op !== 'dot') return undefined;
  const [weights, value] = operands(x);
  const lead = weights.shape.length - 2;
  const overKeys =
    sameShape(x.attrs.lhsContract, [lead + 1]) && x.attrs.lhsBatch.every((dim, i) => dim === i);
  if (!overKeys || x.attrs.lhsBatch.length !== lead) return undefined;

  const found: Match = {
    interior: new Set(),
    scale: 1,
    causal: false,
    mask: undefined,
    dropout: 0,
    seed: undefined,
  };
  const softmaxOf = softmaxOperand(withoutDropout(weights, found), found);
  if (!softmaxOf) return undefined;
  const scores = withoutMask(withoutCausal(softmaxOf, found), found);
  const product = scaled(scores);
  if (!product) return undefined;
  found.interior.add(scores).add(product.dot);

  return {
    interior: found.interior,
    replacement: () => {
      const { lhsBatch, lhsContract, rhsBatch, rhsContract } = product.dot.attrs;
      const [a, b] = operands(product.dot);
      const q = asMatrix(a, lhsBatch, lhsContract, true);
      const k = asMatrix(b, rhsBatch, rhsContract, true);
      const v = asMatrix(value, x.attrs.rhsBatch, x.attrs.rhsContract, false);
      if (!q || !k || !v) return x;
      const sources: Source[] = [
        ...new Set([...x.sources, ...[...found.interior].flatMap((part) => part.sources)]),
      ];
      const attrs = { scale: product.scale, causal: found.causal, dropout: found.dropout };
      const inputs = [q, k, v, found.mask, found.seed].filter((part) => part !== undefined);
      return node('attention', inputs, attrs, sources);
    },
  };
}

/**
 * The same values with every hand-written attention as an `attention` node. Scores and weights that something else
 * reads, or that are outputs themselves, are left as they are. Nodes that no attention comes before keep their
 * identity; pass intermediates that a gradient is asked for among the outputs, and use what comes back for them.
 * `order` is that of all nodes the outputs need, where it is known.
 */
export function recogniseAttention(
  outputs: readonly Node[],
  order: readonly Node[] = topological(outputs),
): Node[] {
  const found = hiddenMatches(order, new Set(outputs));
  if (found.size === 0) return [...outputs];
  /** What stands for nodes that an attention comes before. */
  const rebuilt = new Map<Node, Node>();
  const now = (before: Node): Node => rebuilt.get(before) ?? before;
  for (const original of order) {
    const changed = original.inputs.some((input) => rebuilt.has(input));
    if (!changed && !found.has(original)) continue;
    const current = changed
      ? node(original.op, original.inputs.map(now), original.attrs, original.sources)
      : original;
    const replaced = (found.has(original) && match(current)?.replacement()) || current;
    if (replaced !== original) rebuilt.set(original, replaced);
  }
  return outputs.map(now);
}

/** Nodes that are an attention whose interior nothing else reads, in the graph as it is. */
function hiddenMatches(order: readonly Node[], roots: ReadonlySet<Node>): Set<Node> {
  const matches = order.flatMap((original) => {
    const found = match(original);
    return found ? [{ original, interior: found.interior }] : [];
  });
  if (matches.length === 0) return new Set();
  const users = consumers(order);
  const hidden = matches.filter(({ original, interior }) =>
    [...interior].every(
      (part) => !roots.has(part) && users.get(part)!.every((user) => user === original || interior.has(user)),
    ),
  );
  return new Set(hidden.map(({ original }) => original));
}
