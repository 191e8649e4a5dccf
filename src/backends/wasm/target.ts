import { dtypeNames } from '../../core/index.js';
import type { Target } from '../../plan/target.js';
import { alignment } from './heap.js';

/** One thread over one linear memory. */
export const wasmTarget: Target = {
  name: 'wasm',
  dtypes: new Set(dtypeNames),
  buffersPerKernel: Infinity,
  scratchBytes: 256 * 1024,
  keepsAcross: false,
  reciprocals: true,
  bindingBytes: 2 ** 32,
  alignment,
  arenas: 'one',
  parallelGrain: Infinity,
  floatAtomics: false,
  maxBodyOps: 400,
  // Where a training step takes as long either way, [1, 4, T, 32] measured: between T = 512 (4 MB) and 1024 (16 MB).
  attention: { cacheBytes: 8 * 2 ** 20 },
};
