import type { BackendName } from '../../src/runtime/index.js';

/** Each backend, fused and unfused. */
export const ways: readonly (readonly [BackendName, boolean])[] = (['js', 'wasm'] as const).flatMap(
  (backend) => [true, false].map((fusion) => [backend, fusion] as const),
);
