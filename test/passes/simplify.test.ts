/** The driver: interning, what it may not merge, sources, the log, and its running time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Site, inModule, withSite } from '../../src/core/index.js';
import { g, node, topological, verify, withOrigin, type Node } from '../../src/graph/index.js';
import { passes, simplify } from '../../src/passes/index.js';
import { interpret, type LeafData } from '../oracle/interpreter.js';
import { randomGraph } from '../oracle/random-graph.js';
import { expression, shown } from './expression.js';
import { leaf } from './leaves.js';

const x = leaf('x', [2, 3]);
const y = leaf('y', [2, 3]);
const simplified = (...outputs: Node[]): readonly Node[] => simplify({ outputs, assigns: [] }).graph.outputs;
const becomes = (value: Node): string => expression(simplified(value)[0]!);

describe('interning', () => {
  it('merges equal nodes', () => {
    const twice = { outputs: [g.add(g.exp(x), g.exp(x))], assigns: [] };
    expect(shown(twice)).toMatchInlineSnapshot(`
      "%0 = input float32[2, 3] x
      %1 = exp float32[2, 3] %0
      %2 = exp float32[2, 3] %0
      %3 = add float32[2, 3] %1 %2
      return %3"
    `);
    const { graph, log } = simplify(twice);
    expect(shown(graph)).toMatchInlineSnapshot(`
      "%0 = input float32[2, 3] x
      %1 = exp float32[2, 3] %0
      %2 = add float32[2, 3] %1 %1
      return %2"
    `);
    expect(log.find((record) => record.pass === 'common subexpressions')!.rewrites).toBe(1);
  });

  it('merges exchanged operands where they may be', () => {
    const [sum, same, difference, negated] = simplified(g.add(x, y), g.add(y, x), g.sub(x, y), g.sub(y, x));
    expect(sum).toBe(same);
    expect(difference).not.toBe(negated);
  });

  it('tells -0 from 0, and every attribute', () => {
    const values = simplified(
      ...[0, -0, NaN].map((c) => g.constant(c)),
      g.constant(0n, 'int64'),
      g.constant(0, 'int32'),
      g.sum(x, [0]),
      g.sum(x, [1]),
      g.scan('cumsum', x, 1),
      g.scan('cumsum', x, 1, true),
    );
    expect(new Set(values).size).toBe(values.length);
    const [a, b] = simplified(g.constant(NaN), g.constant(NaN));
    expect(a).toBe(b);
  });

  it('keeps leaves, versions and barriers apart', () => {
    const own = { id: 900, name: 'w' };
    const state = (version: number): Node =>
      node('state', [], { leaf: own, version, shape: [2], dtype: 'float32' });
    const [v0, again, v1] = simplified(state(0), state(0), state(1));
    expect(v0).toBe(again);
    expect(v0).not.toBe(v1);
    const [a, b] = simplified(g.exp(g.barrier(x)), g.exp(g.barrier(x)));
    expect(a).not.toBe(b);
    expect(becomes(g.neg(g.barrier(g.neg(x))))).toBe('neg(barrier(neg(x)))');
  });

  it('keeps only what roots reach, and assigns', () => {
    const { graph } = simplify({
      outputs: [g.add(g.scale(x, 1), y)],
      assigns: [{ leaf: { id: 901, name: 'w' }, value: g.add(g.scale(g.exp(y), 1), x) }],
    });
    expect(shown(graph)).toMatchInlineSnapshot(`
      "%0 = input float32[2, 3] x
      %1 = input float32[2, 3] y
      %2 = add float32[2, 3] %0 %1
      %3 = exp float32[2, 3] %1
      %4 = add float32[2, 3] %3 %0
      w := %4
      return %2"
    `);
  });
});

describe('sources', () => {
  const at = (place: string, body: () => Node): Node => withSite(new Site(place), body);
  const places = (value: Node): string[] =>
    value.sources.map(({ site, module, origin }) => `${site} ${module ?? ''} ${origin}`);

  it('are those of all that a node stands for', () => {
    const first = at('a.ts:1:1', () => inModule('fc', () => g.exp(x)));
    const second = at('a.ts:2:1', () => withOrigin('backward', () => g.exp(x)));
    const third = at('a.ts:3:1', () => g.neg(g.neg(g.scale(first, 1))));
    const [value] = simplified(third, second);
    expect(places(value!)).toEqual(['a.ts:1:1 fc forward', 'a.ts:3:1  forward', 'a.ts:2:1  backward']);
  });

  it('are bounded, and of leaves their own', () => {
    const many = Array.from({ length: 100 }, (_, i) => at(`a.ts:${i}:1`, () => g.scale(g.exp(x), 1)));
    const [value] = simplified(...many);
    expect(value!.sources.length).toBeLessThan(50);
    expect(simplified(...many.map(() => at('b.ts:1:1', () => g.scale(x, 1))))[0]!.sources).toEqual(x.sources);
  });
});

describe('what does not hold is left alone', () => {
  const n = leaf('n', [2, 3], 'int32');
  const column = leaf('column', [2, 1]);
  const cube = leaf('cube', [2, 3, 4]);
  const whole: Record<string, Node> = {
    'NaN and infinity': g.add(g.sub(x, x), g.add(g.scale(x, 0), g.div(x, x))),
    'a comparison that NaN fails': node('and', [g.eq(x, x), g.not(g.lt(x, y))], {}),
    'a division that rounds': g.withScalar('div', x, 3),
    'a power of two whose reciprocal is subnormal': g.withScalar('div', x, 2 ** 127),
    'a root of -0 and -Infinity': g.withScalar('pow', x, 0.5),
    'integer division': g.withScalar('div', n, 2),
    'float constants that would round together': g.scale(g.scale(x, 3), 5),
    'a cast that narrows': g.cast(g.cast(x, 'float16'), 'float32'),
    'a cast that saturates': g.cast(g.cast(n, 'float64'), 'int8'),
    'a sum of three roundings': g.sum(g.expand(column, [2, 3]), [1]),
    'a mixed reduction': g.reduce('amax', g.reduce('amin', x, [1]), [0]),
    'a reduction of half a merged dimension': g.sum(g.reshape(x, [3, 2]), [0]),
    'a reshape that merges a stretched dimension with another': g.reshape(g.expand(column, [2, 3]), [6]),
    'a slice that thins out padding': g.sliceAxis(g.padAxis(x, 1, 2, 2), 1, 1, 3, 2),
    'slices that leave a gap': g.concat([g.sliceAxis(x, 1, 0, 1), g.sliceAxis(x, 1, 2, 1)], 1),
    'pads of different values': g.padAxis(g.padAxis(x, 1, 1, 1, 0, 1), 1, 1, 1, 0, 2),
    'a permute that would permute the result': g.dot(g.permute(cube, [2, 1, 0]), y, {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [1],
      rhsContract: [1],
    }),
  };
  it.each(Object.entries(whole))('%s', (_, value) => {
    expect(becomes(value)).toBe(expression(value));
  });

  it('a reduction that something else reads too', () => {
    const rows = g.reduce('amax', x, [1]);
    const [all] = simplified(g.reduce('amax', rows, [0]), rows);
    expect(expression(all!)).toBe('amax axes=[0](amax axes=[1](x))');
  });
});

describe('everyday graphs', () => {
  it('computes scalars of an optimizer once, before they are stretched', () => {
    const step = leaf('step', []);
    const correction = g.sub(g.constant(1), g.binary('pow', g.constant(0.9), step));
    const update = g.div(g.expandTo(g.constant(0.1), [2, 3]), g.expandTo(correction, [2, 3]));
    const graph = { outputs: [g.sub(x, g.mul(y, update))], assigns: [] };
    expect(shown(graph)).toMatchInlineSnapshot(`
      "%0 = input float32[2, 3] x
      %1 = input float32[2, 3] y
      %2 = constant float32[] 0.1
      %3 = reshape float32[1, 1] %2
      %4 = expand float32[2, 3] %3
      %5 = constant float32[] 1
      %6 = constant float32[] 0.9
      %7 = input float32[] step
      %8 = pow float32[] %6 %7
      %9 = sub float32[] %5 %8
      %10 = reshape float32[1, 1] %9
      %11 = expand float32[2, 3] %10
      %12 = div float32[2, 3] %4 %11
      %13 = mul float32[2, 3] %1 %12
      %14 = sub float32[2, 3] %0 %13
      return %14"
    `);
    expect(shown(simplify(graph).graph)).toMatchInlineSnapshot(`
      "%0 = input float32[2, 3] x
      %1 = input float32[2, 3] y
      %2 = constant float32[] 0.10000000149011612
      %3 = reshape float32[1, 1] %2
      %4 = constant float32[] 1
      %5 = constant float32[] 0.8999999761581421
      %6 = input float32[] step
      %7 = pow float32[] %5 %6
      %8 = sub float32[] %4 %7
      %9 = reshape float32[1, 1] %8
      %10 = div float32[1, 1] %3 %9
      %11 = expand float32[2, 3] %10
      %12 = mul float32[2, 3] %1 %11
      %13 = sub float32[2, 3] %0 %12
      return %13"
    `);
  });

  it('undoes a concat of flattened parts', () => {
    const joined = g.stopGradient(g.concat([g.reshape(x, [6]), g.reshape(y, [6])], 0));
    expect(becomes(g.reshape(g.sliceAxis(joined, 0, 6, 6), [2, 3]))).toBe('y');
  });
});

describe('time', () => {
  it('is linear: 100,000 chained nodes', { timeout: 20_000 }, () => {
    let value = x;
    withSite(new Site(''), () => {
      for (let i = 0; i < 50_000; i++) value = g.add(g.mul(value, y), x);
    });
    const begin = performance.now();
    const { graph } = simplify({ outputs: [value], assigns: [] });
    const seconds = (performance.now() - begin) / 1000;
    expect(topological(graph.outputs).length).toBe(100_002);
    expect(seconds).toBeLessThan(10);
  });

  it('is linear: 100,000 nodes that all go away', { timeout: 20_000 }, () => {
    let value = x;
    withSite(new Site(''), () => {
      for (let i = 0; i < 50_000; i++) value = g.neg(value);
      for (let i = 0; i < 50_000; i++) value = g.swapAxes(value, 0, 1);
    });
    expect(becomes(value)).toBe('x');
  });
});

it('random graphs keep their values, and are in normal form', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(randomGraph(), ({ graph, data, tolerances }) => {
      const values: LeafData = (own) => data.get(own)!;
      const after = simplify(graph).graph;
      verify(after);
      expect(simplify(after).log.filter((record) => record.rewrites > 0)).toEqual([]);
      const have = interpret(after, values);
      interpret(graph, values).forEach((want, i) => {
        want.data.forEach((value, at) => {
          const [a, b] = [Number(value), Number(have[i]!.data[at])];
          const near = Object.is(a, b) || Math.abs(a - b) <= tolerances[i]! + 1e-6 * Math.abs(a);
          if (!near) expect(b).toBe(a);
        });
      });
    }),
    { numRuns: Number(process.env['FUSEGRAD_RUNS'] ?? 200) },
  );
});

it('the log has every pass, with what it did', () => {
  const { log } = simplify({ outputs: [g.add(g.scale(x, 1), g.scale(x, 1))], assigns: [] });
  expect(log.map((record) => record.pass)).toEqual([
    ...passes.map((pass) => pass.name),
    'common subexpressions',
    'dead code',
  ]);
  expect(log.filter((record) => record.rewrites > 0)).toMatchInlineSnapshot(`
    [
      {
        "laws": [
          {
            "law": "x * 1 = x",
            "rewrites": 1,
          },
        ],
        "pass": "identities",
        "rewrites": 1,
      },
      {
        "laws": [],
        "pass": "common subexpressions",
        "rewrites": 4,
      },
      {
        "laws": [],
        "pass": "dead code",
        "rewrites": 4,
      },
    ]
  `);
});
