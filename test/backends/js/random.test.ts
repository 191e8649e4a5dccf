import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emit, instantiate, jsTarget } from '../../../src/backends/js/index.js';
import { dtypes, numel, type DType, type TypedArray } from '../../../src/core/index.js';
import { fuse } from '../../../src/fusion/index.js';
import { lower } from '../../../src/lower/index.js';
import { decode, encode, type Value } from '../../../src/ops/index.js';
import { simplify } from '../../../src/passes/index.js';
import { plan } from '../../../src/plan/index.js';
import { randomGraph } from '../../oracle/random-graph.js';
import { runProgram } from '../../oracle/run-program.js';

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

test.each([true, false])('emitted programs do what their nests say, fusion: %s', (fusion) => {
  fc.assert(
    fc.property(randomGraph({ steps: 20 }), ({ graph, data }) => {
      const fused = fuse(simplify(graph).graph, jsTarget, { fusion });
      const { program, inputs } = plan(lower(fused, { segments: fusion }), fused, jsTarget);
      const given = inputs.map((leaf) => [...data.get(leaf)!]);
      const expected = runProgram(program, given);
      const outputs = program.outputs.map(({ dtype, shape }) => new dtypes[dtype].array(numel(shape)));
      const arena = new ArrayBuffer(program.arenaBytes);
      // Nothing may rest on memory that no kernel has written: all of it is NaN to begin with.
      new Uint8Array(arena).fill(0xff);
      const memory = {
        arena,
        inputs: program.inputs.map(({ dtype }, i) => stored(given[i]!, dtype)),
        states: [],
        outputs,
      };
      instantiate(program, emit(program), memory).step();
      outputs.forEach((output, n) => {
        const { dtype } = program.outputs[n]!;
        const wrong = expected[n]!.findIndex((want, i) => !close(decode(output[i]!, dtype), want, dtype));
        expect(wrong === -1 ? 'right' : `${output[wrong]}, not ${expected[n]![wrong]}`).toBe('right');
      });
    }),
    { numRuns: 80 },
  );
});
