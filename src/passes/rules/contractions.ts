/** Contractions name the dimensions they run over, so a permuted operand is the operand under other names. */
import { sameShape } from '../../core/index.js';
import { g, type Node, type NodeOf } from '../../graph/index.js';
import { rule } from '../rule.js';

/** The dimensions of permute(y), renamed to those of y, when the ones that are left over keep their order. */
function through(
  x: Node,
  batch: readonly number[],
  contract: readonly number[],
): { batch: number[]; contract: number[] } | undefined {
  if (x.op !== 'permute') return undefined;
  const { perm } = x.attrs;
  const free = perm.filter((_, i) => !batch.includes(i) && !contract.includes(i));
  if (free.some((dim, i) => i > 0 && dim < free[i - 1]!)) return undefined;
  const rename = (dims: readonly number[]): number[] => dims.map((dim) => perm[dim]!);
  return { batch: rename(batch), contract: rename(contract) };
}

/** The order of dimensions in which the left and the right operand of a dot have changed places. */
function exchanged({ inputs: [a, b], attrs }: NodeOf<'dot'>): number[] {
  const batch = attrs.lhsBatch.length;
  const left = a!.shape.length - batch - attrs.lhsContract.length;
  const right = b!.shape.length - batch - attrs.rhsContract.length;
  const run = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
  return [...run(0, batch), ...run(batch + left, right), ...run(batch, left)];
}

export const contractions = [
  // The gradient of a weight comes out the way the weight lies, and its update reads it in order.
  rule(
    'permute',
    '(a b)^T = b^T a^T',
    ([x], { attrs: { perm } }) => {
      if (x.op !== 'dot' || !sameShape(perm, exchanged(x))) return undefined;
      const { lhsBatch, rhsBatch, lhsContract, rhsContract } = x.attrs;
      const attrs = {
        lhsBatch: rhsBatch,
        rhsBatch: lhsBatch,
        lhsContract: rhsContract,
        rhsContract: lhsContract,
      };
      return g.dot(x.inputs[1]!, x.inputs[0]!, attrs);
    },
    { once: true },
  ),
  rule('dot', 'dot of a permute = dot over other dimensions', ([a, b], { attrs }) => {
    const left = through(a, attrs.lhsBatch, attrs.lhsContract);
    if (left) return g.dot(a.inputs[0]!, b, { ...attrs, lhsBatch: left.batch, lhsContract: left.contract });
    const right = through(b, attrs.rhsBatch, attrs.rhsContract);
    return right && g.dot(a, b.inputs[0]!, { ...attrs, rhsBatch: right.batch, rhsContract: right.contract });
  }),
];
