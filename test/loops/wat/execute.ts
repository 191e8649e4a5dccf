/** Runs a plan through its listings: the text is assembled, validated and called over one linear memory. */
import wabt from 'wabt';
import { dtypes, numel, type DType } from '../../../src/core/index.js';
import type { Leaf } from '../../../src/ops/index.js';
import type { BufferRef, Plan } from '../../../src/plan/index.js';
import type { Launch } from '../readers/axes.js';
import { listKernel, type Listing } from './index.js';

const features = { simd: true };

/** The module of a listing; throws with what is wrong with its text. */
export async function assemble({
  name,
  text,
}: Pick<Listing, 'name' | 'text'>): Promise<Uint8Array<ArrayBuffer>> {
  const module = (await wabt()).parseWat(name, text, features);
  try {
    module.resolveNames();
    // The declaration of wabt leaves the argument of `validate` out, without which SIMD is refused.
    (module as { validate(options: typeof features): void }).validate(features);
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

type Fn = (...args: number[]) => void;
interface Engine {
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  instantiate(
    bytes: Uint8Array,
    imports: object,
  ): Promise<{ instance: { exports: Readonly<Record<string, Fn>> } }>;
}
// The library is checked without the types of a browser, which are where TypeScript declares it.
const engine = (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly;
/** Threads that rows are dealt to, one after another here. */
const threads = 3;

export interface Outcome {
  readonly outputs: readonly number[][];
  readonly states: ReadonlyMap<Leaf, readonly number[]>;
}

export async function execute(
  { program, inputs, states }: Plan,
  data: (leaf: Leaf) => ArrayLike<number>,
): Promise<Outcome> {
  let top = 64;
  const reserve = (bytes: number): number => {
    const base = top;
    top = Math.ceil((top + bytes) / 16) * 16;
    return base;
  };
  const arena = reserve(program.arenaBytes);
  const slots = (list: typeof program.inputs): number[] =>
    list.map(({ shape, dtype }) => reserve(numel(shape) * dtypes[dtype].bytes));
  const bases = {
    input: slots(program.inputs),
    state: slots(program.states),
    output: slots(program.outputs),
  };
  const launches = program.steps
    .filter((step): step is Launch => step.kind === 'launch')
    .map((step) => ({ step, listing: listKernel(step) }));
  const work = reserve(
    Math.max(
      0,
      ...launches.map(({ listing: { call } }) =>
        call.kind === 'rows' ? 4 * (call.scratchWords + threads * call.partialWords) : 0,
      ),
    ),
  );
  const memory = new engine.Memory({ initial: Math.ceil(top / 65536) + 1 });
  const view = (
    base: number,
    dtype: DType,
    count: number,
  ): { set(values: ArrayLike<number>): void } & ArrayLike<number> =>
    new dtypes[dtype].array(memory.buffer, base, count) as unknown as Float32Array;
  inputs.forEach((leaf, i) =>
    view(bases.input[i]!, program.inputs[i]!.dtype, numel(program.inputs[i]!.shape)).set(data(leaf)),
  );
  states.forEach((leaf, i) =>
    view(bases.state[i]!, program.states[i]!.dtype, numel(program.states[i]!.shape)).set(data(leaf)),
  );
  const baseOf = (ref: BufferRef): number =>
    ref.space === 'arena'
      ? arena + program.allocations[ref.allocation]!.offset
      : bases[ref.space][ref.index]!;
  const environment = {
    env: { memory },
    math: { exp: Math.exp, log: Math.log, pow: Math.pow, tanh: Math.tanh },
  };

  const listings = new Map(launches.map(({ step, listing }) => [step, listing]));
  for (const step of program.steps) {
    if (step.kind === 'copy') {
      view(baseOf(step.to), step.dtype, step.elements).set(
        view(baseOf(step.from), step.dtype, step.elements),
      );
      continue;
    }
    const { call, name, text } = listings.get(step)!;
    const { instance } = await engine.instantiate(await assemble({ name, text }), environment);
    const main = instance.exports[name]!;
    const buffers = step.buffers.map(baseOf);
    if (call.kind === 'plain') main(...buffers);
    else if (call.kind === 'segments') {
      const scalars = call.scalars.map((buffer) => buffers[buffer]!);
      call.counts.forEach((count, segment) =>
        main(...call.streams.map((stream) => buffers[stream[segment]!]!), ...scalars, count),
      );
    } else {
      const { rows, scratchWords, partialWords } = call;
      const partials = work + 4 * scratchWords;
      const perChunk = Math.ceil(rows / threads);
      for (let t = 0; t < threads; t++)
        main(
          ...buffers,
          work,
          partials + 4 * t * partialWords,
          Math.min(rows, t * perChunk),
          Math.min(rows, (t + 1) * perChunk),
        );
      if (partialWords > 0) instance.exports[`${name}_finish`]!(...buffers, partials, threads);
    }
  }
  const read = (base: number, { dtype, shape }: (typeof program.inputs)[number]): number[] =>
    Array.from(view(base, dtype, numel(shape)));
  return {
    outputs: program.outputs.map((slot, i) => read(bases.output[i]!, slot)),
    states: new Map(states.map((leaf, i) => [leaf, read(bases.state[i]!, program.states[i]!)])),
  };
}
