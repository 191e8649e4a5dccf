/** What the host's WebAssembly can do beyond the first version. */
import { BackendError } from '../../core/index.js';
import { engine } from './engine.js';

/** A module with one function on a v128, whose body ends in `instruction`. */
function probe(operands: number, instruction: readonly number[]): Uint8Array {
  const body = [0, ...Array.from({ length: operands }, () => [0x20, 0]).flat(), ...instruction, 0x0b];
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7b, 0x01, 0x7b],
    ...[0x03, 0x02, 0x01, 0x00],
    ...[0x0a, body.length + 2, 0x01, body.length, ...body],
  );
}

/** f32x4.add, and f32x4.relaxed_madd: what one has, all of its proposal has. */
export const simdProbe = probe(2, [0xfd, 0xe4, 0x01]);
export const relaxedProbe = probe(3, [0xfd, 0x85, 0x02]);

interface NodeProcess {
  readonly getBuiltinModule?: (id: string) => unknown;
}

/** Node 20 has relaxed SIMD behind a flag, which may be set as long as nothing has been compiled. */
function switchOnRelaxed(): void {
  const { process } = globalThis as { readonly process?: NodeProcess };
  const v8 = process?.getBuiltinModule?.('node:v8') as
    { setFlagsFromString?(flag: string): void } | undefined;
  v8?.setFlagsFromString?.('--experimental-wasm-relaxed-simd');
}

let relaxed: boolean | undefined;

/** Whether relaxed SIMD validates. Ask before the first module is compiled. */
export function hasRelaxedSimd(): boolean {
  if (relaxed !== undefined) return relaxed;
  if (!engine().validate(relaxedProbe)) switchOnRelaxed();
  return (relaxed = engine().validate(relaxedProbe));
}

let simd: boolean | undefined;

/** @throws BackendError where there is no WebAssembly, or one without SIMD. */
export function requireSimd(): void {
  if ((simd ??= engine().validate(simdProbe))) return;
  throw new BackendError(
    'the wasm backend cannot run here: this WebAssembly has no SIMD',
    `use the js backend: setBackend('js')`,
  );
}
