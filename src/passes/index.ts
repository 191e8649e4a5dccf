/** Stage 3: the traced graph in normal form, equal values computed once. */
import type { Graph } from '../graph/index.js';
import type { AttentionLimits } from './attention-choice.js';
import { passesFor } from './passes.js';
import { rewrite } from './rewrite.js';
import type { Pass, Rule } from './rule.js';

export { chooseAttention, type AttentionLimits } from './attention-choice.js';
export { recogniseAttention } from './attention.js';
export { passes } from './passes.js';
export type { Exactness, Pass, Rule } from './rule.js';

/** What one pass did to a graph. */
export interface PassRecord {
  readonly pass: string;
  readonly rewrites: number;
  /** Laws that were applied, with how often. */
  readonly laws: readonly { readonly law: string; readonly rewrites: number }[];
}

export interface SimplifyOptions {
  /** Also applies laws that hold up to rounding only. Default: false. */
  readonly fastMath?: boolean | undefined;
  /** Up to which size attention is written out. Default: always. */
  readonly attention?: AttentionLimits | undefined;
  /** The passes to run. Default: all of them. */
  readonly passes?: readonly Pass[] | undefined;
}

const total = (laws: PassRecord['laws']): number => laws.reduce((sum, { rewrites }) => sum + rewrites, 0);

/**
 * The graph in normal form: equal nodes are one object with the sources of all they stand for, only what the roots
 * need is there, and no law of any pass applies any more. The log has a record for each pass, and last what
 * interning merged (CSE) and what nothing reads any longer (DCE).
 */
export function simplify(graph: Graph, options: SimplifyOptions = {}): { graph: Graph; log: PassRecord[] } {
  const { fastMath = false, passes = passesFor(options.attention) } = options;
  const enabled = (rule: Rule): boolean => fastMath || rule.exactness !== 'fast';
  const result = rewrite(
    graph,
    passes.flatMap((pass) => pass.rules.filter(enabled)),
  );
  const records = passes.map(({ name, rules }): PassRecord => {
    const laws = rules.flatMap((rule) => {
      const rewrites = result.applied.get(rule);
      return rewrites === undefined ? [] : [{ law: rule.law, rewrites }];
    });
    return { pass: name, rewrites: total(laws), laws };
  });
  const log: PassRecord[] = [
    ...records,
    { pass: 'common subexpressions', rewrites: result.merged, laws: [] },
    { pass: 'dead code', rewrites: result.dropped, laws: [] },
  ];
  return { graph: result.graph, log };
}
