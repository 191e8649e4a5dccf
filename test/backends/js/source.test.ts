/** What a person reads. */
import { expect, test } from 'vitest';
import type { Axis, MapNest } from '../../../src/loops/index.js';
import { at, axes, buffer, compute, constant, flat, load, random, runOn } from '../harness.js';

const map = (nest: Omit<MapNest, 'kind' | 'name' | 'comment'>): MapNest => ({
  kind: 'map',
  name: 'kernel',
  comment: [],
  ...nest,
});

test('contiguous axes become one loop, with one statement', () => {
  const over = axes(4, 5, 6);
  const x = random(120);
  const { outputs, source } = runOn('js')(
    map({
      buffers: [buffer('x', 'float32', 120), buffer('out', 'float32', 120, 'write')],
      axes: over,
      body: [load(0, 0, flat(over)), constant(1, 2), compute(2, 'mul', [0, 1])],
      stores: [{ buffer: 1, index: flat(over), value: 2 }],
    }),
    [x],
  );
  expect(outputs[0]).toEqual(x.map((v) => v * 2));
  expect(source).toMatchInlineSnapshot(`
    "// Program test: 1 kernel, arena of 0 bytes.
    //   inputs[0]  float32[120]  x
    //   outputs[0]  float32[120]  out
    'use strict';

    function kernel(x, out) {
      for (let i2 = 0; i2 < 120; i2++) {
        out[i2] = x[i2] * 2;
      }
    }

    function step() {
      kernel(inputs[0], outputs[0]);
    }

    return step;
    "
  `);
});

test('what a row shares is computed outside the inner loop', () => {
  const [i, j] = axes(3, 4) as [Axis, Axis];
  const [x, bias] = [random(12), random(3)];
  const { source } = runOn('js')(
    map({
      buffers: [
        buffer('x', 'float32', 12),
        buffer('bias', 'float32', 3),
        buffer('out', 'float32', 12, 'write'),
      ],
      axes: [i, j],
      body: [load(0, 0, flat([j, i])), load(1, 1, at(i)), compute(2, 'exp', [1]), compute(3, 'add', [0, 2])],
      stores: [{ buffer: 2, index: flat([i, j]), value: 3 }],
    }),
    [x, bias],
  );
  expect(source).toMatch(/for \(let i0 [^]*exp\(bias\[i0\]\)[^]*for \(let i1/);
});
