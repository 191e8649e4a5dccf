/** What a trace sees, and when a function is traced again. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  Buffer,
  Parameter,
  TraceError,
  compilationCount,
  compile,
  grad,
  manualSeed,
  nn,
  noGrad,
  optim,
  rand,
  tensor,
  zeros,
  type Tensor,
} from 'fusegrad';

const values = (x: Tensor) => Array.from(x.dataSync(), Number);
afterEach(() => void vi.restoreAllMocks());

/** A function, and how often it was traced. */
function counting<A extends unknown[], R>(fn: (...args: A) => R) {
  let traces = 0;
  const compiled = compile((...args: A) => {
    traces++;
    return fn(...args);
  });
  return { compiled, traces: () => traces };
}

describe('a function is traced', () => {
  test('once for tensors of one shape and dtype, and runs at every call', () => {
    const { compiled, traces } = counting((x: Tensor) => x.mul(2));
    expect(values(compiled(tensor([1, 2])))).toEqual([2, 4]);
    const before = compilationCount();
    expect(values(compiled(tensor([3, 4])))).toEqual([6, 8]);
    expect(compilationCount()).toBe(before);
    expect(traces()).toBe(1);
    expect(values(compiled(tensor([1, 2, 3])))).toEqual([2, 4, 6]);
    expect(values(compiled(tensor([1, 2], { dtype: 'int32' })))).toEqual([2, 4]);
    expect(traces()).toBe(3);
  });

  test('again for other numbers, strings and booleans among its arguments', () => {
    const { compiled, traces } = counting((x: Tensor, scale: number, mode: string, flip: boolean) =>
      (mode === 'neg' ? x.neg() : x).mul(flip ? -scale : scale),
    );
    expect(values(compiled(tensor([1]), 2, 'neg', false))).toEqual([-2]);
    expect(values(compiled(tensor([1]), 2, 'neg', false))).toEqual([-2]);
    expect(traces()).toBe(1);
    expect(values(compiled(tensor([1]), 3, 'neg', false))).toEqual([-3]);
    expect(values(compiled(tensor([1]), 3, 'pos', false))).toEqual([3]);
    expect(values(compiled(tensor([1]), 3, 'pos', true))).toEqual([-3]);
    expect(values(compiled(tensor([4]), 2, 'neg', false))).toEqual([-8]);
    expect(traces()).toBe(4);
  });

  test('once each in training and in evaluation', () => {
    manualSeed(0);
    const layer = new nn.Dropout(0.5);
    const { compiled, traces } = counting((x: Tensor) => layer(x));
    const ones = tensor(new Float32Array(64).fill(1));
    for (let i = 0; i < 3; i++) {
      layer.train();
      // What is kept is doubled.
      expect(new Set(values(compiled(ones)))).toEqual(new Set([0, 2]));
      layer.eval();
      expect(values(compiled(ones))).toEqual(Array(64).fill(1));
    }
    expect(traces()).toBe(2);
  });

  test('not again for another learning rate', () => {
    const w = new Parameter(tensor([1]));
    const optimizer = new optim.SGD([w], { lr: 0.5 });
    const { compiled, traces } = counting(() => {
      optimizer.zeroGrad();
      w.sum().backward();
      optimizer.step();
    });
    compiled();
    expect(values(w)).toEqual([0.5]);
    optimizer.paramGroups[0]!.lr = 0.25;
    const before = compilationCount();
    compiled();
    expect(values(w)).toEqual([0.25]);
    expect([traces(), compilationCount() - before]).toEqual([1, 0]);
  });

  test('again when requiresGrad changes', () => {
    const a = new Parameter(tensor([2]));
    const b = new Parameter(tensor([3]));
    const { compiled, traces } = counting(() => {
      a.grad = null;
      b.grad = null;
      a.mul(b).sum().backward();
    });
    compiled();
    expect([a.grad?.itemSync(), b.grad?.itemSync()]).toEqual([3, 2]);
    a.requiresGrad_(false);
    compiled();
    expect([a.grad, b.grad?.itemSync()]).toEqual([null, 2]);
    expect(traces()).toBe(2);
  });

  test('five times with a warning that says what changes', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { compiled } = counting((x: Tensor) => x.sum());
    for (let size = 1; size <= 7; size++) compiled(zeros(size));
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toMatch(/traced 5 times.*argument/);
  });
});

describe('arguments and results', () => {
  test('may be arrays and records, nested', () => {
    const f = compile((batch: { x: Tensor; pair: [Tensor, Tensor]; scale: number }) => ({
      sum: batch.x.add(batch.pair[0]),
      rest: [batch.pair[1].mul(batch.scale), { label: 'kept', none: null }] as const,
    }));
    const out = f({ x: tensor([1]), pair: [tensor([2]), tensor([3])], scale: 10 });
    expect(values(out.sum)).toEqual([3]);
    expect(values(out.rest[0])).toEqual([30]);
    expect(out.rest[1]).toEqual({ label: 'kept', none: null });
  });

  test('an argument that is returned is a value of its own, and one returned twice is two', () => {
    const f = compile((x: Tensor) => [x, x, x.reshape(1, 2)]);
    const out = f(tensor([1, 2]));
    expect(out.map(values)).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(out[2]!.shape).toEqual([1, 2]);
  });

  test('the same tensor may stand for two arguments', () => {
    const f = compile((x: Tensor, y: Tensor) => x.mul(y));
    const x = tensor([3]);
    expect(values(f(x, x))).toEqual([9]);
    expect(values(f(x, tensor([5])))).toEqual([15]);
  });

  test('results are copies: changing what data() gave changes nothing', () => {
    const f = compile((x: Tensor) => x.add(1));
    const y = f(tensor([1]));
    y.dataSync()[0] = 100;
    expect(values(y)).toEqual([2]);
  });

  test('a compiled function may call another: it becomes part of the caller', () => {
    const w = new Parameter(tensor([2]));
    const inner = compile((x: Tensor) => x.mul(w));
    const outer = compile((x: Tensor) => grad(inner(x).square().sum(), [w])[0]!);
    // d(x w)^2/dw = 2 x^2 w = 36 at x = 3, w = 2
    expect(values(outer(tensor([3])))).toEqual([36]);
  });
});

describe('what a function captures', () => {
  test('tensors at hand and lazy ones are fixed at the trace', () => {
    const data = tensor([1, 2]);
    const lazy = data.mul(10);
    const f = compile((x: Tensor) => x.add(data).add(lazy));
    expect(values(f(tensor([0, 0])))).toEqual([11, 22]);
    expect(values(f(tensor([1, 1])))).toEqual([12, 23]);
    expect(values(lazy)).toEqual([10, 20]);
  });

  test('state is read at every call', () => {
    const offset = new Buffer(tensor([1]));
    const f = compile((x: Tensor) => x.add(offset));
    expect(values(f(tensor([1])))).toEqual([2]);
    offset.assign(tensor([5]));
    expect(values(f(tensor([1])))).toEqual([6]);
  });

  test('numbers and other values are fixed', () => {
    const options = { scale: 2 };
    const f = compile((x: Tensor) => x.mul(options.scale));
    expect(values(f(tensor([1])))).toEqual([2]);
    options.scale = 3;
    expect(values(f(tensor([1])))).toEqual([2]);
  });

  test('random numbers are drawn anew by every call, as they would be without compile', () => {
    const draw = compile(() => rand(4));
    manualSeed(7);
    const compiled = [values(draw()), values(draw())];
    manualSeed(7);
    expect([values(rand(4)), values(rand(4))]).toEqual(compiled);
    expect(compiled[0]).not.toEqual(compiled[1]);
  });
});

describe('refused while tracing', () => {
  const traced = (body: (x: Tensor) => unknown) => () => compile(body)(tensor([1, 2]));

  test('reading a value', () => {
    expect(traced((x) => x.sum().itemSync())).toThrow(TraceError);
    expect(traced((x) => x.dataSync())).toThrow(/being traced/);
  });

  test('an async function', () => {
    expect(traced(async (x) => Promise.resolve(x))).toThrow(/async/);
  });

  test('a traced tensor used after its call', () => {
    let leaked: Tensor | undefined;
    compile((x: Tensor) => {
      leaked = x.mul(2);
      return x;
    })(tensor([1]));
    expect(() => leaked!.add(1)).toThrow(TraceError);
    expect(() => leaked!.dataSync()).toThrow(TraceError);
    expect(String(leaked)).toMatch(/^Tensor\(float32\[1\], traced/);
  });

  test('nothing of a failed trace is kept', () => {
    let fail = true;
    const w = new Parameter(tensor([1]));
    const f = compile((x: Tensor) => {
      noGrad(() => w.assign(w.add(1)));
      if (fail) throw new Error('not yet');
      return x.mul(w);
    });
    expect(() => f(tensor([3]))).toThrow('not yet');
    expect(values(w)).toEqual([1]);
    fail = false;
    expect(values(f(tensor([3])))).toEqual([6]);
  });
});

test('trace() compiles and runs nothing', () => {
  const w = new Parameter(tensor([1]));
  const f = compile(() => noGrad(() => w.assign(w.add(1))));
  f.trace();
  expect(values(w)).toEqual([1]);
  f();
  expect(values(w)).toEqual([2]);
});

test('the profile counts launches', () => {
  const f = compile((x: Tensor) => x.softmax(-1), { profile: true });
  const x = rand(4, 8);
  for (let i = 0; i < 3; i++) f(x);
  const launches = f.profile().reduce((sum, { calls }) => sum + calls, 0);
  expect(launches).toBe(3 * f.trace(x).kernels.length);
});
