import { expect, test } from 'vitest';
import { emit, instantiate, jsTarget } from '../../../src/backends/js/index.js';
import { BackendError } from '../../../src/core/index.js';
import {
  axisIndex,
  constantIndex,
  type Axis,
  type OpaqueNest,
  type ScatterNest,
  type SegmentedNest,
} from '../../../src/loops/index.js';
import type { Program } from '../../../src/plan/program.js';
import { array, at, axes, buffer, compute, constant, flat, load, random, run } from './harness.js';

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
  expect(executable.profile!.map(({ name, calls }) => [name, calls])).toEqual([
    ['gradient', 2],
    ['gradient', 2],
    ['sgd', 2],
    ['copy', 2],
  ]);
  expect(executable.profile!.every(({ ms }) => ms >= 0)).toBe(true);
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

const scatter = (combine: 'add' | 'set'): ScatterNest => {
  const [token, column] = axes(5, 3) as [Axis, Axis];
  const over = axes(4, 3);
  return {
    kind: 'scatter',
    name: 'scatter',
    comment: [],
    combine,
    buffers: [
      buffer('base', 'float32', 12),
      buffer('index', 'int32', 5),
      buffer('source', 'float32', 15),
      buffer('out', 'float32', 12, 'write'),
    ],
    base: {
      axes: over,
      body: [load(0, 0, flat(over))],
      stores: [{ buffer: 3, index: flat(over), value: 0 }],
    },
    axes: [token, column],
    body: [load(0, 1, at(token), { dtype: 'int32' }), load(1, 2, flat([token, column]))],
    buffer: 3,
    index: at(column),
    indirect: { id: 0, coeff: 3, bound: 4, check: 2 },
    value: 1,
  };
};

test.each(['add', 'set'] as const)('scatter by %s, a bad index dropped and reported', (combine) => {
  const [base, source] = [random(12), random(15)];
  const indices = [2, 0, 4, 2, 3];
  const { outputs, executable } = run(scatter(combine), [base, Int32Array.from(indices), source]);
  const expected = Float32Array.from(base);
  indices.forEach((row, i) => {
    for (let c = 0; c < 3 && row < 4; c++)
      expected[row * 3 + c] = source[i * 3 + c]! + (combine === 'add' ? expected[row * 3 + c]! : 0);
  });
  expect(outputs[0]).toEqual(expected);
  expect([...executable.failure]).toEqual([3, 4, 2]);
});

const sort = (
  op: 'sort' | 'argsort',
  dtype: 'float32' | 'int64' | 'uint8',
  descending: boolean,
  outer: number,
  size: number,
  inner: number,
): OpaqueNest => ({
  kind: 'opaque',
  name: 'sort',
  comment: [],
  op,
  outer,
  size,
  inner,
  descending,
  input: 0,
  output: 1,
  buffers: [
    buffer('x', dtype, outer * size * inner),
    buffer('out', op === 'sort' ? dtype : 'int32', outer * size * inner, 'write'),
  ],
});

test('sort is stable, NaN greatest, along any axis', () => {
  const x = Float32Array.of(3, NaN, -1, 3, -Infinity, 0, -0, NaN);
  const sorted = (descending: boolean) => [
    ...run(sort('sort', 'float32', descending, 1, 8, 1), [x]).outputs[0]!,
  ];
  const order = (descending: boolean) => [
    ...run(sort('argsort', 'float32', descending, 1, 8, 1), [x]).outputs[0]!,
  ];
  expect(sorted(false)).toEqual([-Infinity, -1, 0, -0, 3, 3, NaN, NaN]);
  expect(order(false)).toEqual([4, 2, 5, 6, 0, 3, 1, 7]);
  expect(order(true)).toEqual([1, 7, 0, 3, 5, 6, 2, 4]);
  const grid = Uint8Array.of(3, 1, 2, 2, 1, 3, 9, 0, 8, 1, 7, 2);
  expect([...run(sort('sort', 'uint8', false, 2, 3, 2), [grid]).outputs[0]!]).toEqual([
    1, 1, 2, 2, 3, 3, 7, 0, 8, 1, 9, 2,
  ]);
  const big = array('int64', [5n, -9007199254740993n, -9007199254740992n]);
  expect([...run(sort('argsort', 'int64', false, 1, 3, 1), [big]).outputs[0]!]).toEqual([1, 2, 0]);
});

test('the target', () => {
  expect(jsTarget.dtypes.has('int64')).toBe(true);
  expect(constantIndex(0).key).toBe('0');
});
