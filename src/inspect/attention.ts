/** How each attention of a program is computed, and why. */
import { formatSources, formatType, orderOf, type Graph } from '../graph/index.js';
import { chooseAttention, type AttentionLimits } from '../passes/index.js';

/** A choice that was made, for `explain()`. */
export interface AttentionChoice {
  readonly online: boolean;
  readonly reason: string;
  /** The attention: its result's type. */
  readonly value: string;
  /** Places in the user's program. */
  readonly lines: string;
}

/** What is chosen for each attention of a graph. Gradients hold one of their own: it counts once. */
export function attentionChoices(graph: Graph, limits: AttentionLimits | undefined): AttentionChoice[] {
  const choices = new Map<string, AttentionChoice>();
  for (const node of orderOf(graph)) {
    if (node.op !== 'attention') continue;
    const [value, lines] = [`attention ${formatType(node)}`, formatSources(node)];
    choices.set(`${value} ${lines}`, { ...chooseAttention(node, limits), value, lines });
  }
  return [...choices.values()];
}
