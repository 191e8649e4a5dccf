/** Emitted programs of random graphs do what their nests say: a fault here is the backend's own. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dtypes, type DType, type TypedArray } from '../../../src/core/index.js';
import { fuse } from '../../../src/fusion/index.js';
import { lower } from '../../../src/lower/index.js';
import { decode, encode, type Value } from '../../../src/ops/index.js';
import { simplify } from '../../../src/passes/index.js';
import { plan } from '../../../src/plan/index.js';
import { randomGraph } from '../../oracle/random-graph.js';
import { runProgram as byDefinition } from '../../oracle/run-program.js';
import { onEachBackend } from '../each-backend.js';

const stored = (values: readonly Value[], dtype: DType): TypedArray => {
  const array = new dtypes[dtype].array(values.length);
  array.set(values.map((value) => encode(value, dtype)) as number[] & bigint[]);
  return array;
};

const close = (got: Value, want: Value, dtype: DType): boolean => {
  const [a, b] = [Number(got), Number(want)];
  if (Object.is(a, b) || a === b) return true;
  return dtypes[dtype].kind === 'float' && Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(b));
};

onEachBackend(
  (_, { target, program: run }) => {
    test.each([true, false])(
      'emitted programs do what their nests say, fusion: %s',
      async (fusion) => {
        await fc.assert(
          fc.asyncProperty(randomGraph({ steps: 20, dtypes: target.dtypes }), async ({ graph, data }) => {
            const fused = fuse(simplify(graph).graph, target, { fusion });
            const { scratchBytes } = target;
            const { program, inputs } = plan(lower(fused, { segments: fusion, scratchBytes }), fused, target);
            const given = inputs.map((leaf) => [...data.get(leaf)!]);
            const expected = byDefinition(program, given);
            const { outputs } = await run(
              program,
              program.inputs.map(({ dtype }, i) => stored(given[i]!, dtype)),
            );
            outputs.forEach((output, n) => {
              const { dtype } = program.outputs[n]!;
              const wrong = expected[n]!.findIndex(
                (want, i) => !close(decode(output[i]!, dtype), want, dtype),
              );
              expect(wrong === -1 ? 'right' : `${output[wrong]}, not ${expected[n]![wrong]}`).toBe('right');
            });
          }),
          { numRuns: target.name === 'webgpu' ? 25 : 80 },
        );
      },
      120_000,
    );
  },
  { cut: true },
);
