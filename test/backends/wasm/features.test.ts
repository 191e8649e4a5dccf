/** What is asked of the host, and what is said where it refuses. */
import { createContext, runInContext } from 'node:vm';
import { afterEach, describe, expect, test, vi } from 'vitest';
import wabt from 'wabt';
import { compileModule } from '../../../src/backends/wasm/engine.js';
import { hasRelaxedSimd, relaxedProbe, requireSimd, simdProbe } from '../../../src/backends/wasm/features.js';
import { BackendError } from '../../../src/core/index.js';

afterEach(() => vi.unstubAllGlobals());

interface Engine {
  Module: new (bytes: Uint8Array) => object;
  validate(bytes: Uint8Array): boolean;
}
const { WebAssembly: engine } = globalThis as unknown as { WebAssembly: Engine };

test.each([
  ['f32x4.add', 2, simdProbe],
  ['f32x4.relaxed_madd', 3, relaxedProbe],
])('the probe is the module that asks for %s', async (instruction, operands, probe) => {
  const text = `(module (func (param v128) (result v128)
    (${instruction} ${'(local.get 0) '.repeat(operands)})))`;
  const module = (await wabt()).parseWat('probe.wat', text, { relaxed_simd: true });
  expect([...probe]).toEqual([...new Uint8Array(module.toBinary({}).buffer)]);
  module.destroy();
});

test('relaxed SIMD can be had in Node, and then compiles', () => {
  expect(hasRelaxedSimd()).toBe(true);
  expect(engine.validate(relaxedProbe)).toBe(true);
  expect(() => compileModule(relaxedProbe)).not.toThrow();
});

test('what is no module stays an error of the host', () => {
  expect(() => compileModule(Uint8Array.of(1, 2, 3, 4))).toThrow(/magic/);
});

describe('a host that refuses', () => {
  test('compilation, by a policy: the error names the directive and the other backend', () => {
    const strict = createContext({}, { codeGeneration: { strings: false, wasm: false } });
    vi.stubGlobal('WebAssembly', runInContext('WebAssembly', strict));
    expect(() => compileModule(simdProbe)).toThrow(/script-src 'wasm-unsafe-eval'[^]*js backend/);
  });

  test.each([
    'Refused to compile or instantiate WebAssembly module because unsafe-eval is not an allowed source of script',
    'call to WebAssembly.Module() blocked by CSP',
  ])('in the words of a browser: %s', (message) => {
    vi.stubGlobal('WebAssembly', {
      Module: function () {
        throw new Error(message);
      },
    });
    expect(() => compileModule(simdProbe)).toThrow(BackendError);
  });

  test('SIMD, or has no WebAssembly at all', async () => {
    vi.resetModules();
    const fresh = await import('../../../src/backends/wasm/features.js');
    vi.stubGlobal('WebAssembly', undefined);
    expect(() => fresh.requireSimd()).toThrow(/no WebAssembly[^]*setBackend\('js'\)/);
    vi.stubGlobal('WebAssembly', { validate: () => false });
    expect(() => fresh.requireSimd()).toThrow(/no SIMD[^]*setBackend\('js'\)/);
    vi.unstubAllGlobals();
    expect(() => requireSimd()).not.toThrow();
  });
});
