/** A program of this backend as the runtime runs it: storages are bound as the arrays they are at that moment. */
import { dtypes, numel, type TypedArray } from '../../core/index.js';
import type { Program, Slot } from '../../plan/program.js';
import type { Emitted, Executable, LoadOptions } from '../backend.js';
import { Storage } from '../storage.js';
import { instantiate, type Executable as Bound } from './instantiate.js';

export function load(program: Program, { source }: Emitted, options?: LoadOptions): Executable {
  const empty = ({ dtype }: Slot): TypedArray => new dtypes[dtype].array(0);
  const bound = {
    input: program.inputs.map(empty),
    state: program.states.map(empty),
  };
  const executable = instantiate(
    program,
    source,
    {
      arena: new ArrayBuffer(program.arenaBytes),
      inputs: bound.input,
      states: bound.state,
      outputs: program.outputs.map(empty),
    },
    options,
  );
  const results = program.outputs.map(({ shape, dtype }) => {
    const { array: Constructor } = dtypes[dtype];
    const size = numel(shape);
    return () => new Constructor(size);
  });
  return {
    run(inputs, states) {
      bind(executable, 'input', bound.input, inputs);
      bind(executable, 'state', bound.state, states);
      const made: Storage[] = [];
      for (let i = 0; i < results.length; i++) {
        const array = results[i]!();
        executable.bind('output', i, array);
        made.push(new Storage(array));
      }
      executable.step();
      return made;
    },
    failure: executable.failure,
    ...(executable.profile && { profile: executable.profile }),
    release() {
      // Its memory belongs to the executable alone, and goes with it.
    },
  };
}

/** Binds what lies elsewhere than at the last run. */
function bind(to: Bound, space: 'input' | 'state', bound: TypedArray[], now: readonly Storage[]): void {
  for (let i = 0; i < bound.length; i++) {
    const { array } = now[i]!;
    if (bound[i] !== array) to.bind(space, i, (bound[i] = array));
  }
}
