import { expect, test } from 'vitest';
import { emit, instantiate, jsTarget } from '../../../src/backends/js/index.js';
import { BackendError } from '../../../src/core/index.js';
import { axisIndex, constantIndex, type SegmentedNest } from '../../../src/loops/index.js';
import type { Program } from '../../../src/plan/program.js';
import { axes, buffer, compute, constant, flat, load } from '../harness.js';

const at0 = axisIndex(0, Infinity);
const segmented: SegmentedNest = {
  kind: 'segmented',
  name: 'sgd',
  comment: ['sub, mul  train.ts:3:1'],
  buffers: [
    buffer('w', 'float32', 4),
    buffer('g', 'float32', 4),
    buffer('w', 'float32', 4, 'write'),
    buffer('b', 'float32', 2),
    buffer('g', 'float32', 2),
    buffer('b', 'float32', 2, 'write'),
    buffer('lr', 'float32', 1),
  ],
  counts: [4, 2],
  streams: [
    [0, 3],
    [1, 4],
    [2, 5],
  ],
  setup: [load(0, 6), constant(1, 2), compute(2, 'mul', [0, 1])],
  body: [load(3, 0, at0), load(4, 1, at0), compute(5, 'mul', [4, 2]), compute(6, 'sub', [3, 5])],
  stores: [{ buffer: 2, index: at0, value: 6 }],
};

const memoryOf = () => ({
  arena: new ArrayBuffer(64),
  inputs: [Float32Array.of(0.5)],
  states: [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6)],
  outputs: [new Float32Array(4)],
});

/** Gradients in the arena, a segmented update of two cells in place, a copy out. */
const program: Program = {
  name: 'step',
  arenaBytes: 64,
  liveBytes: [24, 24, 24],
  allocations: [
    { name: 'g w', dtype: 'float32', elements: 4, offset: 0, bytes: 16, live: [0, 1] },
    { name: 'g b', dtype: 'float32', elements: 2, offset: 16, bytes: 8, live: [0, 1] },
  ],
  inputs: [{ name: 'lr', dtype: 'float32', shape: [] }],
  states: [
    { name: 'w', dtype: 'float32', shape: [4] },
    { name: 'b', dtype: 'float32', shape: [2] },
  ],
  outputs: [{ name: 'w', dtype: 'float32', shape: [4] }],
  checks: [],
  steps: [
    ...[0, 1].map((n): Program['steps'][number] => {
      const over = axes(n === 0 ? 4 : 2);
      return {
        kind: 'launch',
        nest: {
          kind: 'map',
          name: 'gradient',
          comment: [],
          axes: over,
          buffers: [buffer('out', 'float32', over[0]!.extent, 'write')],
          body: [constant(0, 1)],
          stores: [{ buffer: 0, index: flat(over), value: 0 }],
        },
        buffers: [{ space: 'arena', allocation: n }],
      };
    }),
    {
      kind: 'launch',
      nest: segmented,
      buffers: [
        { space: 'state', index: 0 },
        { space: 'arena', allocation: 0 },
        { space: 'state', index: 0 },
        { space: 'state', index: 1 },
        { space: 'arena', allocation: 1 },
        { space: 'state', index: 1 },
        { space: 'input', index: 0 },
      ],
    },
    {
      kind: 'copy',
      from: { space: 'state', index: 0 },
      to: { space: 'output', index: 0 },
      elements: 4,
      dtype: 'float32',
    },
  ],
};

test('a program: arena, state in place, copies; the source reads well', () => {
  const source = emit(program);
  expect(source).toMatchInlineSnapshot(`
    "// Program step: 4 kernels, arena of 64 bytes.
    //   inputs[0]  float32[]  lr
    //   states[0]  float32[4]  w
    //   states[1]  float32[2]  b
    //   outputs[0]  float32[4]  w
    'use strict';

    const g_w = new Float32Array(arena, 0, 4);
    const g_b = new Float32Array(arena, 16, 2);
    const setup = new Float64Array(1);

    function gradient(out) {
      for (let i0 = 0; i0 < 4; i0++) {
        out[i0] = 1;
      }
    }

    function gradient2(out) {
      for (let i0 = 0; i0 < 2; i0++) {
        out[i0] = 1;
      }
    }

    /**
     * sub, mul  train.ts:3:1
     */
    function sgd(w, g, w2, count) {
      const mul = setup[0];
      for (let i = 0; i < count; i++) {
        w2[i] = w[i] - g[i] * mul;
      }
    }

    function sgd_setup(lr) {
      const mul = lr[0] * 2;
      setup[0] = mul;
    }

    function step() {
      gradient(g_w);
      gradient2(g_b);
      sgd_setup(inputs[0]);
      sgd(states[0], g_w, states[0], 4);
      sgd(states[1], g_b, states[1], 2);
      outputs[0].set(states[0]);
    }

    return step;
    "
  `);
  const memory = memoryOf();
  const executable = instantiate(program, source, memory);
  executable.step();
  expect(memory.states.map((cell) => [...cell])).toEqual([
    [0, 1, 2, 3],
    [4, 5],
  ]);
  expect([...memory.outputs[0]!]).toEqual([0, 1, 2, 3]);
  const other = new Float32Array(4);
  executable.bind('output', 0, other);
  executable.bind('input', 0, Float32Array.of(1));
  executable.step();
  expect([...other]).toEqual([-2, -1, 0, 1]);
  expect([...memory.outputs[0]!]).toEqual([0, 1, 2, 3]);
  expect([...executable.failure]).toEqual([0, 0, 0]);
  expect(executable.profile).toBeUndefined();
});

test('instrumented, it counts launches and times them', () => {
  const source = emit(program);
  const executable = instantiate(program, source, memoryOf(), { instrument: true });
  executable.step();
  executable.step();
  expect(executable.profile!.times.map(({ name, calls }) => [name, calls])).toEqual([
    ['gradient', 2],
    ['gradient', 2],
    ['sgd', 2],
    ['copy', 2],
  ]);
  expect(executable.profile!.times.every(({ ms }) => ms >= 0)).toBe(true);
  expect(executable.source).toBe(source);
});

test('where code generation is forbidden the error names the directive', () => {
  const native = globalThis.Function;
  globalThis.Function = function refuse() {
    throw new EvalError('Refused to evaluate a string as JavaScript');
  } as unknown as FunctionConstructor;
  try {
    expect(() => instantiate(program, emit(program), memoryOf())).toThrow(BackendError);
    expect(() => instantiate(program, emit(program), memoryOf())).toThrow("script-src 'unsafe-eval'");
  } finally {
    globalThis.Function = native;
  }
});

test('a warm step allocates nothing', () => {
  const executable = instantiate(program, emit(program), memoryOf());
  for (let i = 0; i < 2000; i++) executable.step();
  // The engine's own work (optimised code, feedback) falls into some rounds; garbage of a step would fall into all.
  const rounds = Array.from({ length: 10 }, () => {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 500; i++) executable.step();
    return Math.abs(process.memoryUsage().heapUsed - before) / 500;
  });
  expect(Math.min(...rounds)).toBeLessThan(100);
});

test('the target', () => {
  expect(jsTarget.dtypes.has('int64')).toBe(true);
  expect(constantIndex(0).key).toBe('0');
});
