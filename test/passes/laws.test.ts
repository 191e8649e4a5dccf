/**
 * Each law once: the two sides as text, and their values by the reference. What a law calls exact is compared bit by
 * bit on zeros of both signs, infinities and NaN.
 */
import { describe, expect, it } from 'vitest';
import { topological, verify, type Node } from '../../src/graph/index.js';
import { passes, simplify, type Exactness, type Rule } from '../../src/passes/index.js';
import { interpret } from '../oracle/interpreter.js';
import { laws } from './laws.js';
import { expression } from './expression.js';
import { specialData, tameData } from './leaves.js';

const rules = new Map<string, Rule>(passes.flatMap((pass) => pass.rules.map((rule) => [rule.law, rule])));
const exactness = (law: string): Exactness => rules.get(law)!.exactness;

function expectEqual(before: Node, after: Node, kept: Exactness): void {
  const data = kept === 'fast' ? tameData : specialData;
  const evaluate = (node: Node): (number | bigint)[] =>
    interpret({ outputs: [node], assigns: [] }, data)[0]!.data;
  const [want, have] = [evaluate(before), evaluate(after)];
  if (kept === 'exact') expect(have).toEqual(want);
  else if (kept === 'signed zero') expect(have.map(withoutSign)).toEqual(want.map(withoutSign));
  else have.forEach((value, i) => expect(Number(value)).toBeCloseTo(Number(want[i]), 5));
}
const withoutSign = (value: number | bigint): number | bigint => (value === 0 ? 0 : value);

describe('each law', () => {
  it.each(Object.entries(laws))('%s', (law, { from, prints }) => {
    const before = from();
    expect(rules.has(law)).toBe(true);
    const { graph, log } = simplify(
      { outputs: [before], assigns: [] },
      { fastMath: exactness(law) === 'fast' },
    );
    const after = graph.outputs[0]!;
    expect(`${expression(before)}  ->  ${expression(after)}`).toBe(prints);
    expect(log.flatMap((record) => record.laws.map((entry) => entry.law))).toContain(law);
    verify(graph);
    expectEqual(before, after, exactness(law));
  });

  it('has an example here', () => {
    expect([...rules.keys()].filter((law) => !(law in laws))).toEqual([]);
  });

  it('is named once', () => {
    expect(rules.size).toBe(passes.flatMap((pass) => pass.rules).length);
  });

  it('leaves nothing for a second walk', () => {
    for (const [law, { from }] of Object.entries(laws)) {
      const options = { fastMath: exactness(law) === 'fast' };
      const { graph } = simplify({ outputs: [from()], assigns: [] }, options);
      const again = simplify(graph, options);
      expect([law, again.log.filter((record) => record.rewrites > 0)]).toEqual([law, []]);
      expect(topological(again.graph.outputs).length).toBe(topological(graph.outputs).length);
    }
  });
});
