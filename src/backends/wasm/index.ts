/** The WebAssembly backend: one module per program, over one linear memory for all of them. */
import type { Backend, Emitted } from '../backend.js';
import type { CompiledModule } from './engine.js';
import { hasRelaxedSimd, requireSimd } from './features.js';
import { compileCode, instantiate, type Code, type Team } from './instantiate.js';
import { device } from './memory.js';
import { emitProgram } from './program.js';
import { wasmTarget } from './target.js';
import { standingPool, threadsAvailable } from './threads/threads.js';

export { wasmTarget };

/** A module, compiled when it is first loaded. Any number of executables share it. */
interface WasmEmitted extends Emitted, Code {
  readonly relaxed: boolean;
  readonly threads: number;
  compiled?: CompiledModule;
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
    const { relaxed, threads } = emitted;
    const shared = threads > 1;
    const team: Team | undefined = shared ? { pool: standingPool(), threads } : undefined;
    if (options.instrument) {
      const code = emitProgram(program, { instrument: true, relaxed, shared });
      return instantiate(program, code, compileCode(code), device(shared), options, team);
    }
    const module = (emitted.compiled ??= compileCode(emitted));
    return instantiate(program, emitted, module, device(shared), options, team);
  },
};
