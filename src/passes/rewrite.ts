/** The rewrite driver: walks over the graph, operands first, in which every node meets the laws of its primitive. */
import { InternalError, Site, formatShape, sameShape, withSite } from '../core/index.js';
import { orderOf, roots, topological, type Graph, type Node, type Source } from '../graph/index.js';
import type { OpName } from '../ops/index.js';
import { InternTable } from './intern.js';
import { commutative, type Rule } from './rule.js';

/** What one walk did. */
export interface Rewritten {
  readonly graph: Graph;
  /** How often each rule was applied. */
  readonly applied: ReadonlyMap<Rule, number>;
  /** Nodes that turned out equal to one already there. */
  readonly merged: number;
  /** Nodes that were needed while rewriting, and no longer are. */
  readonly dropped: number;
  /** Whether a law was kept from a value for its readers, all but one of which are gone by now. */
  readonly heldBack: boolean;
}

/** Rewrites of one traced node past which two laws must be undoing each other. */
const maxRewrites = 10_000;

function byOp(rules: readonly Rule[]): ReadonlyMap<OpName, readonly Rule[]> {
  const index = new Map<OpName, Rule[]>();
  for (const rule of rules) {
    for (const op of rule.ops) {
      const list = index.get(op);
      if (list) list.push(rule);
      else index.set(op, [rule]);
    }
  }
  return index;
}

const swapped = ({ op, inputs }: Node): readonly Node[] | undefined =>
  commutative.has(op) && inputs[0] !== inputs[1] ? [inputs[1]!, inputs[0]!] : undefined;

/** How many operands and roots each node of a graph is. */
function usesIn(order: readonly Node[], traced: readonly Node[]): Map<Node, number> {
  const uses = new Map<Node, number>();
  const use = (value: Node): unknown => uses.set(value, (uses.get(value) ?? 0) + 1);
  traced.forEach(use);
  for (const node of order) node.inputs.forEach(use);
  return uses;
}

function check(before: Node, after: Node, rule: Rule): void {
  if (sameShape(before.shape, after.shape) && before.dtype === after.dtype) return;
  throw new InternalError(
    `'${rule.law}' turned ${before.op} ${before.dtype}${formatShape(before.shape)} ` +
      `into ${after.op} ${after.dtype}${formatShape(after.shape)}`,
  );
}

/** Interns a graph and applies `rules` to its nodes, in time linear in its size. */
function walk(graph: Graph, rules: readonly Rule[]): Rewritten {
  const laws = byOp(rules);
  const table = new InternTable();
  const applied = new Map<Rule, number>();
  /** How many simplified nodes read a simplified node, as far as the walk has come. */
  const readers = new Map<Node, number>();
  let merged = 0;
  let made = 0;
  /** Nodes that a law was kept from. */
  const heldBack: Node[] = [];
  let budget = maxRewrites;
  const onMerge = (): void => void merged++;

  const isShared = (node: Node): boolean => (readers.get(node) ?? 0) > 1;
  const firstMatch = (node: Node): Node | undefined => {
    const other = swapped(node);
    for (const rule of laws.get(node.op) ?? []) {
      const result = rule.apply(node.inputs, node) || (other && rule.apply(other, node));
      if (!result) continue;
      if (rule.once && isShared(node.inputs[0]!)) {
        heldBack.push(node);
        continue;
      }
      check(node, result, rule);
      applied.set(rule, (applied.get(rule) ?? 0) + 1);
      if (--budget < 0) {
        throw new InternalError(`simplification does not end: '${rule.law}' is applied again and again`);
      }
      return result;
    }
    return undefined;
  };
  const intern = (node: Node, inputs: readonly Node[], sources: readonly Source[]): Node =>
    table.intern(
      node,
      inputs,
      sources,
      (fresh) => {
        made++;
        const simpler = firstMatch(fresh);
        return simpler ? adopt(simpler, sources) : fresh;
      },
      onMerge,
    );
  /** Interns what a rule built over interned operands: a few nodes, each of which may be simplified further. */
  const adopt = (built: Node, sources: readonly Source[]): Node => {
    const results = new Map<Node, Node>();
    for (const node of topological([built], (at) => table.has(at))) {
      const inputs = node.inputs.map((input) => results.get(input) ?? input);
      results.set(node, table.has(node) ? node : intern(node, inputs, sources));
    }
    return results.get(built)!;
  };

  const traced = roots(graph);
  const order = orderOf(graph);
  const uses = usesIn(order, traced);
  const simplified = new Map<Node, Node>();
  // Rules build nodes without asking for a call site: theirs is that of the node they stand for.
  withSite(new Site(''), () => {
    for (const node of order) {
      budget = maxRewrites;
      const inputs = node.inputs.map((input) => simplified.get(input)!);
      const result = intern(node, inputs, node.sources);
      simplified.set(node, result);
      const through = inputs.includes(result) ? 1 : 0;
      readers.set(result, (readers.get(result) ?? 0) + uses.get(node)! - through);
    }
  });

  const result: Graph = {
    outputs: graph.outputs.map((value) => simplified.get(value)!),
    assigns: graph.assigns.map(({ leaf, value }) => ({ leaf, value: simplified.get(value)! })),
  };
  const left = roots(result);
  const live = orderOf(result);
  const dropped = made - live.length;
  return { graph: result, applied, merged, dropped, heldBack: heldBack.length > 0 && someFreed() };

  /** Whether a node that a law was kept from is alone now with what it reads. */
  function someFreed(): boolean {
    const usesLeft = usesIn(live, left);
    return heldBack.some((node) => usesLeft.has(node) && usesLeft.get(node.inputs[0]!) === 1);
  }
}

/** More walks than laws that wait for a reader to go have been seen to need. */
const maxWalks = 4;

/** The graph in normal form under `rules`: interned, and only what its roots reach. */
export function rewrite(graph: Graph, rules: readonly Rule[]): Rewritten {
  let last = walk(graph, rules);
  let { merged, dropped } = last;
  const applied = new Map(last.applied);
  for (let walks = 1; walks < maxWalks && last.heldBack && last.applied.size > 0; walks++) {
    last = walk(last.graph, rules);
    merged += last.merged;
    dropped += last.dropped;
    for (const [rule, count] of last.applied) applied.set(rule, (applied.get(rule) ?? 0) + count);
  }
  return { ...last, applied, merged, dropped };
}
