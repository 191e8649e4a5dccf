/** A program that is ready to run, whatever leaves stand in for its own. */
import { outOfRange } from '../backends/out-of-range.js';
import { Zeros } from '../backends/storage.js';
import { type TypedArray } from '../core/index.js';
import type { Check } from '../lower/index.js';
import type { Leaf } from '../ops/index.js';
import { statesRead, type Program } from '../plan/index.js';
import { backendOf, type Executable, type Profile, type LoadOptions, type Storage } from './backend.js';
import { Data, type Cell } from './cell.js';
import type { Compilation } from './pipeline.js';

const load = ({ plan, emitted, backend }: Compilation, options: LoadOptions): Executable =>
  backendOf(backend).load(plan.program, emitted, options);

export class Instance {
  readonly program: Program;
  readonly #executable: Executable;
  /** Positions among the graph's leaves. */
  readonly #inputLeaf: readonly number[];
  readonly #stateLeaf: readonly number[];
  /** Numbers of the states that are overwritten without having been read. */
  readonly #overwritten: readonly number[];
  /** Filled anew in every run. */
  readonly #inputs: Storage[] = [];
  readonly #states: Storage[] = [];
  /** Checks whose indices are inputs: made before anything runs. */
  readonly #early: readonly { readonly check: Check; readonly input: number }[];

  constructor(
    readonly compilation: Compilation,
    options: LoadOptions = {},
    executable: Executable = load(compilation, options),
  ) {
    const { plan, leaves } = compilation;
    const position = new Map(leaves.map((leaf, i) => [leaf, i]));
    this.#inputLeaf = plan.inputs.map((leaf) => position.get(leaf)!);
    this.#stateLeaf = plan.states.map((leaf) => position.get(leaf)!);
    this.program = plan.program;
    const read = statesRead(plan.program);
    this.#overwritten = [...this.#stateLeaf.keys()].filter((i) => !read.has(i));
    this.#executable = executable;
    this.#early = plan.program.checks.flatMap((check) => {
      const input = check.index ? plan.inputs.indexOf(check.index) : -1;
      return input < 0 ? [] : [{ check, input }];
    });
  }

  /** The same without blocking. */
  static async loadAsync(compilation: Compilation, options: LoadOptions = {}): Promise<Instance> {
    const { plan, emitted, backend } = compilation;
    const executable = await backendOf(backend).loadAsync?.(plan.program, emitted, options);
    return new Instance(compilation, options, executable);
  }

  get profile(): Profile | undefined {
    return this.#executable.profile;
  }

  /** Gives back the memory the program holds between its runs. */
  release(): void {
    this.#executable.release();
  }

  /**
   * Runs the program, which overwrites `written`. `leaves` stand where the compiled graph's own leaves stood, in the same
   * order; a placeholder's content comes from `argument`. Results own their content. Nothing else is allocated, iterators neither.
   */
  run(leaves: readonly Leaf[], argument: (leaf: Leaf) => Storage, written: readonly Cell[]): Storage[] {
    for (let i = 0; i < this.#inputLeaf.length; i++) {
      const leaf = leaves[this.#inputLeaf[i]!]!;
      this.#inputs[i] = leaf instanceof Data ? leaf.storage : argument(leaf);
    }
    for (let i = 0; i < this.#stateLeaf.length; i++) {
      this.#states[i] = (leaves[this.#stateLeaf[i]!] as Cell).storage;
    }
    for (let i = 0; i < this.#overwritten.length; i++) {
      const at = this.#overwritten[i]!;
      const storage = this.#states[at]!;
      // A device that is gone takes no writes.
      if (storage.place.isLost) {
        const { dtype, shape } = this.program.states[at]!;
        storage.moveTo(new Zeros(dtype, shape));
      }
    }
    for (let i = 0; i < this.#early.length; i++) {
      const { check, input } = this.#early[i]!;
      // What only the device holds is checked by the kernels that use it.
      if (this.#inputs[input]!.onHost) checkIndices(check, this.#inputs[input]!.array);
    }
    const results = this.#executable.run(this.#inputs, this.#states);
    for (let i = 0; i < written.length; i++) written[i]!.written();
    const { failure } = this.#executable;
    if (failure[0] !== 0) this.#report(failure);
    return results;
  }

  #report(failure: Int32Array): never {
    const [id, index, position] = failure;
    failure.fill(0);
    throw outOfRange(this.program.checks[id! - 1]!, index!, position!);
  }
}

function checkIndices(check: Check, indices: TypedArray): void {
  for (let i = 0; i < indices.length; i++) {
    const index = Number(indices[i]);
    if ((index < 0 || index >= check.bound) && index !== check.except) throw outOfRange(check, index, i);
  }
}
