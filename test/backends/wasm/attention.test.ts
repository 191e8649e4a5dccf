/** Attention kernels: what they compute, against the float64 interpreter on the graph as it was traced. */
import { describe, expect, it } from 'vitest';
import { Storage } from '../../../src/backends/storage.js';
import { wasmBackend } from '../../../src/backends/wasm/index.js';
import { gradients } from '../../../src/autodiff/index.js';
import { dtypes, numel, type DType, type Shape } from '../../../src/core/index.js';
import { dropoutWith } from '../../../src/functional/dropout.js';
import { fuse } from '../../../src/fusion/index.js';
import {
  attentionOperands,
  g,
  node,
  randomWords,
  uniformOf,
  type Graph,
  type Node,
} from '../../../src/graph/index.js';
import { lower } from '../../../src/lower/index.js';
import type { Leaf } from '../../../src/ops/index.js';
import { recogniseAttention, simplify } from '../../../src/passes/index.js';
import { plan, type Plan } from '../../../src/plan/index.js';
import { interpret } from '../../oracle/interpreter.js';
import { runProgram } from '../../oracle/run-program.js';

const contents = new Map<Leaf, number[]>();
let seed = 0;
/** A leaf of moderate numbers, the same in every run. */
function leaf(shape: Shape, element?: (i: number) => number, dtype: DType = 'float32'): Node {
  const number = ++seed;
  const of: Leaf = { id: number, name: `x${number}` };
  const noise = (i: number): number => Math.fround(2 * Math.sin(12.9898 * (i + 1) + 78.233 * number));
  contents.set(
    of,
    Array.from({ length: numel(shape) }, (_, i) => (element ?? noise)(i)),
  );
  return node('input', [], { leaf: of, shape, dtype });
}

/** The program with attention online whatever its size. */
function online(graph: Graph, fusion = true): Plan {
  const limits = { cacheBytes: -1 };
  const fused = fuse(simplify(graph, { attention: limits }).graph, wasmBackend.target, { fusion });
  return plan(lower(fused, { segments: fusion }), fused, wasmBackend.target);
}

function runWasm({ program, inputs }: Plan): number[][] {
  const executable = wasmBackend.load(program, wasmBackend.emit(program));
  const storages = inputs.map((of, i) => {
    const { array } = dtypes[program.inputs[i]!.dtype];
    return new Storage(Float32Array.from(contents.get(of)!, Number) && new array(contents.get(of)! as never));
  });
  const results = executable.run(storages, []).map(({ array }) => Array.from(array, Number));
  executable.release();
  return results;
}

function expectClose(
  actual: readonly number[],
  wanted: readonly number[],
  what: string,
  tolerance: number,
): void {
  expect(actual.length).toBe(wanted.length);
  const scale = Math.max(1, ...wanted.filter(Number.isFinite).map(Math.abs));
  actual.forEach((value, i) => {
    const want = wanted[i]!;
    const good = Number.isNaN(want) ? Number.isNaN(value) : Math.abs(value - want) <= tolerance * scale;
    if (!good) throw new Error(`${what}, element ${i}: ${value} instead of ${want}`);
  });
}

interface Case {
  readonly lead?: Shape;
  readonly queries: number;
  readonly keys?: number;
  readonly width: number;
  readonly valueWidth?: number;
  readonly causal?: boolean;
  readonly mask?: (shape: Shape) => Node;
  readonly dropout?: number;
}

function attention({ lead = [2, 2], queries, keys = queries, width, valueWidth = width, ...how }: Case): {
  readonly outputs: Node[];
  readonly operands: Node[];
} {
  const operands = [
    leaf([...lead, queries, width]),
    leaf([...lead, keys, width]),
    leaf([...lead, keys, valueWidth]),
  ];
  const mask = how.mask?.([...lead, queries, keys]);
  const { causal = false, dropout = 0 } = how;
  const words = dropout > 0 ? leaf([2], (i) => 1234567 * (i + 1), 'uint32') : undefined;
  const inputs = [...operands, mask, words].filter((x) => x !== undefined);
  const value = node('attention', inputs, { scale: 0.4, causal, dropout });
  const cotangent = leaf(value.shape);
  return { outputs: [value, ...gradients([value], [cotangent], operands).map((x) => x!)], operands };
}

const names = ['output', 'gradient of q', 'gradient of k', 'gradient of v'];
const dataOf = (of: Leaf): number[] => contents.get(of)!;

function check(outputs: Node[], { fusion = true, tolerance = 2e-5 } = {}): Plan {
  const graph: Graph = { outputs, assigns: [] };
  const wanted = interpret(graph, dataOf).map(({ data }) => Array.from(data, Number));
  const planned = online(graph, fusion);
  const kinds = planned.program.steps.map((step) => (step.kind === 'launch' ? step.nest.kind : 'copy'));
  expect(kinds).toContain('attention');
  runWasm(planned).forEach((values, i) => expectClose(values, wanted[i]!, names[i] ?? '', tolerance));
  return planned;
}

describe('computes output and gradients', () => {
  const bias = (shape: Shape): Node => g.expandTo(leaf(shape.slice(-2)), shape);
  const cases: Readonly<Record<string, Case>> = {
    'one block': { queries: 16, width: 8 },
    'one query and one key': { queries: 1, width: 1 },
    'odd sizes': { queries: 13, keys: 21, width: 5, valueWidth: 7 },
    'more than one block': { queries: 150, width: 32 },
    'blocks with rests': { queries: 131, keys: 77, width: 19, valueWidth: 3, lead: [3] },
    'no leading dimensions': { queries: 70, keys: 9, width: 4, lead: [] },
    causal: { queries: 150, width: 16, causal: true },
    'causal, more keys than queries': { queries: 10, keys: 100, width: 8, causal: true },
    'causal, more queries than keys': { queries: 100, keys: 70, width: 8, causal: true },
    'a mask': { queries: 70, keys: 67, width: 8, mask: bias },
    'a causal mask as numbers': {
      queries: 66,
      width: 8,
      mask: (shape) =>
        g.expandTo(
          leaf([66, 66], (i) => (i % 66 > Math.floor(i / 66) ? -Infinity : 0)),
          shape,
        ),
    },
    dropout: { queries: 70, keys: 66, width: 8, dropout: 0.3 },
    'dropout and causal': { queries: 70, width: 8, dropout: 0.5, causal: true },
  };
  it.each(Object.entries(cases))('%s', (_, each) => {
    check(attention(each).outputs);
  });

  it('without fusion', () => {
    check(attention({ queries: 30, width: 8 }).outputs, { fusion: false });
  });
});
