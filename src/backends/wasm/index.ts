/** The WebAssembly backend: one module per program, over one linear memory for all of them. */
import type { Backend, Emitted } from '../backend.js';
import type { CompiledModule } from './engine.js';
import { hasRelaxedSimd, requireSimd } from './features.js';
import { compileCode, instantiate, type Code } from './instantiate.js';
import { device } from './memory.js';
import { emitProgram } from './program.js';
import { wasmTarget } from './target.js';

export { wasmTarget };

/** A module, compiled when it is first loaded. Any number of executables share it. */
interface WasmEmitted extends Emitted, Code {
  readonly relaxed: boolean;
  compiled?: CompiledModule;
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
    if (options.instrument) {
      const code = emitProgram(program, { instrument: true, relaxed: emitted.relaxed });
      return instantiate(program, code, compileCode(code), device(), options);
    }
    const module = (emitted.compiled ??= compileCode(emitted));
    return instantiate(program, emitted, module, device(), options);
  },
};
