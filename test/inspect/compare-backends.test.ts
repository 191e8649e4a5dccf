import { describe, expect, test } from 'vitest';
import { jsBackend } from '../../src/backends/js/index.js';
import { F, cat, compile, linspace, nn, optim, randn, tensor, type Tensor } from '../../src/index.js';
import { compareBackends } from '../../src/inspect/index.js';
import { registerBackend, type BackendName } from '../../src/runtime/index.js';
import { initWebGPU } from '../../src/webgpu/index.js';
import { adapter } from '../backends/webgpu/adapter.js';

const labels = (): Tensor => tensor([0, 1, 2, 1, 0, 2, 2, 1], { dtype: 'int32' });

/** An MLP's loss, its gradients and a step of its optimizer. */
function training() {
  const model = new nn.Sequential(new nn.Linear(5, 16), new nn.Tanh(), new nn.Linear(16, 3));
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 });
  const step = compile((x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = F.crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  });
  return { model, step };
}

/** The js backend under a name of its own, with another text in its source. */
function broken(name: string, from: string | RegExp, to: string): BackendName {
  registerBackend({
    ...jsBackend,
    // Names are a closed set to users: a test has one more.
    name: name as BackendName,
    emit: (program, options) => ({ source: jsBackend.emit(program, options).source.replace(from, to) }),
  });
  return name as BackendName;
}

describe('backends that agree', () => {
  test('on js and wasm, an MLP with its gradients and optimizer; nothing is written', async () => {
    const { model, step } = training();
    const before = model.parameters().map((parameter) => parameter.tolistSync());
    const x = randn(8, 5);
    const found = await compareBackends(step, [x, labels()], ['js', 'wasm']);
    expect(found.first).toBeUndefined();
    expect(found.agree).toBe(true);
    expect(found.compared).toBeGreaterThan(40);
    expect(found.skipped).toBe(0);
    expect(Object.keys(found.worst)).toEqual(['js/wasm']);
    expect(found.worst['js/wasm']).toBeLessThan(1e-4);
    expect(String(found)).toMatch(
      /^js and wasm agree: \d+ nodes compared\nlargest relative difference: js\/wasm /,
    );
    expect(model.parameters().map((parameter) => parameter.tolistSync())).toEqual(before);
  });

  test.skipIf(!adapter)('and on webgpu', { timeout: 60_000 }, async () => {
    await initWebGPU();
    const { step } = training();
    const found = await compareBackends(step, [randn(8, 5), labels()], ['js', 'wasm', 'webgpu']);
    expect(found.first, String(found)).toBeUndefined();
    expect(Object.keys(found.worst)).toEqual(['js/wasm', 'js/webgpu', 'wasm/webgpu']);
  });

  test('whatever rounding would tip over further on', async () => {
    const step = compile((x: Tensor) => x.exp().sub(x.exp().log().exp()).sign().add(x.sin()));
    const found = await compareBackends(step, [randn(64)], ['js', 'wasm'], { fused: false });
    expect(found.first, String(found)).toBeUndefined();
  });

  test('integers bit by bit', async () => {
    const step = compile((x: Tensor) => x.mul(x).add(7).cumsum(0));
    const big = tensor([2147483647, -5, 12], { dtype: 'int32' });
    const found = await compareBackends(step, [big], ['js', 'wasm']);
    expect(found.first, String(found)).toBeUndefined();
    expect(found.worst['js/wasm']).toBe(0);
  });
});

describe('a backend that is wrong', () => {
  test('in one op is found there, with both values', async () => {
    const { step } = training();
    const wrong = broken('wrong-tanh', '= tanh(', '= 0.999 * tanh(');
    const { agree, first, ...found } = await compareBackends(
      step,
      [randn(8, 5), labels()],
      ['js', 'wasm', wrong],
    );
    expect(agree).toBe(false);
    expect(first).toMatchObject({ op: 'tanh', dtype: 'float32', shape: [8, 16] });
    expect(first!.site).toMatch(/compare-backends\.test\.ts:\d+:\d+$/);
    expect(first!.position).toHaveLength(2);
    const [a, b] = first!.values;
    expect([a.backend, b.backend]).toEqual(['js', wrong]);
    expect(Number(b.value)).toBeCloseTo(0.999 * Number(a.value), 6);
    expect(first!.bound).toBeLessThan(1e-5);
    expect(found.worst[`js/${wrong}`]).toBeCloseTo(0.001, 4);
  });

  test('is found where it is the first that is named', async () => {
    const wrong = broken('wrong-sin', /Math\.sin\(/g, '1.1 * Math.sin(');
    const step = compile((x: Tensor) => x.exp().sin().cos());
    const found = await compareBackends(step, [randn(4)], [wrong, 'js']);
    expect(found.first).toMatchObject({ op: 'sin', values: [{ backend: wrong }, { backend: 'js' }] });
    expect(String(found)).toMatch(
      /^wrong-sin and js differ: 3 nodes compared\nfirst: sin float32\[4\] at .*:\d+:\d+\n {2}element \[\d\]: wrong-sin \S+, js \S+\n {2}they may be \S+ apart\nlargest/,
    );
  });

  test('in its fused programs only is found in their results', async () => {
    const wrong = broken('wrong-fused', 'Math.cos(exp(', '2 * Math.cos(exp(');
    const step = compile((x: Tensor) => x.exp().cos());
    const x = randn(4);
    const found = await compareBackends(step, [x], ['js', wrong]);
    expect(found.first).toMatchObject({
      op: 'cos',
      values: [
        { backend: 'js', fused: false },
        { backend: wrong, fused: true },
      ],
    });
    expect(String(found)).toContain('wrong-fused (fused) ');
    expect((await compareBackends(step, [x], ['js', wrong], { fused: false })).agree).toBe(true);
  });

  test('in a fused kernel only is found there, not in what comes of it', async () => {
    const wrong = broken('wrong-kernel', 'Math.cos(exp(', '2 * Math.cos(exp(');
    const step = compile((x: Tensor) => x.exp().cos().cumsum(0).matmul(x).matmul(x));
    const found = await compareBackends(step, [randn(4, 4)], ['js', wrong]);
    expect(found.first).toMatchObject({
      op: 'cumsum',
      values: [{ backend: 'js' }, { backend: wrong, fused: true }],
    });
  });

  test('far down a long graph, and beyond a limit in the results', async () => {
    const wrong = broken('wrong-end', /Math\.sin\(/g, '2 * Math.sin(');
    const step = compile((x: Tensor) => {
      let y = x;
      for (let i = 0; i < 1100; i++) y = y.abs().mul(0.999);
      return y.sin();
    });
    const x = randn(3);
    const found = await compareBackends(step, [x], ['js', wrong]);
    expect(found.skipped).toBe(0);
    expect(found.first).toMatchObject({ op: 'sin', values: [{ fused: false }, { fused: false }] });
    const limited = await compareBackends(step, [x], ['js', wrong], { limit: 10 });
    expect(limited.compared).toBe(10);
    expect(limited.agree).toBe(false);
    expect(limited.first).toMatchObject({ op: 'sin', values: [{ fused: false }, { fused: true }] });
  });

  test('by one in integers differs', async () => {
    const wrong = broken('wrong-sum', /Math\.imul\(([^()]*)\)/g, '(Math.imul($1) + 1)');
    const step = compile((x: Tensor) => x.mul(x));
    const found = await compareBackends(step, [tensor([1000000, 3], { dtype: 'int32' })], ['js', wrong]);
    expect(found.first).toMatchObject({ op: 'mul', dtype: 'int32', bound: 0 });
    expect(String(found)).toContain('they must be equal');
  });
});

test('quickly: results of the fused programs alone, and nodes when they differ', async () => {
  const { step } = training();
  const inputs: [Tensor, Tensor] = [randn(8, 5), labels()];
  const found = await compareBackends(step, inputs, ['js', 'wasm'], { quick: true });
  expect(found.agree, String(found)).toBe(true);
  expect(found.compared).toBeGreaterThan(4);
  expect(found.skipped).toBeGreaterThan(found.compared);
  const wrong = broken('wrong-quick', '= tanh(', '= 0.9 * tanh(');
  const { first, compared } = await compareBackends(step, inputs, ['js', wrong], { quick: true });
  expect(first).toMatchObject({ op: 'tanh', shape: [8, 16] });
  expect(compared).toBeGreaterThan(40);
});

test('a result that is made of roundings may differ by those', async () => {
  // A mean of odd terms over even places: fused, it is summed in another order.
  const half = linspace(0.001, 1, 500);
  const step = compile((x: Tensor) =>
    cat([x, x.neg()])
      .add(0.1)
      .sub(0.1)
      .mul(1 / 3)
      .sum(),
  );
  const found = await compareBackends(step, [half], ['js', 'wasm'], { quick: true });
  expect(found.first, String(found)).toBeUndefined();
  expect(found.skipped).toBeGreaterThan(0);
});

test('a limit leaves out the rest, and says so', async () => {
  const step = compile((x: Tensor) => x.exp().sin().cos());
  const found = await compareBackends(step, [randn(4)], ['js', 'wasm'], { limit: 2 });
  expect([found.compared, found.skipped]).toEqual([2, 1]);
  expect(String(found)).toContain('2 nodes compared (1 more not compared)');
});

test('refuses backends that are not there, one alone, and what is not compiled', async () => {
  const step = compile((x: Tensor) => x.exp());
  const compare = (...names: string[]) => compareBackends(step, [randn(2)], names as BackendName[]);
  await expect(compare('js', 'cuda')).rejects.toThrow(/there is no backend "cuda"\n[^]*known are/);
  await expect(compare('js', 'js')).rejects.toThrow('two backends or more');
  const plain = ((x: Tensor) => x) as unknown as typeof step;
  await expect(compareBackends(plain, [randn(2)], ['js', 'wasm'])).rejects.toThrow('hand in compile(fn)');
});

test.skipIf(!adapter)('a dtype that webgpu does not have is refused by name', async () => {
  await initWebGPU();
  const step = compile((x: Tensor) => x.exp());
  const compared = compareBackends(step, [randn([2], { dtype: 'float64' })], ['js', 'webgpu']);
  await expect(compared).rejects.toThrow(/exp: float64 is no dtype of the webgpu backend/);
});
