/** The profit rule of attention: online, without a matrix of scores in memory, or written out with one. */
import { dtypes, numel } from '../core/index.js';
import type { AttentionNode, Node } from '../graph/index.js';

/** What a backend says of its attention kernel. Without one, attention is always written out. */
export interface AttentionLimits {
  /** Bytes up to which matrices of scores stay close enough to be worth writing and reading again. */
  readonly cacheBytes: number;
  /** Numbers of a query that its kernel has room for. Without it, any. */
  readonly widest?: number;
}

interface Choice {
  readonly online: boolean;
  readonly reason: string;
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toPrecision(3)} MB`;

/** The same for an attention, its logsumexp and its gradients: only operands count that all of them have. */
export function chooseAttention(
  { inputs, dtype }: AttentionNode,
  limits: AttentionLimits | undefined,
): Choice {
  const [q, k] = inputs as readonly [Node, Node];
  const written = (reason: string): Choice => ({ online: false, reason });
  if (!limits) return written('the backend has no attention kernel');
  if (dtype !== 'float32') return written('the attention kernel computes in float32 only');
  const [queries, keys, width] = [q.shape.at(-2)!, k.shape.at(-2)!, q.shape.at(-1)!];
  if (width > (limits.widest ?? Infinity))
    return written(`queries of ${width} numbers are more than the attention kernel has room for`);
  const scores = numel(q.shape.slice(0, -2)) * queries * keys * dtypes[dtype].bytes;
  const matrices = `the [${queries}, ${keys}] matrices of scores take ${megabytes(scores)}`;
  const cache = megabytes(limits.cacheBytes);
  return scores > limits.cacheBytes
    ? { online: true, reason: `${matrices}, more than ${cache}` }
    : written(`${matrices}, not more than ${cache}`);
}
