/** The wasm backend with threads of its own, and launches cut as finely as they can be. */
import type { Backend, Emitted } from '../../../../src/backends/backend.js';
import type { Storage } from '../../../../src/backends/storage.js';
import { wasmBackend, wasmTarget } from '../../../../src/backends/wasm/index.js';
import { compileCode, instantiate, type Code } from '../../../../src/backends/wasm/instantiate.js';
import { Device } from '../../../../src/backends/wasm/memory.js';
import { emitProgram } from '../../../../src/backends/wasm/program.js';
import { Pool } from '../../../../src/backends/wasm/threads/pool.js';
import { registerBackend } from '../../../../src/runtime/index.js';

interface Made extends Emitted, Code {
  readonly module: object;
}

const sentinel = 0x5ca1ab1e;

/** A device of its own with a pool of its own. */
export class Team {
  readonly device = new Device({ shared: true });
  readonly notices: string[] = [];
  readonly pool: Pool;
  /** Programs whose launches are cut. */
  split = 0;
  #own: { readonly first: number; readonly bytes: number } | undefined;

  constructor(
    public threads: number,
    source?: string,
  ) {
    this.pool = new Pool(this.device, (reason) => this.notices.push(reason), source);
  }

  /** What `wasm` stands for inside `withTeam`: one object, or its programs would be compiled again each time. */
  readonly backend: Backend<Made> = {
    name: 'wasm',
    target: wasmTarget,
    emit: (program) => {
      const options = { instrument: false, relaxed: false, shared: true, finest: true };
      const { source, ...code } = emitProgram(program, options);
      return { ...code, module: compileCode(code), source: source() };
    },
    load: (program, emitted) => {
      const { threadBytes = 0, scratchBytes } = emitted;
      if (threadBytes > 0) {
        this.split++;
        this.#own = { first: scratchBytes - threadBytes, bytes: threadBytes };
      }
      return instantiate(program, emitted, emitted.module, this.device, {}, this);
    },
  };

  /** Marks the beginning of each thread's scratch, which every chunk clears. */
  mark(): void {
    for (let i = 1; i < this.threads; i++) this.device.words[this.#noteOf(i)] = sentinel;
  }

  /** How many workers have taken a chunk of the program loaded last since they were marked. */
  get helped(): number {
    let count = 0;
    for (let i = 1; i < this.threads; i++) if (this.device.words[this.#noteOf(i)] !== sentinel) count++;
    return count;
  }

  #noteOf(thread: number): number {
    const { first, bytes } = this.#own!;
    return (this.device.scratch.address + first + thread * bytes) / 4;
  }
}

export function withTeam<T>(team: Team, body: () => T): T {
  registerBackend(team.backend);
  try {
    return body();
  } finally {
    registerBackend(wasmBackend);
  }
}

/** The bytes of a storage's content, as they are now. */
export const bytesOf = ({ array }: Storage): Uint8Array =>
  Uint8Array.from(new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength));
