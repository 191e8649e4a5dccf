/** How far two backends may be apart that computed one operation from the same operands. */
import { isFloat, numel, type DType } from '../core/index.js';
import type { Node } from '../graph/index.js';
import { family, ops } from '../ops/index.js';

interface Precision {
  /** Half the distance from 1 to the next number. */
  readonly unit: number;
  /** Roundings one operation may be off by: halves are computed in float32 and rounded once. */
  readonly roundings: number;
  /** Below it a device may flush to zero. */
  readonly tiny: number;
}

const precisions: Partial<Record<DType, Precision>> = {
  float64: { unit: 2 ** -53, roundings: 64, tiny: 2 ** -1022 },
  float32: { unit: 2 ** -24, roundings: 64, tiny: 2 ** -126 },
  float16: { unit: 2 ** -11, roundings: 2, tiny: 2 ** -23 },
  bfloat16: { unit: 2 ** -8, roundings: 2, tiny: 2 ** -126 },
};

/** How many terms make one element. */
function terms({ op, attrs, inputs, shape }: Node): number {
  const [x, y] = inputs;
  if (op === 'dot') return attrs.lhsContract.reduce((product, axis) => product * x!.shape[axis]!, 1);
  if (op === 'conv') return numel(y!.shape) / Math.max(y!.shape[0]!, 1);
  if (op === 'scatterAdd') return numel(inputs[2]!.shape);
  if (family(op) === 'attention') return Math.max(...inputs.map((input) => numel(input.shape)));
  if (family(op) === 'scan') return Math.max(...shape, 1);
  return family(op) === 'reduce' ? numel(x!.shape) / Math.max(numel(shape), 1) : 1;
}

/** The distance from 1 to the next number of a dtype, 0 where there are no floats. */
export const roundingOf = (dtype: DType): number => 2 * (precisions[dtype]?.unit ?? 0);

const finite = (value: number): number => (Number.isFinite(value) ? value : 0);

/**
 * The largest difference between two values of a node's result that is no mistake; 0 where they must be equal.
 * `largest` holds the largest finite magnitude of the node's result, then of each operand.
 */
export function boundOf(node: Node, largest: readonly number[]): (a: number, b: number) => number {
  const precision = precisions[node.dtype];
  const { op } = node;
  const { agreement } = ops[op];
  if (!precision || agreement === 'exact') return () => 0;
  const { unit, roundings, tiny } = precision;
  const n = Math.max(terms(node), 1);
  const [result, ...operands] = largest.map(finite);
  let absolute = tiny;
  if (agreement === 'absolute') absolute += 4 * unit;
  // The order of a sum is free: its terms may cancel, the roundings on the way remain.
  if (op === 'sum' || op === 'cumsum') absolute += n * unit * operands[0]!;
  // Between what is added to and what is added stands the index.
  if (op === 'scatterAdd') absolute += n * unit * Math.max(operands[0]!, operands[2]!);
  if (op === 'dot' || op === 'conv') absolute += n * unit * operands[0]! * operands[1]!;
  if (family(op) === 'attention') absolute += roundings * Math.sqrt(n) * unit * result!;
  const relative = roundings * unit * (op === 'prod' || op === 'cumprod' ? n : Math.sqrt(n));
  return (a, b) => absolute + relative * Math.max(finite(Math.abs(a)), finite(Math.abs(b)));
}

/** Roundings of the leaves that those of a whole program may come to. */
const roundingsOfProgram = 16;

/**
 * The same for a result at the end of a whole program: half of the dtype's digits of its largest magnitude, or what follows
 * from how far it moves when the leaves move by one rounding.
 */
export function boundOfResult({ dtype }: Node, largest: number, unsteadiness: number): number {
  const precision = precisions[dtype];
  if (!precision || !isFloat(dtype)) return 0;
  const half = Math.sqrt(2 * precision.unit) * finite(largest);
  return Math.max(half, roundingsOfProgram * unsteadiness) + precision.tiny;
}
