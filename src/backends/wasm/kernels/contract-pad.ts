/**
 * Padding of convolutions. An operand that is read under masks on its positions is first copied into scratch with zeros
 * around it (and between, where it is dilated), so that the multiplication reads evenly spaced elements and tests nothing. It
 * is a copy of the operand, not of its windows.
 */
import { dtypes } from '../../../core/index.js';
import {
  addIndex,
  axesOf,
  axisIndex,
  constantIndex,
  decide,
  flattenIndex,
  isLinear,
  loadsOf,
  rangeOf,
  scaleIndex,
  substitute,
  type Axis,
  type ContractNest,
  type ContractOperand,
  type IndexExpr,
  type Load,
  type MapNest,
  type NestBuffer,
} from '../../../loops/index.js';

/** A copy of an operand, or of what is computed from it, which lies in scratch. */
export interface OperandCopy {
  readonly buffer: NestBuffer;
  /** Whether the copy writes every element; else it is zero beforehand. */
  readonly whole: boolean;
  readonly copy: Pick<MapNest, 'axes' | 'body' | 'stores'>;
}

/** Most elements of a copy, for each of the operand. */
export const mostGrowth = 8;

/** The axis through which a position may be told: one step of it is one step of the position. */
function stepAxis(expr: IndexExpr): Axis | undefined {
  for (const { coeff, atom } of expr.terms)
    if (coeff === 1 && atom.kind === 'axis') return { axis: atom.axis, extent: atom.extent };
  return undefined;
}

/** The load of an operand as a load of a padded copy; undefined where its positions cannot be told apart. */
function paddedLoad(
  load: Load,
  number: number,
  buffers: readonly NestBuffer[],
  nextAxis: number,
): { readonly padded: OperandCopy; readonly load: Load } | undefined {
  // Dilation adds a second mask on a position: the first tells its range.
  const positions = [...new Map(load.masks.map(({ expr }) => [expr.key, expr])).values()].filter(
    (expr) => isLinear(expr) && expr.terms.length > 0,
  );
  if (positions.length === 0) return undefined;
  const replaced = new Map<number, IndexExpr>();
  const inner = positions.map((expr, i) => {
    const along = stepAxis(expr);
    if (!along) return undefined;
    const [least, most] = rangeOf(expr);
    // Only what lies inside is copied: the rest of the copy is 0.
    const bounds = load.masks.filter((mask) => mask.expr.key === expr.key);
    const from = Math.max(least, ...bounds.map(({ lo }) => lo));
    const to = Math.min(most + 1, ...bounds.map(({ hi }) => hi));
    const axis = { axis: nextAxis + i, extent: Math.max(0, to - from) };
    const value = addIndex(axisIndex(axis.axis, axis.extent), constantIndex(from));
    const rest = addIndex(expr, scaleIndex(axisIndex(along.axis, along.extent), -1));
    replaced.set(along.axis, addIndex(value, scaleIndex(rest, -1)));
    return { expr, axis, least, value, span: most - least + 1 };
  });
  if (inner.some((each) => each === undefined) || replaced.size < positions.length) return undefined;
  const spatial = inner as NonNullable<(typeof inner)[number]>[];
  const inTerms = (expr: IndexExpr): IndexExpr =>
    substitute(expr, (axis, extent) => replaced.get(axis) ?? axisIndex(axis, extent));
  const index = inTerms(load.index);
  const masks = load.masks
    .map((mask) => ({ ...mask, expr: inTerms(mask.expr) }))
    .filter((mask) => decide(mask) !== true);
  const gone = new Set(positions.flatMap((expr) => [...axesOf(expr)]));
  const used = new Set([...axesOf(index), ...masks.flatMap(({ expr }) => [...axesOf(expr)])]);
  if ([...used].some((axis) => gone.has(axis))) return undefined;

  const outer = outerAxes(load.index, gone);
  const axes = [...outer, ...spatial.map(({ axis }) => axis)];
  const source = buffers[load.buffer]!;
  const shape = [...outer.map(({ extent }) => extent), ...spatial.map(({ span }) => span)];
  const elements = shape.reduce((n, size) => n * size, 1);
  if (elements > mostGrowth * source.elements + 1024) return undefined;
  const place = (indices: readonly IndexExpr[]): IndexExpr => flattenIndex(indices, shape);
  const buffer: NestBuffer = {
    name: `${source.name}_padded`,
    dtype: load.dtype,
    elements,
    access: 'readWrite',
  };
  return {
    padded: {
      buffer,
      whole: false,
      copy: {
        axes: axes.filter(({ extent }) => extent !== 1),
        body: [{ ...load, index, masks }],
        stores: [
          {
            buffer: number,
            index: place([
              ...outer.map(({ axis, extent }) => axisIndex(axis, extent)),
              ...spatial.map(({ value, least }) => addIndex(value, constantIndex(-least))),
            ]),
            value: load.id,
          },
        ],
      },
    },
    load: {
      ...load,
      buffer: number,
      masks: [],
      index: place([
        ...outer.map(({ axis, extent }) => axisIndex(axis, extent)),
        ...spatial.map(({ expr, least }) => addIndex(expr, constantIndex(-least))),
      ]),
    },
  };
}

/** Axes of an index that are no part of a position, the widest stride first. */
function outerAxes(index: IndexExpr, gone: ReadonlySet<number>): Axis[] {
  const found = new Map<number, { readonly axis: Axis; readonly stride: number }>();
  const visit = (expr: IndexExpr, scale: number): void => {
    for (const { coeff, atom } of expr.terms) {
      if (atom.kind !== 'axis') visit(atom.of, coeff * scale);
      else if (!gone.has(atom.axis)) {
        const axis = { axis: atom.axis, extent: atom.extent };
        found.set(atom.axis, { axis, stride: Math.abs(coeff * scale) });
      }
    }
  };
  visit(index, 1);
  return [...found.values()].sort((a, b) => b.stride - a.stride).map(({ axis }) => axis);
}

/** The contraction over padded copies, and the copies, which are buffers behind its own and those of `before`. */
export function withPadding(
  nest: ContractNest,
  before: readonly OperandCopy[] = [],
): {
  readonly nest: ContractNest;
  readonly copies: readonly OperandCopy[];
} {
  const all = [...nest.batch, ...nest.m, ...nest.n, ...nest.k];
  const nextAxis = Math.max(-1, ...all.map(({ axis }) => axis)) + 1;
  const copies = [...before];
  const operand = (given: ContractOperand): ContractOperand => {
    const masked = loadsOf(given.body).filter(({ masks }) => masks.length > 0);
    const [load] = masked;
    if (!load || masked.length > 1 || load.indirect.length > 0 || load.fill !== 0) return given;
    if (dtypes[load.dtype].kind !== 'float') return given;
    const made = paddedLoad(load, nest.buffers.length + copies.length, nest.buffers, nextAxis);
    if (!made) return given;
    copies.push(made.padded);
    return { ...given, body: given.body.map((instr) => (instr === load ? made.load : instr)) };
  };
  return { nest: { ...nest, a: operand(nest.a), b: operand(nest.b) }, copies };
}
