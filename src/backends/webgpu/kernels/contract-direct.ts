/** A contraction whose invocations read their operands where they lie, four steps of the depth at a time. */
import { isFloat } from '../../../core/index.js';
import type { ContractNest } from '../../../loops/index.js';
import { combine, compute } from '../wgsl/arithmetic.js';
import { vectorSize, type Blocks } from '../wgsl/lanes.js';
import type { Positions } from '../wgsl/positions.js';
import { Neighbours } from '../wgsl/section.js';
import type { Value } from '../wgsl/value.js';
import type { Contraction } from './contraction.js';
import type { Kernel } from './kernel.js';

/** Computations of operands up to which steps of the depth are written out side by side. */
const lightBody = 16;

/** The last axis of the depth in blocks, where all steps begin at a multiple of four. */
function deepBlocks({ k, a, b }: ContractNest): Blocks | undefined {
  const deep = k.at(-1);
  const light = [...a.body, ...b.body].filter(({ kind }) => kind === 'compute').length <= lightBody;
  return deep && light ? { axis: deep.axis, blocks: Math.ceil(deep.extent / vectorSize) } : undefined;
}

export function emitDirect(contraction: Contraction): void {
  const { kernel, nest, m, n, batches } = contraction;
  const w = kernel.writer;
  const deep = deepBlocks(nest);
  contraction.widen(deep ? [deep] : [], true);
  const item = kernel.eachInvocation(batches * m.tiles * n.tiles);
  const corner = contraction.cornerOf(item);
  const sums = contraction.startSums();
  const [above, beside] = [m.lanesAt(kernel, corner.row), n.lanesAt(kernel, corner.column)];
  overDepth(contraction, [...above, ...beside], deep, (steps) => {
    const [ofA, ofB] = [new Neighbours(nest.a.body), new Neighbours(nest.b.body)];
    for (const step of steps) {
      const a = above.map((at) => contraction.valueOf(nest.a, step(at), ofA));
      const b = beside.map((at) => contraction.valueOf(nest.b, step(at), ofB));
      sums.forEach((line, i) =>
        line.forEach((sum, j) => {
          const dtype = contraction.sumOf;
          w.line(`${sum} = ${multiplyAdd(kernel, a[i]!, b[j]!, { text: sum, dtype })};`);
        }),
      );
    }
  });
  contraction.finish(sums, corner);
}

/** Positions at one step of several that are written out. */
type Step = (at: Positions) => Positions;

/** Loops over the depth, for blocks of steps and for what is left of the last axis after them. */
function overDepth(
  { kernel, nest }: Contraction,
  lanes: readonly Positions[],
  deep: Blocks | undefined,
  body: (steps: readonly Step[]) => void,
): void {
  const w = kernel.writer;
  const level = w.level;
  const bind = (axis: number, text: string): void => {
    for (const lane of lanes) lane.bind(axis, text);
  };
  for (const { axis, extent } of deep ? nest.k.slice(0, -1) : nest.k) bind(axis, w.loop(`k${axis}`, extent));
  if (deep) {
    const { extent } = nest.k.at(-1)!;
    const whole = Math.floor(extent / vectorSize);
    const steps = (count: number, blocks: number): Step[] =>
      Array.from({ length: count }, (_, lane) => (at) => at.lane({ axis: deep.axis, blocks, lane }));
    if (whole > 0) {
      if (whole === 1) w.open('');
      bind(deep.axis, whole === 1 ? '0' : w.loop(`k${deep.axis}`, whole));
      body(steps(vectorSize, whole));
      w.close();
    }
    if (extent % vectorSize > 0) {
      w.open('');
      // A literal would make constants of positions, and compilers refuse those below zero even where a mask keeps them from being read.
      bind(deep.axis, w.named(`k${deep.axis}`, String(whole)));
      body(steps(extent % vectorSize, deep.blocks));
      w.close();
    }
  } else body([(at) => at]);
  w.closeTo(level);
}

function multiplyAdd(kernel: Kernel, a: Value, b: Value, sum: Value): string {
  if (isFloat(a.dtype)) return `fma(${a.text}, ${b.text}, ${sum.text})`;
  const { dtype } = sum;
  const product = compute(
    { id: -1, kind: 'compute', op: 'mul', args: [], of: dtype, dtype },
    [a, b],
    kernel.use,
  );
  return combine('sum', sum, { text: kernel.writer.declare('product', product), dtype }, kernel.use);
}
