/** Graphs of leaves with made-up data, judged by the float64 interpreter. */
import { isFloat, numel, type DType } from '../../src/core/index.js';
import { node, print, type Node } from '../../src/graph/index.js';
import { decode, type Leaf, type Value } from '../../src/ops/index.js';
import { compileGraph, type BackendName } from '../../src/runtime/index.js';
import { resultsOf } from '../equivalence/results.js';
import { interpret } from '../oracle/interpreter.js';

/** The same numbers in every run. */
export class Numbers {
  #state: number;
  constructor(seed: number) {
    this.#state = (seed + 1) * 2654435761;
  }
  /** From 0 up to 1. */
  next(): number {
    return (this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  }
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** Where a graph is computed. */
export interface Way {
  readonly backend: BackendName;
  readonly fusion: boolean;
}

export class Sweep {
  readonly data = new Map<Leaf, Value[]>();
  readonly numbers: Numbers;

  constructor(seed: number) {
    this.numbers = new Numbers(seed);
  }

  /** Floats in (-1, 1), all different; integers from -3 to 3. */
  leaf(shape: readonly number[], dtype: DType = 'float32', bound = 4): Node {
    const leaf: Leaf = { id: this.data.size, name: `x${this.data.size}` };
    const values = Array.from({ length: numel(shape) }, (): Value => {
      if (isFloat(dtype)) return Math.fround(this.numbers.next() * 2 - 1);
      const integer = this.numbers.below(bound * 2 - 1) - bound + 1;
      return dtype === 'int64' ? BigInt(integer) : integer;
    });
    this.data.set(leaf, values);
    return node('input', [], { leaf, shape, dtype });
  }

  /** Throws where a backend is further from the interpreter than `relative` of the largest element. */
  async check(
    outputs: readonly Node[],
    { relative = 1e-5, ...way }: { readonly relative?: number | undefined } & Way,
  ): Promise<void> {
    const graph = { outputs, assigns: [] };
    const expected = interpret(graph, (leaf) => this.data.get(leaf)!);
    const results = await resultsOf(compileGraph(graph, way), graph, this.data);
    results.forEach((array, o) => {
      const { data, dtype } = expected[o]!;
      const right = Array.from<Value, number>(data, Number);
      const largest = right.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
      const bound = isFloat(dtype) ? largest * (dtype === 'float64' ? 1e-13 : relative) : 0;
      const wrong = right.findIndex((x, i) => {
        const got = Number(decode(array[i]!, dtype));
        return !(got === x || Math.abs(got - x) <= bound);
      });
      if (wrong < 0 && array.length === right.length) return;
      const what = `output ${o}, element ${wrong}: ${array[wrong]} instead of ${right[wrong]}`;
      throw new Error(`${what} (within ${bound}, ${way.backend}, fusion: ${way.fusion})\n${print(graph)}`);
    });
  }
}
