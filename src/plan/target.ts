/** What a backend can do, as far as fusion, lowering and planning need to know. A Program is made for one Target. */
import type { DType } from '../core/index.js';
import type { AttentionLimits } from '../passes/index.js';

export interface Target {
  readonly name: string;
  /** Element types kernels may use. */
  readonly dtypes: ReadonlySet<DType>;
  /** Most buffers one kernel may touch. */
  readonly buffersPerKernel: number;
  /** Memory a row kernel has for values between its stages. */
  readonly scratchBytes: number;
  /** Whether kernels keep values of rows that lie across memory; else neighbouring rows share vectors, and nothing is kept. */
  readonly keepsAcross: boolean;
  /** Whether quotients come faster from a reciprocal that serves a whole row. */
  readonly reciprocals: boolean;
  /** Largest buffer a kernel can bind. */
  readonly bindingBytes: number;
  /** Offsets in the arena are multiples of this. */
  readonly alignment: number;
  /** Whether reads and writes of one kernel may lie in one arena. */
  readonly arenas: 'one' | 'several';
  /** Elements from which splitting a kernel over threads or workgroups is worth it; Infinity: it never is. */
  readonly parallelGrain: number;
  /** Whether several iterations may add to one float at a time. */
  readonly floatAtomics: boolean;
  /** Most scalar instructions of one kernel. */
  readonly maxBodyOps: number;
  /** What there is to know about its attention kernel, if it has one. */
  readonly attention: AttentionLimits | undefined;
}
