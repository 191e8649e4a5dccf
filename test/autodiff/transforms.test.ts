import { describe, expect, it } from 'vitest';
import { g, node, topological, type Node } from '../../src/graph/index.js';
import {
  checkpoint,
  customGradient,
  grad,
  jvp,
  registerGradientRule,
  valueAndGrad,
  vjp,
} from '../../src/autodiff/index.js';
import { checkGradients, differences, evaluate, expectClose, leaf, weighted } from './check.js';

const total = (x: Node): Node =>
  g.sum(
    x,
    x.shape.map((_, i) => i),
  );
const tanh = (x: Node): Node => g.unary('tanh', x);

describe('valueAndGrad', () => {
  it('tells the same value given twice apart', () => {
    const x = leaf([2], [2, 3]);
    const { value, gradients } = valueAndGrad((a, b) => total(g.mul(a, g.mul(b, b))), [x, x]);
    expect(evaluate(value, ...gradients)).toEqual([[35], [4, 9], [8, 18]]);
  });
  it('nests: the gradient of a gradient', () => {
    const x = leaf([], [2]);
    const cube = (a: Node): Node => g.mul(a, g.mul(a, a));
    const slope =
      (f: (a: Node) => Node) =>
      (a: Node): Node =>
        valueAndGrad(f, [a]).gradients[0]!;
    expect(evaluate(slope(cube)(x), slope(slope(cube))(x), slope(slope(slope(cube)))(x))).toEqual([
      [12],
      [12],
      [6],
    ]);
  });
});

describe('vjp', () => {
  it('pulls several cotangents back', () => {
    const [x, y] = [leaf([2], [2, 3]), leaf([2], [5, 7])];
    const { outputs, pullback } = vjp((a, b) => [g.mul(a, b), g.add(a, b)], [x, y]);
    const found = pullback([leaf([2], [1, 10]), leaf([2], [100, 1000])]);
    expect(evaluate(...outputs, ...found)).toEqual([
      [10, 21],
      [7, 10],
      [105, 1070],
      [102, 1030],
    ]);
  });
});

describe('jvp', () => {
  const fn = (a: Node, w: Node): Node[] => {
    const h = tanh(g.matmul(a, w));
    return [h, g.reduce('prod', h, [1]), g.div(h, g.expand(g.sum(g.exp(h), [1], true), h.shape))];
  };
  it('equals finite differences along the tangent', () => {
    const [x, w, dx, dw, t] = [leaf([2, 3]), leaf([3, 2]), leaf([2, 3]), leaf([3, 2]), leaf([], [0])];
    const pushed = jvp((a, b) => fn(a, b), [x, w], [dx, dw]);
    const along = (v: Node, d: Node): Node => g.add(v, g.mul(d, g.expandTo(t, d.shape)));
    const moved = fn(along(x, dx), along(w, dw));
    pushed.tangents.forEach((tangent, i) => {
      expectClose([evaluate(weighted(tangent))[0]![0]!], differences(weighted(moved[i]!), t));
    });
  });
  it('computes nothing of the pullback it came from', () => {
    const x = leaf([3]);
    const { tangents } = jvp((a) => [g.mul(a, a)], [x], [leaf([3])]);
    expect(topological(tangents).some((at) => at.op === 'constant' && at.attrs.value === 0)).toBe(false);
  });
  it('is differentiable, forward over reverse', () => {
    checkGradients(
      (x, v) => jvp((a) => [grad(total(tanh(g.mul(a, a))), [a])[0]!], [x], [v]).tangents[0]!,
      [leaf([3]), leaf([3])],
      1,
    );
  });
  it('zero for outputs that do not depend on the input, or are discrete', () => {
    const x = leaf([2]);
    const other = leaf([2]);
    const { tangents } = jvp((a) => [other, g.eq(a, other)], [x], [leaf([2])]);
    expect(tangents.map((tangent) => tangent.dtype)).toEqual(['float64', 'bool']);
    expect(evaluate(tangents[0]!)).toEqual([[0, 0]]);
  });
  it('refuses a tangent that does not fit', () => {
    expect(() => jvp((a) => [a], [leaf([2])], [leaf([3])])).toThrow('tangent of input 0 is float64[3]');
  });
});

describe('custom gradients', () => {
  const clipped = registerGradientRule((ct, [x], value) => [g.add(g.scale(ct, 10), g.mul(x!, value))]);
  it('replace the rule of what they wrap', () => {
    const x = leaf([2], [2, 3]);
    const y = customGradient(clipped, g.mul(x, x), [x]);
    expect(evaluate(grad(total(y), [x])[0]!)).toEqual([[10 + 2 * 4, 10 + 3 * 9]]);
  });
  it('are differentiated again as written', () => {
    const sine = registerGradientRule((ct, [x]) => [g.mul(ct, g.unary('cos', x!))]);
    checkGradients((x) => customGradient(sine, g.unary('sin', x), [x]), [leaf([3])]);
  });
  it('must fit their operands', () => {
    const wrong = registerGradientRule((ct) => [total(ct)]);
    const x = leaf([2]);
    expect(() => grad(total(customGradient(wrong, g.exp(x), [x])), [x])).toThrow(
      'the gradient of customGradient is float64[] for an operand that is float64[2]',
    );
  });
  it('must be registered', () => {
    const x = leaf([2]);
    expect(() => grad(total(node('customGradient', [x, x], { rule: 12345 })), [x])).toThrow(
      /registered under 12345/,
    );
  });
});

describe('checkpoint', () => {
  const [w, x] = [leaf([3, 3]), leaf([2, 3])];
  const layer = (h: Node): Node => tanh(g.matmul(h, w));
  const deep = (h: Node): Node => layer(layer(layer(h)));
  const inner = (h: Node): Node => checkpoint((a) => [layer(a)], [h])[0]!;
  const ways: Record<string, (h: Node) => Node> = {
    'one segment': (h) => checkpoint((a) => [deep(a)], [h])[0]!,
    'a segment each': (h) => inner(inner(inner(h))),
    nested: (h) => checkpoint((a) => [inner(layer(inner(a)))], [h])[0]!,
  };
  for (const [name, build] of Object.entries(ways)) {
    it(`${name}: value and gradients as without, captured weights included`, () => {
      const [plain, marked] = [total(deep(x)), total(build(x))];
      const all = evaluate(plain, ...grad(plain, [x, w]), marked, ...grad(marked, [x, w]));
      for (let i = 0; i < 3; i++) expectClose(all[i + 3]!, all[i]!, 1e-12);
    });
    it(`${name}: second order`, () => checkGradients(build, [x]));
  }
  it('computes the segment again behind barriers', () => {
    const [found] = grad(total(ways['one segment']!(x)), [x]);
    const nodes = topological([found!]);
    const forward = nodes.filter((at) => at.op === 'tanh' && at.sources[0]!.origin === 'forward');
    const again = nodes.filter((at) => at.op === 'tanh' && at.sources[0]!.origin === 'backward');
    expect([forward.length, again.length]).toEqual([0, 3]);
    expect(nodes.some((at) => at.op === 'barrier')).toBe(true);
  });
  it('keeps the gradients of values it closes over, leaves or not', () => {
    const scale = g.exp(w);
    const run = (wrap: (f: (a: Node) => readonly Node[], a: Node[]) => readonly Node[]): number[][] => {
      const loss = total(wrap((a) => [g.mul(tanh(g.matmul(a, scale)), x)], [g.mul(x, x)])[0]!);
      return evaluate(...grad(loss, [x, w]));
    };
    const [plain, marked] = [run((f, [a]) => f(a!)), run((f, a) => checkpoint(f, a))];
    plain.forEach((values, i) => expectClose(marked[i]!, values, 1e-12));
  });
  it('several outputs are computed again once', () => {
    const run = (h: Node): readonly Node[] => {
      const y = tanh(h);
      return [y, g.exp(y), g.lt(y, h), total(y)];
    };
    const join = ([a, b, c, d]: readonly Node[]): Node => g.mul(total(g.where(c!, a!, g.mul(a!, b!))), d!);
    const [plain, marked] = [join(run(x)), join(checkpoint(run, [x]))];
    const [found] = grad(marked, [x]);
    const [expected, actual] = evaluate(grad(plain, [x])[0]!, found!);
    expectClose(actual!, expected!, 1e-12);
    const again = topological([found!]).filter(
      (at) => at.op === 'tanh' && at.sources[0]!.origin === 'backward',
    );
    expect(again).toHaveLength(1);
  });
  it('a thousand segments stay linear', () => {
    let y = x;
    for (let i = 0; i < 1000; i++) y = inner(y);
    const start = performance.now();
    grad(total(y), [x]);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
