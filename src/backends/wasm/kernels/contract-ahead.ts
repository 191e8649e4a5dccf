/**
 * Prologues of filtered convolutions. Filters combine elements of an array as they lie; what a convolution computes from its
 * operand while it reads it, which would be computed for each window anew, is evaluated once for each position, into scratch.
 */
import {
  addIndex,
  axisIndex,
  constantIndex,
  expressionsOf,
  flattenIndex,
  isLinear,
  loadsOf,
  substitute,
  withExpressions,
  type Axis,
  type ContractNest,
  type IndexExpr,
} from '../../../loops/index.js';
import { sizeOf, strideAlong } from '../vector/loops.js';
import { mostGrowth, type OperandCopy } from './contract-pad.js';

/** A place in the operand along one dimension: an axis, or the tap of a window and what it moves along together. */
interface Position {
  /** The axis, as long as all its places are. */
  readonly axis: Axis;
  /** Index of the place in terms of the contraction's axes. */
  readonly index: IndexExpr;
  readonly tap: Axis | undefined;
}

const indexOf = ({ axis, extent }: Axis): IndexExpr => axisIndex(axis, extent);

/** An axis and a tap that move every expression alike are one position. */
function positionsOf({ n, k }: ContractNest, expressions: readonly IndexExpr[]): Position[] {
  const strides = ({ axis }: Axis): string => expressions.map((expr) => strideAlong(expr, axis)).join();
  const unused = expressions.map(() => 0).join();
  const alone = (axis: Axis): Position => ({ axis, index: indexOf(axis), tap: undefined });
  const taps = k.filter((axis) => strides(axis) !== unused);
  const positions = n
    .filter((axis) => strides(axis) !== unused)
    .map((axis) => {
      const number = taps.findIndex((tap) => strides(tap) === strides(axis));
      if (number < 0) return alone(axis);
      const [tap] = taps.splice(number, 1) as [Axis];
      const extent = axis.extent + tap.extent - 1;
      return { axis: { ...axis, extent }, index: addIndex(indexOf(axis), indexOf(tap)), tap };
    });
  return [...positions, ...taps.map(alone)];
}

/**
 * The contraction with its right operand evaluated into buffer `number`; undefined where it has no windows, or where its
 * positions are not evenly spaced.
 */
export function evaluatedAhead(
  nest: ContractNest,
  number: number,
): { readonly nest: ContractNest; readonly copy: OperandCopy } | undefined {
  const { body, value } = nest.b;
  const expressions = body.flatMap(expressionsOf);
  const dtype = body.find(({ id }) => id === value)?.dtype;
  if (dtype !== 'float32' || nest.batch.length > 0 || !expressions.every(isLinear)) return undefined;
  const loads = loadsOf(body);
  if (loads.some(({ indirect }) => indirect.length > 0)) return undefined;
  const elements = ({ buffer }: { readonly buffer: number }): number => nest.buffers[buffer]!.elements;
  const [main] = loads.toSorted((a, b) => elements(b) - elements(a));
  const found = positionsOf(nest, expressions);
  if (!main || !found.some(({ tap }) => tap)) return undefined;
  // In the order of the largest array it is made of.
  const stride = ({ axis }: Position): number => Math.abs(strideAlong(main.index, axis.axis)!) || Infinity;
  const positions = found.sort((a, b) => stride(b) - stride(a) || 0);
  const axes = positions.map(({ axis }) => axis);
  const shape = axes.map(({ extent }) => extent);
  const size = sizeOf(axes);
  if (size > mostGrowth * elements(main) + 1024) return undefined;

  const now = new Map(
    positions.flatMap(({ axis, tap }): (readonly [number, IndexExpr])[] => [
      [axis.axis, indexOf(axis)],
      ...(tap ? [[tap.axis, constantIndex(0)] as const] : []),
    ]),
  );
  const atPosition = (expr: IndexExpr): IndexExpr => substitute(expr, (axis) => now.get(axis)!);
  const read = flattenIndex(
    positions.map(({ index }) => index),
    shape,
  );
  return {
    nest: {
      ...nest,
      b: {
        ...nest.b,
        body: [
          { id: value, kind: 'load', buffer: number, index: read, indirect: [], masks: [], fill: 0, dtype },
        ],
      },
    },
    copy: {
      buffer: { name: 'evaluated', dtype, elements: size, access: 'readWrite' },
      whole: true,
      copy: {
        axes: axes.filter(({ extent }) => extent !== 1),
        body: body.map((instr) => withExpressions(instr, atPosition)),
        stores: [{ buffer: number, index: flattenIndex(axes.map(indexOf), shape), value }],
      },
    },
  };
}
