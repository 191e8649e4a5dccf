/** A program bound to memory. */
import { IndexError, dtypes, numel, type TypedArray } from '../core/index.js';
import type { Check } from '../lower/index.js';
import type { Leaf } from '../ops/index.js';
import type { Program } from '../plan/index.js';
import { backendOf, type Executable, type KernelTime } from './backend.js';
import { Data, type Cell } from './cell.js';
import type { Compilation } from './pipeline.js';

export class Instance {
  readonly program: Program;
  readonly #inputs: TypedArray[];
  readonly #states: TypedArray[];
  readonly #executable: Executable;
  /** Positions among the graph's leaves. */
  readonly #inputLeaf: readonly number[];
  readonly #stateLeaf: readonly number[];
  /** Make room for each result. */
  readonly #results: readonly (() => TypedArray)[];
  /** Checks whose indices are inputs: made before anything runs. */
  readonly #early: readonly { readonly check: Check; readonly input: number }[];

  constructor(
    readonly compilation: Compilation,
    options: { readonly instrument?: boolean } = {},
  ) {
    const { plan, source, leaves } = compilation;
    const position = new Map(leaves.map((leaf, i) => [leaf, i]));
    this.#inputLeaf = plan.inputs.map((leaf) => position.get(leaf)!);
    this.#stateLeaf = plan.states.map((leaf) => position.get(leaf)!);
    this.program = plan.program;
    const { inputs, states, outputs, arenaBytes, checks } = plan.program;
    const empty = (slot: { dtype: keyof typeof dtypes }): TypedArray => new dtypes[slot.dtype].array(0);
    this.#results = outputs.map(({ shape, dtype }) => {
      const { array: Constructor } = dtypes[dtype];
      const size = numel(shape);
      return () => new Constructor(size);
    });
    this.#inputs = inputs.map(empty);
    this.#states = states.map(empty);
    const memory = {
      arena: new ArrayBuffer(arenaBytes),
      inputs: this.#inputs,
      states: this.#states,
      outputs: outputs.map(empty),
    };
    this.#executable = backendOf(compilation.backend).instantiate(plan.program, source, memory, options);
    this.#early = checks.flatMap((check) => {
      const input = check.index ? plan.inputs.indexOf(check.index) : -1;
      return input < 0 ? [] : [{ check, input }];
    });
  }

  get profile(): readonly KernelTime[] {
    return this.#executable.profile ?? [];
  }

  /**
   * Runs the program, which overwrites `written`. `leaves` stand where the compiled graph's own leaves stood, in the same
   * order; a placeholder's data comes from `argument`. Results are new arrays. Nothing else is allocated, iterators neither.
   */
  run(leaves: readonly Leaf[], argument: (leaf: Leaf) => TypedArray, written: readonly Cell[]): TypedArray[] {
    for (let i = 0; i < this.#inputs.length; i++) {
      const leaf = leaves[this.#inputLeaf[i]!]!;
      const array = leaf instanceof Data ? leaf.array : argument(leaf);
      if (this.#inputs[i] !== array) this.#bind('input', i, (this.#inputs[i] = array));
    }
    for (let i = 0; i < this.#states.length; i++) {
      const { array } = leaves[this.#stateLeaf[i]!] as Cell;
      if (this.#states[i] !== array) this.#bind('state', i, (this.#states[i] = array));
    }
    for (let i = 0; i < this.#early.length; i++)
      checkIndices(this.#early[i]!.check, this.#inputs[this.#early[i]!.input]!);
    const results: TypedArray[] = [];
    for (let i = 0; i < this.#results.length; i++) {
      results.push(this.#results[i]!());
      this.#bind('output', i, results[i]!);
    }
    this.#executable.step();
    for (let i = 0; i < written.length; i++) written[i]!.written();
    const { failure } = this.#executable;
    if (failure[0] !== 0) this.#report(failure);
    return results;
  }

  #bind(space: 'input' | 'state' | 'output', index: number, array: TypedArray): void {
    this.#executable.bind(space, index, array);
  }

  #report(failure: Int32Array): never {
    const [id, index, position] = failure;
    failure.fill(0);
    throw outOfRange(this.program.checks[id! - 1]!, index!, position!);
  }
}

function outOfRange(check: Check, index: number, position: number): IndexError {
  const where = check.module ? ` in ${check.module}` : '';
  return new IndexError(
    `${check.op}: index ${index} at position ${position} is out of range for ${check.bound} entries${where}`,
    `indices must be in [0, ${check.bound - 1}]`,
    check.site,
  );
}

function checkIndices(check: Check, indices: TypedArray): void {
  for (let i = 0; i < indices.length; i++) {
    const index = Number(indices[i]);
    if ((index < 0 || index >= check.bound) && index !== check.except) throw outOfRange(check, index, i);
  }
}
