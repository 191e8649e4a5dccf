/** A compiled program to look at: every stage as text and as a drawing, every kernel with its reasons. */
import { ArgumentError } from '../core/index.js';
import { print, type Graph } from '../graph/index.js';
import type { LoopNest } from '../loops/index.js';
import { onCompile, type Compilation } from '../runtime/index.js';
import type { Dot } from './dot.js';
import { drawFused } from './draw-fused.js';
import { drawLoops } from './draw-loops.js';
import { drawMemory, memoryChart } from './draw-memory.js';
import { drawModules } from './draw-modules.js';
import { drawOps } from './draw-ops.js';
import { explain, type ExplainedKernel, type Explanation } from './explain.js';
import { kernelViews, type KernelView } from './kernels.js';
import { dumpFused, dumpLoops, dumpMemory } from './text.js';

export const stages = ['forward', 'graph', 'optimized', 'fused', 'loops', 'memory', 'source'] as const;
/** A stage of compilation: `graph` is the whole step after autodiff and optimizer. */
export type Stage = (typeof stages)[number];
/** Stages that can be drawn: source is text. */
export type DrawnStage = Exclude<Stage, 'source'>;
/** How far drawings are folded: boxes for modules, for kernels, or for single operations. */
export type Detail = 'module' | 'region' | 'op';

export interface DrawOptions {
  /** Default: `'region'` for the fused stage, `'module'` for graphs. */
  readonly detail?: Detail;
  /** Whether the title and the legend stand over it: true unless told otherwise. */
  readonly head?: boolean;
}

/** One kernel of a compiled program. */
export interface TracedKernel extends ExplainedKernel {
  readonly comment: readonly string[];
  readonly nest: LoopNest | undefined;
}

function checkOneOf(op: string, what: string, value: string, known: readonly string[]): void {
  if (!known.includes(value))
    throw new ArgumentError(
      op,
      `there is no ${what} ${JSON.stringify(value)}`,
      `known are ${known.join(', ')}`,
    );
}

/** What `step.trace(...inputs)` gives: the program compiled for those inputs, without having run. */
export class Traced {
  readonly #views: readonly KernelView[];

  constructor(
    /** Every stage's own result. */
    readonly compilation: Compilation,
    /** The part of the graph that is neither backward nor optimizer. */
    readonly forward: Graph,
  ) {
    this.#views = kernelViews(compilation.fusion, compilation.plan);
  }

  /** Name of the program. */
  get name(): string {
    return this.compilation.plan.program.name;
  }

  /** The kernels in launch order, then the copies. */
  get kernels(): readonly TracedKernel[] {
    return this.explain().kernels.map((kernel, i) => {
      const nest = this.#views[i]?.nest;
      return { ...kernel, nest, comment: nest?.comment ?? [] };
    });
  }

  /** A stage as text. */
  dump(stage: Stage): string {
    checkOneOf('dump', 'stage', stage, stages);
    const { graph, optimized, plan, source } = this.compilation;
    const texts: Readonly<Record<Stage, () => string>> = {
      forward: () => print(this.forward),
      graph: () => print(graph),
      optimized: () => print(optimized),
      fused: () => dumpFused(this.#views),
      loops: () => dumpLoops(this.#views),
      memory: () => dumpMemory(plan.program),
      source: () => source,
    };
    return texts[stage]();
  }

  /** A stage as a drawing in Graphviz's DOT language. */
  toDot(stage: DrawnStage, { detail, head = true }: DrawOptions = {}): string {
    const drawn = stages.filter((known) => known !== 'source');
    checkOneOf('toDot', 'drawing of stage', stage, drawn);
    if (detail !== undefined) checkOneOf('toDot', 'detail', detail, ['module', 'region', 'op']);
    const { name } = this;
    const { graph, optimized, fusion, plan } = this.compilation;
    const draw = (of: Graph): Dot => (detail === 'op' ? drawOps : drawModules)(of, stage, name);
    const drawings: Readonly<Record<DrawnStage, () => Dot>> = {
      forward: () => draw(this.forward),
      graph: () => draw(graph),
      optimized: () => draw(optimized),
      fused: () => drawFused(this.#views, plan, fusion.flow.graph.outputs, name, detail ?? 'region'),
      loops: () => drawLoops(this.#views, name),
      memory: () => drawMemory(plan.program, name),
    };
    return drawings[stage]().toString(head);
  }

  /** The memory plan as an SVG picture: the arena over the steps of the program. */
  memoryChart(): string {
    return memoryChart(this.compilation.plan.program);
  }

  /** What every kernel moves, what fusion saved, and why each boundary stands. */
  explain(): Explanation {
    return explain(this.compilation, this.#views);
  }

  toString(): string {
    return this.explain().toString();
  }
}

/** What can be traced: a compiled function. */
export interface Traceable<A extends unknown[]> {
  compilation(...args: A): Compilation & { readonly forward: Graph };
}

/**
 * `step.trace(...inputs)` as a function: compiles for these inputs without running. In a browser this is the way to
 * it, so that a page that never looks at its programs does not load what draws them.
 * @example trace(step, images, labels).toDot('fused')
 */
export function trace<A extends unknown[]>(step: Traceable<A>, ...inputs: A): Traced {
  const compilation = step.compilation(...inputs);
  return new Traced(compilation, compilation.forward);
}

/**
 * Calls `see` with every program that is compiled from now on, those of the lazy form included; gives a function that
 * ends it.
 */
export const watch = (see: (program: Traced) => void): (() => void) =>
  onCompile((compilation) =>
    see(new Traced(compilation, { outputs: compilation.graph.outputs, assigns: [] })),
  );
