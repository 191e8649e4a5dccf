/** The code of a whole program. */
import { InternalError } from '../../core/index.js';
import type { Program } from '../../plan/program.js';
import type { Code } from './instantiate.js';

export interface CodeOptions {
  /** Calls `env.start()` and `env.stop(step)` around each step. */
  readonly instrument: boolean;
  /** Uses relaxed SIMD: faster, and not the same bits on every machine. */
  readonly relaxed: boolean;
}

export function emitProgram(
  program: Program,
  _options: CodeOptions,
): Code & { readonly source: () => string } {
  throw new InternalError(`the wasm backend does not generate code yet: ${program.name}`);
}
