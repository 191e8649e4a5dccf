/** The WebAssembly backend: one module per program, over one linear memory for all of them. */
import type { Program } from '../../plan/program.js';
import type { Backend, Emitted } from '../backend.js';
import type { CompiledModule } from './engine.js';
import { hasRelaxedSimd, requireSimd } from './features.js';
import {
  compileCode,
  compileCodeAsync,
  instantiate,
  instantiateAsync,
  type Code,
  type Team,
} from './instantiate.js';
import { device } from './memory.js';
import { emitProgram } from './program.js';
import { wasmTarget } from './target.js';
import { standingPool, threadsAvailable } from './threads/threads.js';

export { wasmTarget };

/** A module, compiled when it is first loaded. Any number of executables share it. */
interface CachedCode extends Code {
  compiled?: CompiledModule;
}

interface WasmEmitted extends Emitted, CachedCode {
  readonly relaxed: boolean;
  readonly threads: number;
}

export const wasmBackend: Backend<WasmEmitted> = {
  name: 'wasm',
  target: wasmTarget,
  emit(program, { deterministic = false, threads: wanted = 1 } = {}) {
    requireSimd();
    const relaxed = !deterministic && hasRelaxedSimd();
    const threads = threadsAvailable(wanted);
    const { source, ...code } = emitProgram(program, { instrument: false, relaxed, shared: threads > 1 });
    let text: string | undefined;
    return {
      ...code,
      relaxed,
      threads,
      get source() {
        return (text ??= source());
      },
    };
  },
  load(program, emitted, options = {}) {
    const code = options.instrument ? instrumented(program, emitted) : emitted;
    code.compiled ??= compileCode(code);
    return instantiate(program, code, code.compiled, device(emitted.threads > 1), options, teamOf(emitted));
  },
  async loadAsync(program, emitted, options = {}) {
    const code = options.instrument ? instrumented(program, emitted) : emitted;
    code.compiled ??= await compileCodeAsync(code);
    const shared = device(emitted.threads > 1);
    return instantiateAsync(program, code, code.compiled, shared, options, teamOf(emitted));
  },
};

const instrumented = (program: Program, { relaxed, threads }: WasmEmitted): CachedCode =>
  emitProgram(program, { instrument: true, relaxed, shared: threads > 1 });

const teamOf = ({ threads }: WasmEmitted): Team | undefined =>
  threads > 1 ? { pool: standingPool(), threads } : undefined;
