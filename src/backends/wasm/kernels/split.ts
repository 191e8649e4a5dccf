/**
 * One long row as many rows, so that threads may share it: what is combined over it is combined over each of them, and
 * then over all.
 */
import {
  addIndex,
  axisIndex,
  inRow,
  nextId,
  scaleIndex,
  substitute,
  withOperands,
  type Accumulator,
  type IndexExpr,
  type RowNest,
} from '../../../loops/index.js';

/** Elements from which a row is split, and those of the rows it becomes. */
const splitFrom = 65_536;
const longestPiece = 4096;
const shortestPiece = 256;

/** The length of the rows that a row is split into; undefined where none divides it, as in a prime: it stays one row. */
function pieceOf(extent: number): number | undefined {
  for (let piece = longestPiece; piece >= shortestPiece; piece--) if (extent % piece === 0) return piece;
  return undefined;
}

/** Whether a nest takes one pass over one row, and then computes from what it combined. */
function isOnePass({ rows, inner, stages, accumulators, scratch }: RowNest): boolean {
  const [pass, after, ...others] = stages;
  if (rows.length > 0 || inner.length !== 1 || accumulators.length > 0 || scratch.length > 0) return false;
  if (!pass || !after || others.length > 0 || pass.reduces.length === 0 || pass.reverse) return false;
  const before = [pass.rowBody, pass.rowStores, pass.scans, pass.keeps];
  const later = [after.body, after.reduces, after.scans, after.keeps, after.stores];
  return (
    [...before, ...later].every((list) => list.length === 0) &&
    pass.reduces.every(({ position }) => position === undefined)
  );
}

/** The same values, of a row that is long and alone. */
export function splitRow(nest: RowNest): RowNest {
  const [axis] = nest.inner;
  const piece = isOnePass(nest) && axis!.extent >= splitFrom ? pieceOf(axis!.extent) : undefined;
  if (piece === undefined) return nest;
  const count = axis!.extent / piece;
  const row = axis!.axis + 1;
  const whole = addIndex(scaleIndex(axisIndex(row, count), piece), axisIndex(axis!.axis, piece));
  const replace = (expr: IndexExpr): IndexExpr =>
    substitute(expr, (at, extent) => (at === axis!.axis ? whole : axisIndex(at, extent)));
  const { setup, stages, ...rest } = inRow(nest, replace);
  const [pass, after] = stages as [RowNest['stages'][0], RowNest['stages'][0]];

  let next = nextId(nest);
  const totals = new Map(pass.reduces.map(({ id }) => [id, next++]));
  const now = (id: number): number => totals.get(id) ?? id;
  const accumulators = pass.reduces.map(({ id, combine, dtype }): Accumulator => {
    return {
      id: now(id),
      scope: 'total',
      stage: 1,
      combine: combine as Accumulator['combine'],
      value: id,
      dtype,
    };
  });
  return {
    ...rest,
    setup,
    rows: [{ axis: row, extent: count }],
    inner: [{ axis: axis!.axis, extent: piece }],
    stages: [pass, { ...after, rowBody: [], rowStores: [] }],
    accumulators,
    finishTotals: {
      body: after.rowBody.map((instr) => withOperands(instr, now)),
      stores: after.rowStores.map((store) => ({ ...store, value: now(store.value) })),
    },
  };
}
