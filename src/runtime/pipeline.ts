/**
 * The path from a traced graph to something that runs. Every stage's result is kept, so that it can be looked at; programs are
 * cached by exact structure.
 */
import { DTypeError, type DType } from '../core/index.js';
import { fuse, type Fusion } from '../fusion/index.js';
import { leavesOf, orderOf, roots, type Graph, type Node } from '../graph/index.js';
import { lower, type Check, type Lowered } from '../lower/index.js';
import type { Leaf } from '../ops/index.js';
import { recogniseAttention, simplify, type PassRecord } from '../passes/index.js';
import { plan, type Plan, type Target } from '../plan/index.js';
import {
  backendOf,
  checkThreads,
  getNumThreads,
  type BackendName,
  type Emitted,
  type EmitOptions,
} from './backend.js';

export interface CompileOptions extends EmitOptions {
  /** false gives every operation a kernel of its own. */
  readonly fusion?: boolean;
  /** 'auto': webgpu where `initWebGPU()` has been called, else wasm. */
  readonly backend?: BackendName | 'auto';
  /** Name of the program in sources and drawings. */
  readonly name?: string;
}

/** The stages from a traced graph to a source. */
type TimedStage = 'leaves' | 'simplify' | 'fuse' | 'lower' | 'plan' | 'emit';

/** A graph on its way down, stage by stage. */
export interface Compilation {
  readonly graph: Graph;
  readonly optimized: Graph;
  readonly passes: readonly PassRecord[];
  readonly fusion: Fusion;
  readonly lowered: Lowered;
  readonly plan: Plan;
  readonly emitted: Emitted;
  /** The kernels as text. */
  readonly source: string;
  readonly backend: BackendName;
  readonly target: Target;
  /** Threads it was compiled for. */
  readonly threads: number;
  /** What each stage took. */
  readonly ms: Readonly<Record<TimedStage, number>>;
  /** When each stage began, on the clock of `performance.now()`. */
  readonly since: Readonly<Partial<Record<TimedStage, number>>>;
  /** Leaves of the traced graph in the order of its key. */
  readonly leaves: readonly Leaf[];
}

let compilations = 0;
/** How many programs have been compiled: a warm loop adds none. */
export const compilationCount = (): number => compilations;

const listeners = new Set<(compilation: Compilation) => void>();

/** Calls `listener` with every program compiled from now on, lazy ones included; gives a function that ends it. */
export function onCompile(listener: (compilation: Compilation) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** The graph with hand-written attention as the primitive, as the gradients already see it. */
function withAttention(graph: Graph): Graph {
  const { outputs, assigns } = graph;
  const values = roots(graph);
  const seen = recogniseAttention(values, orderOf(graph));
  if (seen.every((value, i) => value === values[i])) return graph;
  return {
    outputs: seen.slice(0, outputs.length),
    assigns: assigns.map(({ leaf }, i) => ({ leaf, value: seen[outputs.length + i]! })),
  };
}

/** What the graph says must hold of indices that are handed in. */
function indexChecks(graph: Graph): Check[] {
  return orderOf(graph).flatMap((node): Check[] => {
    if (node.op !== 'checkIndex') return [];
    let from: Node = node.inputs[0]!;
    while (from.op === 'reshape' || from.op === 'permute' || from.op === 'cast') from = from.inputs[0]!;
    if (from.op !== 'input') return [];
    const { what, bound, except } = node.attrs;
    const [source] = node.sources;
    return [
      {
        op: what,
        bound,
        except,
        index: from.attrs.leaf,
        site: source?.site.toString() ?? '',
        module: source?.module,
      },
    ];
  });
}

/** @throws DTypeError that names the first operation that takes or makes what the backend cannot hold. */
function refuseDTypes(graph: Graph, backend: BackendName, known: ReadonlySet<DType>): void {
  const order = orderOf(graph);
  const found = order.find(({ dtype }) => !known.has(dtype));
  if (!found) return;
  // A leaf was made in no line of the program: what uses it was.
  const at = found.inputs.length > 0 ? found : (order.find(({ inputs }) => inputs.includes(found)) ?? found);
  const [source] = at.sources;
  throw new DTypeError(
    at.op,
    `${found.dtype} is no dtype of the ${backend} backend, which has ${[...known].join(', ')}`,
    `x.to('${found.dtype === 'int64' ? 'int32' : 'float32'}'), or compute this on the wasm backend`,
    source?.site.toString(),
  );
}

export function compileGraph(traced: Graph, options: CompileOptions, leaves?: readonly Leaf[]): Compilation {
  compilations++;
  const ms: Record<TimedStage, number> = { leaves: 0, simplify: 0, fuse: 0, lower: 0, plan: 0, emit: 0 };
  const since: Partial<Record<TimedStage, number>> = {};
  const timed = <T>(stage: TimedStage, body: () => T): T => {
    since[stage] = performance.now();
    const result = body();
    ms[stage] = performance.now() - since[stage];
    return result;
  };
  const backend = backendOf(options.backend);
  const threads = checkThreads('threads', options.threads ?? getNumThreads());
  const fusionOn = options.fusion ?? true;
  const keyed = timed('leaves', () => leaves ?? leavesOf(traced));
  const graph = withAttention(traced);
  const { graph: optimized, log } = timed('simplify', () => simplify(graph, backend.target));
  refuseDTypes(optimized, backend.name, backend.target.dtypes);
  const fusion = timed('fuse', () => fuse(optimized, backend.target, { fusion: fusionOn }));
  const kernels = timed('lower', () => lower(fusion, { ...backend.target, segments: fusionOn }));
  const lowered = { ...kernels, checks: [...kernels.checks, ...indexChecks(graph)] };
  const planned = timed('plan', () => plan(lowered, fusion, backend.target, options.name));
  const emitted = timed('emit', () => backend.emit(planned.program, { ...options, threads }));
  const compilation: Compilation = {
    graph,
    optimized,
    passes: log,
    fusion,
    lowered,
    plan: planned,
    emitted,
    // A backend may have to write it first.
    get source() {
      return emitted.source;
    },
    backend: backend.name,
    target: backend.target,
    threads,
    ms,
    since,
    leaves: keyed,
  };
  for (const listener of listeners) listener(compilation);
  return compilation;
}
