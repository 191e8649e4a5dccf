import { dtypeNames } from '../../core/index.js';
import type { Target } from '../../plan/target.js';

/** One thread of JavaScript over one ArrayBuffer. */
export const jsTarget: Target = {
  name: 'js',
  dtypes: new Set(dtypeNames),
  buffersPerKernel: Infinity,
  scratchBytes: 256 * 1024,
  keepsAcross: true,
  reciprocals: false,
  bindingBytes: Infinity,
  alignment: 8,
  arenas: 'one',
  parallelGrain: Infinity,
  floatAtomics: false,
  maxBodyOps: 400,
  attention: undefined,
};
