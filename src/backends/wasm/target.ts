import { dtypeNames } from '../../core/index.js';
import type { Target } from '../../plan/target.js';
import { alignment } from './heap.js';

/** One thread over one linear memory. */
export const wasmTarget: Target = {
  name: 'wasm',
  dtypes: new Set(dtypeNames),
  buffersPerKernel: Infinity,
  scratchBytes: 256 * 1024,
  bindingBytes: 2 ** 32,
  alignment,
  arenas: 'one',
  parallelGrain: Infinity,
  floatAtomics: false,
  maxBodyOps: 400,
  attention: { cacheBytes: 2 ** 20 },
};
