/** compileAsync() and prepare(): what they leave ready, and hosts that compile in no other way. */
import {
  Parameter,
  TraceError,
  assignAll,
  compilationCount,
  compile,
  compileAsync,
  noGrad,
  tensor,
  type Tensor,
} from 'fusegrad';
import { afterEach, describe, expect, test, vi } from 'vitest';

afterEach(() => vi.unstubAllGlobals());

describe.each(['js', 'wasm'] as const)('on %s', (backend) => {
  test('nothing runs while it compiles, nothing compiles when it runs', async () => {
    const w = new Parameter(tensor([3]));
    const add = (x: Tensor) => noGrad(() => assignAll([[w, w.add(x)]]));
    const step = await compileAsync(add, [tensor([4])], { backend });
    expect(await w.tolist()).toEqual([3]);
    const before = compilationCount();
    step(tensor([4]));
    expect(compilationCount()).toBe(before);
    expect(await w.tolist()).toEqual([7]);
  });

  test('other shapes are prepared when asked for', async () => {
    const double = await compileAsync((x: Tensor) => x.mul(2), [tensor([1])], { backend });
    await double.prepare(tensor([1, 2, 3]));
    const before = compilationCount();
    await double.prepare(tensor([4, 5, 6]));
    expect(await double(tensor([4, 5, 6])).tolist()).toEqual([8, 10, 12]);
    expect(compilationCount()).toBe(before);
  });

  test('kernels are timed where that is asked for', async () => {
    const double = await compileAsync((x: Tensor) => x.mul(2), [tensor([1])], { backend, profile: true });
    double(tensor([1]));
    expect(double.profile().map(({ calls }) => calls)).toEqual([1]);
  });

  test('what fails in the function rejects', async () => {
    const failing = compileAsync((x: Tensor) => Promise.resolve(x), [tensor([1])], { backend });
    await expect(failing).rejects.toThrow(TraceError);
  });
});

/** The host's WebAssembly, but for these functions of it. */
function stubWasm(replaced: object): void {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: object };
  vi.stubGlobal('WebAssembly', Object.assign(Object.create(WebAssembly) as object, replaced));
}

/** As Chromium refuses what is large on its main thread. */
const disallowed = (what: string) =>
  function () {
    throw new RangeError(
      `WebAssembly.${what} is disallowed on the main thread, if the buffer size is larger than 8MB. ` +
        'Use WebAssembly.compile, compile on a worker thread, or use the flag `--enable-features=...`.',
    );
  };

test('where the main thread takes no large module, compile() names what does', async () => {
  stubWasm({ Module: disallowed('Compile'), Instance: disallowed('Instance') });
  const square = (x: Tensor) => x.mul(x).neg();
  const step = compile(square, { backend: 'wasm' });
  expect(() => step(tensor([5]))).toThrow(/main thread[^]*await compileAsync\(fn, inputs\)[^]*Worker/);
  await step.prepare(tensor([5]));
  expect(await step(tensor([5])).tolist()).toEqual([-25]);

  // One that compiles at once may still be refused when it is bound to its memory.
  vi.unstubAllGlobals();
  stubWasm({ Instance: disallowed('Instance') });
  expect(() => compile(square, { backend: 'wasm' })(tensor([5]))).toThrow(/await compileAsync/);
});

test('a policy that forbids the code rejects with the directive', async () => {
  const error = new Error('WebAssembly.compile(): violates the following Content Security policy directive');
  stubWasm({ compile: () => Promise.reject(error) });
  const refused = compileAsync((x: Tensor) => x.exp(), [tensor([1])], { backend: 'wasm' });
  await expect(refused).rejects.toThrow("script-src 'wasm-unsafe-eval'");
});
