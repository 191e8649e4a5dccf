/**
 * compile(): a function is traced once per kind of arguments, and from then on a call is one program. It sees tensors
 * among its arguments as inputs, other arguments as fixed keys, and state wherever it touches it.
 */
import { FusegradError, TraceError, kindOf, unpinned } from '../core/index.js';
import { node, type Graph, type Node } from '../graph/index.js';
import type { Traced } from '../inspect/index.js';
import type { Leaf } from '../ops/index.js';
import {
  Instance,
  Placeholder,
  type Storage,
  Trace,
  activeTrace,
  backendOf,
  compileGraph,
  currentEpoch,
  flushPending,
  getNumThreads,
  guardsHold,
  outsideTrace,
  pending,
  realise,
  recordGuards,
  touch,
  type Backend,
  type Cell,
  type CompileOptions,
  type Compilation,
  type Generator,
  type Guard,
  type KernelTime,
  type Profile,
  Data,
} from '../runtime/index.js';
import { expectFunction } from './arguments.js';
import { gradTensor, isTracked, moveToCell } from './gradients.js';
import { Tensor } from './tensor.generated.js';
import {
  flattenTree,
  parameterNames,
  tensorNames,
  matchesTree,
  mapTree,
  tensorsOf,
  type Tree,
} from './tree.js';

export interface Compiled<A extends unknown[], R> {
  (...args: A): R;
  /**
   * Compiles for these arguments without running, and returns the program to look at. In a browser's bundle it throws
   * and names `trace(step, ...args)` of `fusegrad/inspect`: a page loads what draws programs where it imports it.
   */
  trace(...args: A): Traced;
  /** Compiles for these arguments without running, and returns every stage's own result. */
  compilation(...args: A): Compilation & {
    readonly forward: Graph;
    /** What the program's leaves hold if it is called now, computed where it was waiting. */
    contents(): (leaf: Leaf) => Storage;
  };
  /**
   * Compiles for these arguments without running and without blocking, as a browser's main thread wants it for large
   * programs. Calls with such arguments then run at once.
   */
  prepare(...args: A): Promise<void>;
  /** Time each kernel has taken, when compiled with `{ profile: true }`. */
  profile(): readonly KernelTime[];
  /** The programs it is compiled to, with what was measured of each: see `exportChromeTrace` of `fusegrad/inspect`. */
  programs(): readonly { readonly compilation: Compilation; readonly profile: Profile | undefined }[];
}

export interface FunctionOptions extends CompileOptions {
  /** Measures kernels; read the result with `profile()`. */
  readonly profile?: boolean;
}

/** One program of a compiled function, and when it may be used. */
interface Entry {
  readonly args: Tree;
  readonly guards: readonly Guard[];
  epoch: number;
  /** A backend registered anew is another one: its programs are compiled again. */
  readonly backend: Backend;
  readonly threads: number;
  readonly compilation: Compilation;
  readonly forward: Graph;
  readonly instance: Instance;
  /** Argument number of each placeholder. */
  readonly argument: ReadonlyMap<Leaf, number>;
  /** What the function returned, with numbers of outputs in place of tensors. */
  readonly result: unknown;
  readonly written: readonly Cell[];
  /** Cells whose gradient a call reads, leaves in the gradient's own cell, and takes away. */
  readonly gradsRead: readonly Cell[];
  readonly gradsLeft: readonly Cell[];
  readonly gradsDropped: readonly Cell[];
  /** Generators that a call advances, and by how many draws. */
  readonly draws: readonly (readonly [Generator, number])[];
}

/** What tracing and compiling make of it, before it is bound to memory. */
type Unloaded = Omit<Entry, 'instance'>;

/** Traces of one function before it warns that something changes with every call. */
const manyTraces = 5;
/** Programs one function keeps; the oldest make room. */
const mostPrograms = 64;

/** Stands for output number `index` in a result. */
class Slot {
  constructor(readonly index: number) {}
}

/**
 * Compiles a function of tensors: forward pass, gradients, optimizer and random state become one program.
 * A call runs at once and returns tensors whose values are there. The function is traced again when shapes, dtypes or other arguments
 * change, and when a mode or option that it read has changed.
 * @param options.fusion false gives every operation a kernel of its own.
 * @throws TraceError for an async function.
 * @example const step = compile((x: Tensor) => model(x).sum());
 */
export function compile<A extends unknown[], R>(
  fn: (...args: A) => R,
  options: FunctionOptions = {},
): Compiled<A, R> {
  expectFunction(fn, 'compile');
  const name = options.name ?? (fn.name || 'step');
  const entries: Entry[] = [];
  let traces = 0;

  const find = (args: A): Entry | undefined => {
    const epoch = currentEpoch();
    const backend = backendOf(options.backend);
    const threads = options.threads ?? getNumThreads();
    for (const entry of entries) {
      if (entry.backend !== backend || entry.threads !== threads || !matchesTree(entry.args, args)) continue;
      if (entry.epoch === epoch) return entry;
      if (guardsHold(entry.guards)) {
        entry.epoch = epoch;
        return entry;
      }
    }
    return undefined;
  };

  const loading = { instrument: options.profile ?? false };

  const entryFor = (args: A): Entry => {
    const known = find(args);
    if (known) return known;
    const unloaded = traceFunction(fn, args, { ...options, name });
    return add({ ...unloaded, instance: new Instance(unloaded.compilation, loading) });
  };

  const add = (entry: Entry): Entry => {
    entries.unshift(entry);
    if (entries.length > mostPrograms) entries.pop()!.instance.release();
    if (++traces === manyTraces) {
      console.warn(
        `fusegrad: ${name} has been traced ${manyTraces} times; ${difference(entries[1]!, entry)} changes between calls`,
      );
    }
    return entry;
  };

  const compiled = (...args: A): R => {
    if (activeTrace()) return fn(...args);
    return run(entryFor(args), args) as R;
  };
  return Object.assign(compiled, {
    trace: (): never => {
      throw new FusegradError(
        `${name}.trace: what draws programs is not in this bundle`,
        "import { trace } from 'fusegrad/inspect' and call trace(step, ...inputs)",
      );
    },
    compilation: (...args: A) => {
      const entry = entryFor(args);
      const { compilation, forward } = entry;
      return { ...compilation, forward, contents: () => contentsOf(entry, args) };
    },
    prepare: async (...args: A): Promise<void> => {
      if (find(args)) return;
      const unloaded = traceFunction(fn, args, { ...options, name });
      add({ ...unloaded, instance: await Instance.loadAsync(unloaded.compilation, loading) });
    },
    profile: (): readonly KernelTime[] => entries.flatMap(({ instance }) => instance.profile?.times ?? []),
    programs: () => entries.map(({ compilation, instance }) => ({ compilation, profile: instance.profile })),
  });
}

/**
 * compile() for these arguments without blocking: the page stays responsive, and browsers compile large programs on
 * their main thread in no other way. Nothing runs. For other shapes there is `await step.prepare(...)`.
 * @example const step = await compileAsync(trainStep, [images, labels]);
 */
export async function compileAsync<A extends unknown[], R>(
  fn: (...args: A) => R,
  inputs: A,
  options: FunctionOptions = {},
): Promise<Compiled<A, R>> {
  const compiled = compile(fn, options);
  await compiled.prepare(...inputs);
  return compiled;
}

function difference(before: Entry, now: Entry): string {
  if (!matchesTree(before.args, now.args.sample)) return 'an argument (shape, dtype or value)';
  const changed = before.guards.find(({ read, expected }) => !Object.is(read(), expected));
  return changed ? `a mode or option (${changed.read.toString().replace(/^\(\) => /, '')})` : 'the backend';
}

function traceFunction<A extends unknown[], R>(
  fn: (...args: A) => R,
  args: A,
  options: FunctionOptions & { name: string },
): Unloaded {
  const tree = flattenTree(args);
  const placeholders = tensorNames(tree, parameterNames(fn)).map((each) => new Placeholder(each));
  const trace = new Trace(options.name, (value) =>
    outsideTrace(() => {
      realise([value], () => value.lazyNode !== undefined && isTracked(value.lazyNode));
      return value.data!.node;
    }),
  );
  const epoch = currentEpoch();
  const { result, guards } = recordGuards(() =>
    trace.run(() => {
      try {
        const inputs = tree.tensors.map(
          ({ shape, dtype }, i) => new Tensor(node('input', [], { leaf: placeholders[i]!, shape, dtype })),
        );
        const out = unpinned(() => fn(...(mapTree(tree, inputs) as A)));
        if (out instanceof Promise) {
          void out.catch(() => undefined);
          throw new TraceError(
            `${options.name} is async: nothing can be awaited while a function is traced`,
            'await outside of it',
          );
        }
        const outputs: Node[] = [];
        return { outputs, shaped: slotsOf(options.name, out, outputs), grads: trace.finishGrads() };
      } finally {
        trace.restoreGrads();
      }
    }),
  );
  const assigns = [...trace.writes].map(([cell, value]) => ({ leaf: cell, value }));
  const graph: Graph = { outputs: result.outputs, assigns };
  const compilation = compileGraph(graph, options);
  return {
    args: tree,
    guards,
    epoch,
    backend: backendOf(compilation.backend),
    threads: compilation.threads,
    compilation,
    forward: { outputs: result.outputs, assigns: [] },
    argument: new Map(placeholders.map((leaf, i) => [leaf, i])),
    result: result.shaped,
    written: [...trace.writes.keys()],
    gradsRead: [...trace.gradsRead],
    gradsLeft: result.grads.left,
    gradsDropped: result.grads.dropped,
    draws: [...trace.draws],
  };
}

function slotsOf(name: string, result: unknown, outputs: Node[]): unknown {
  if (result instanceof Tensor) return new Slot(outputs.push(result.value.node) - 1);
  if (Array.isArray(result)) return result.map((each) => slotsOf(name, each, outputs));
  if (result === null || typeof result !== 'object') return result;
  if (Object.getPrototypeOf(result) === Object.prototype) {
    return Object.fromEntries(
      Object.entries(result).map(([key, each]) => [key, slotsOf(name, each, outputs)]),
    );
  }
  const held: unknown[] = result instanceof Map ? [...result.values()] : Object.values(result);
  if (held.some((each) => each instanceof Tensor)) {
    throw new TraceError(
      `${name} returns ${kindOf(result)} that holds tensors: results are tensors, arrays and plain records`,
    );
  }
  return result;
}

function fill(shaped: unknown, outputs: readonly Tensor[]): unknown {
  if (shaped instanceof Slot) return outputs[shaped.index];
  if (Array.isArray(shaped)) return shaped.map((each) => fill(each, outputs));
  if (shaped !== null && typeof shaped === 'object' && Object.getPrototypeOf(shaped) === Object.prototype) {
    return Object.fromEntries(Object.entries(shaped).map(([key, each]) => [key, fill(each, outputs)]));
  }
  return shaped;
}

function contentsOf(entry: Entry, args: readonly unknown[]): (leaf: Leaf) => Storage {
  flushPending();
  for (const cell of entry.gradsRead) moveToCell(cell, toTensor);
  const tensors = tensorsOf(args);
  return (leaf) => {
    const argument = entry.argument.get(leaf);
    return (argument === undefined ? (leaf as Cell | Data) : tensors[argument]!.materialise()).storage;
  };
}

function run(entry: Entry, args: readonly unknown[]): unknown {
  if (pending.size > 0) flushPending();
  for (let i = 0; i < entry.gradsRead.length; i++) moveToCell(entry.gradsRead[i]!, toTensor);
  const tensors = tensorsOf(args);
  const contentOf = (leaf: Leaf): Storage => {
    const held = tensors[entry.argument.get(leaf)!]!.materialise();
    // What stands in for an argument must not change under the program's own writes.
    return entry.written.includes(held as Cell) ? held.storage.copy() : held.storage;
  };
  for (let i = 0; i < entry.draws.length; i++) entry.draws[i]![0].note();
  const made = entry.instance.run(entry.compilation.leaves, contentOf, entry.written);
  for (let i = 0; i < entry.draws.length; i++) entry.draws[i]![0].ran(entry.draws[i]![1]);
  for (let i = 0; i < entry.gradsLeft.length; i++) leaveGrad(entry.gradsLeft[i]!);
  for (let i = 0; i < entry.gradsDropped.length; i++) dropGrad(entry.gradsDropped[i]!);
  const { outputs } = entry.instance.program;
  const results: Tensor[] = [];
  for (let i = 0; i < made.length; i++) {
    results.push(new Tensor(new Data(made[i]!, outputs[i]!.shape, outputs[i]!.dtype)));
  }
  return fill(entry.result, results);
}

const toTensor = (of: Node | Cell): Tensor => new Tensor(of);

/** Shows on a parameter what a call computed as its gradient. */
function leaveGrad(cell: Cell): void {
  if (cell.grad === null) touch();
  cell.grad = gradTensor(cell, toTensor);
}

function dropGrad(cell: Cell): void {
  if (cell.grad !== null) touch();
  cell.grad = null;
}
