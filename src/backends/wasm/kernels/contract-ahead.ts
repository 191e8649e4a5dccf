/**
 * Prologues of filtered convolutions. Filters combine elements of an array as they lie; what a convolution computes from its
 * operand while it reads it, which would be computed for each window anew, is evaluated once for each position, into scratch.
 */
import {
  addIndex,
  axisIndex,
  constantIndex,
  decide,
  flattenIndex,
  substitute,
  type Axis,
  type ContractNest,
  type IndexExpr,
  type Instr,
  type Load,
  type Predicate,
} from '../../../loops/index.js';
import { strideAlong } from '../vector/loops.js';
import { mostGrowth, type Padded } from './contract-pad.js';

/** Every index expression of a body; undefined where the data says what is read. */
function expressionsOf(body: readonly Instr[]): IndexExpr[] | undefined {
  if (body.some((instr) => instr.kind === 'load' && instr.indirect.length > 0)) return undefined;
  const ofMasks = (masks: readonly Predicate[]): IndexExpr[] => masks.map(({ expr }) => expr);
  return body.flatMap((instr) => {
    if (instr.kind === 'load') return [instr.index, ...ofMasks(instr.masks)];
    if (instr.kind === 'guard') return ofMasks(instr.masks);
    return instr.kind === 'index' ? [instr.expr] : [];
  });
}

/** A body with other index expressions. */
function moved(body: readonly Instr[], to: (expr: IndexExpr) => IndexExpr): Instr[] {
  const masks = (all: readonly Predicate[]): Predicate[] =>
    all.map((mask) => ({ ...mask, expr: to(mask.expr) })).filter((mask) => decide(mask) !== true);
  return body.map((instr) => {
    if (instr.kind === 'load') return { ...instr, index: to(instr.index), masks: masks(instr.masks) };
    if (instr.kind === 'guard') return { ...instr, masks: masks(instr.masks) };
    return instr.kind === 'index' ? { ...instr, expr: to(instr.expr) } : instr;
  });
}

/** Where a window's tap and what it moves along count as one: a position of the operand. */
interface Position {
  readonly axis: Axis;
  readonly tap: Axis | undefined;
  readonly extent: number;
}

function positionsOf({ n, k }: ContractNest, expressions: readonly IndexExpr[]): Position[] {
  const strides = ({ axis }: Axis): string => expressions.map((expr) => strideAlong(expr, axis)).join();
  const unused = expressions.map(() => 0).join();
  const taps = k.filter((axis) => strides(axis) !== unused);
  const positions = n
    .filter((axis) => strides(axis) !== unused)
    .map((axis): Position => {
      const number = taps.findIndex((tap) => strides(tap) === strides(axis));
      const [tap] = number < 0 ? [] : taps.splice(number, 1);
      return { axis, tap, extent: axis.extent + (tap?.extent ?? 1) - 1 };
    });
  return [...positions, ...taps.map((axis) => ({ axis, tap: undefined, extent: axis.extent }))];
}

/** The contraction with its right operand evaluated into buffer `number`; undefined where its positions are not evenly spaced. */
export function evaluatedAhead(
  nest: ContractNest,
  number: number,
): { readonly nest: ContractNest; readonly copy: Padded } | undefined {
  const { body, value } = nest.b;
  const expressions = expressionsOf(body);
  const dtype = body.find(({ id }) => id === value)?.dtype;
  if (!expressions || dtype !== 'float32') return undefined;
  if (expressions.some(({ terms }) => terms.some(({ atom }) => atom.kind !== 'axis'))) return undefined;
  const loads = body.filter((instr): instr is Load => instr.kind === 'load');
  const elements = (load: Load): number => nest.buffers[load.buffer]!.elements;
  const [main] = loads.toSorted((a, b) => elements(b) - elements(a));
  if (!main) return undefined;
  // In the order of the largest array it is made of.
  const stride = ({ axis }: Position): number => Math.abs(strideAlong(main.index, axis.axis)!) || Infinity;
  const positions = positionsOf(nest, expressions).sort((a, b) => stride(b) - stride(a) || 0);
  const shape = positions.map(({ extent }) => extent);
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (size > mostGrowth * elements(main) + 1024) return undefined;

  const along = new Map(positions.map(({ axis, extent }) => [axis.axis, axisIndex(axis.axis, extent)]));
  const taps = new Set(positions.map(({ tap }) => tap?.axis));
  const atPosition = (expr: IndexExpr): IndexExpr =>
    substitute(expr, (axis, extent) =>
      taps.has(axis) ? constantIndex(0) : (along.get(axis) ?? axisIndex(axis, extent)),
    );
  const indexOf = ({ axis, extent }: Axis): IndexExpr => axisIndex(axis, extent);
  const read = positions.map(({ axis, tap }) =>
    tap ? addIndex(indexOf(axis), indexOf(tap)) : indexOf(axis),
  );
  const load: Load = {
    id: value,
    kind: 'load',
    buffer: number,
    index: flattenIndex(read, shape),
    indirect: [],
    masks: [],
    fill: 0,
    dtype,
  };
  const written = positions.map(({ axis, extent }) => axisIndex(axis.axis, extent));
  return {
    nest: { ...nest, b: { ...nest.b, body: [load] } },
    copy: {
      buffer: { name: 'evaluated', dtype, elements: size, access: 'readWrite' },
      whole: true,
      copy: {
        axes: positions
          .map(({ axis, extent }) => ({ axis: axis.axis, extent }))
          .filter(({ extent }) => extent !== 1),
        body: moved(body, atPosition),
        stores: [{ buffer: number, index: flattenIndex(written, shape), value }],
      },
    },
  };
}
