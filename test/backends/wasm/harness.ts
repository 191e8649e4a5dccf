/** Modules for the assembler's tests, and the independent tools that read them. */
import { setFlagsFromString } from 'node:v8';
import wabt from 'wabt';
import { ModuleBuilder, type Code } from '../../../src/backends/wasm/assembler/index.js';

// Newer versions have relaxed SIMD without a flag.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

/** What the tests use of the host's WebAssembly. */
interface Engine {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, unknown> };
  readonly Memory: new (limits: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
}
export const engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;

export const wabtFeatures = { simd: true, relaxed_simd: true, threads: true, bulk_memory: true };
export const { parseWat, readWasm } = await wabt();

/** A module with one function `f`. */
export function moduleOf(
  takes: string,
  gives: string,
  write: (code: Code) => void,
  options = { relaxed: false, shared: false },
): Uint8Array {
  const builder = new ModuleBuilder(options);
  const declared = builder.function('f', takes, gives);
  write(declared.code);
  builder.export('f', declared);
  return builder.encode();
}

/** Runs `f` of a module. */
export function run(
  bytes: Uint8Array,
  args: readonly (number | bigint)[] = [],
  memory = new engine.Memory({ initial: 1, maximum: 65536 }),
): unknown {
  const module = new engine.Module(bytes);
  const { exports } = new engine.Instance(module, { env: { memory } });
  return (exports['f'] as (...args: readonly (number | bigint)[]) => unknown)(...args);
}

/** wabt's flat text of a module, once it has validated it. */
export function wabtText(bytes: Uint8Array): string {
  const module = readWasm(bytes, { ...wabtFeatures, readDebugNames: true });
  try {
    // Its declaration leaves the argument out.
    (module.validate as (this: typeof module, features: object) => void).call(module, wabtFeatures);
    return module.toText({ foldExprs: false, inlineExport: false });
  } finally {
    module.destroy();
  }
}

/** Instructions of wabt's text, one a string, without the function's locals. */
export function wabtInstructions(bytes: Uint8Array): string[] {
  const lines = wabtText(bytes).split('\n');
  const from = lines.findIndex((line) => line.trim().startsWith('(func $f'));
  const to = lines.findIndex((line) => line.trim().startsWith('(export'));
  return lines
    .slice(from + 1, to)
    .map((line) => line.trim())
    .filter((line) => !line.startsWith('(local'))
    .map((line, i, all) => (i === all.length - 1 ? line.replace(/\)$/, '') : line));
}

/** Contents of a module's code section. */
export function codeSection(bytes: Uint8Array): Uint8Array {
  let at = 8;
  const leb = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const length = leb();
    if (id === 10) return bytes.slice(at, at + length);
    at += length;
  }
  throw new Error('no code section');
}

/** A binary module from text. */
export function assembleText(text: string): Uint8Array {
  const module = parseWat('text.wat', text, wabtFeatures);
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
