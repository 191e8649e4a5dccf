/** The WebAssembly backend: one module per program, over one linear memory for all of them. */
import type { Program } from '../../plan/program.js';
import type { Backend, Emitted } from '../backend.js';
import type { CompiledModule } from './engine.js';
import { hasRelaxedSimd, requireSimd } from './features.js';
import { compileCode, compileCodeAsync, instantiate, instantiateAsync, type Code } from './instantiate.js';
import { device } from './memory.js';
import { emitProgram } from './program.js';
import { wasmTarget } from './target.js';

export { wasmTarget };

/** A module, compiled when it is first loaded. Any number of executables share it. */
interface CachedCode extends Code {
  compiled?: CompiledModule;
}

interface WasmEmitted extends Emitted, CachedCode {
  readonly relaxed: boolean;
}

export const wasmBackend: Backend<WasmEmitted> = {
  name: 'wasm',
  target: wasmTarget,
  emit(program, { deterministic = false } = {}) {
    requireSimd();
    const relaxed = !deterministic && hasRelaxedSimd();
    const { bytes, scratchBytes, source } = emitProgram(program, { instrument: false, relaxed });
    let text: string | undefined;
    return {
      bytes,
      scratchBytes,
      relaxed,
      get source() {
        return (text ??= source());
      },
    };
  },
  load(program, emitted, options = {}) {
    const code = options.instrument ? instrumented(program, emitted) : emitted;
    code.compiled ??= compileCode(code);
    return instantiate(program, code, code.compiled, device(), options);
  },
  async loadAsync(program, emitted, options = {}) {
    const code = options.instrument ? instrumented(program, emitted) : emitted;
    code.compiled ??= await compileCodeAsync(code);
    return instantiateAsync(program, code, code.compiled, device(), options);
  },
};

const instrumented = (program: Program, { relaxed }: WasmEmitted): CachedCode =>
  emitProgram(program, { instrument: true, relaxed });
