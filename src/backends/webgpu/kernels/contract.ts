/**
 * Products of matrices and convolutions: each invocation computes a small tile in registers, with operands read where they
 * lie. Lanes past an edge repeat the last row or column, so that the inner loop asks nothing; only stores do.
 */
import { dtypes, isFloat } from '../../../core/index.js';
import { collapse, type Axis, type ContractNest, type ContractOperand } from '../../../loops/index.js';
import { combine, compute, identity } from '../wgsl/arithmetic.js';
import { rounded } from '../wgsl/convert.js';
import { Positions } from '../wgsl/positions.js';
import { Section } from '../wgsl/section.js';
import { typeOf, type Value } from '../wgsl/value.js';
import { Kernel, type Launch, type Operands } from './kernel.js';
import { sizeOf } from './map.js';

/** Rows and columns of a tile. */
const tile = 4;

interface Side {
  readonly axes: readonly Axis[];
  readonly size: number;
  readonly lanes: number;
  /** The first position of the tile. */
  readonly first: string;
}

export function emitContract(given: ContractNest, operands: Operands): Launch[] {
  const nest = collapse(given);
  if (sizeOf([...nest.batch, ...nest.m, ...nest.n]) === 0) return [];
  const kernel = new Kernel(nest.name, operands, nest.comment);
  const { writer: w, positions } = kernel;
  const [rows, columns] = [sizeOf(nest.m), sizeOf(nest.n)];
  const [high, wide] = [Math.min(tile, rows), Math.min(tile, columns)];
  const [down, across] = [Math.ceil(rows / high), Math.ceil(columns / wide)];
  const item = kernel.eachInvocation(sizeOf(nest.batch) * down * across);
  positions.unflatten(nest.batch, w.declare('batch', `${item} / ${down * across}`));
  const m: Side = {
    axes: nest.m,
    size: rows,
    lanes: high,
    first: w.declare('m', `${item} / ${across} % ${down} * ${high}`),
  };
  const n: Side = {
    axes: nest.n,
    size: columns,
    lanes: wide,
    first: w.declare('n', `${item} % ${across} * ${wide}`),
  };

  const { dtype } = nest;
  const sumOf = isFloat(dtype) ? 'float32' : dtype;
  const sums = Array.from({ length: high * wide }, () =>
    w.variable('sum', typeOf(sumOf), identity('sum', sumOf, kernel.use)),
  );
  const [above, beside] = [lanesOf(kernel, m), lanesOf(kernel, n)];
  const depth = w.level;
  for (const { axis, extent } of nest.k) {
    const k = w.loop(`k${axis}`, extent);
    for (const lane of [...above, ...beside]) lane.bind(axis, k);
  }
  const a = above.map((lane) => valueOf(kernel, lane, nest.a));
  const b = beside.map((lane) => valueOf(kernel, lane, nest.b));
  sums.forEach((sum, i) => {
    const [x, y] = [a[Math.floor(i / wide)]!, b[i % wide]!];
    w.line(`${sum} = ${multiplyAdd(kernel, x, y, { text: sum, dtype: sumOf })};`);
  });
  w.closeTo(depth);
  sums.forEach((sum, i) =>
    finish(kernel, nest, { m, n }, [Math.floor(i / wide), i % wide], { text: sum, dtype: sumOf }),
  );
  return [kernel.finish()];
}

/** The positions of each lane, those past the edge at the edge. */
function lanesOf({ positions, writer: w }: Kernel, { axes, size, lanes, first }: Side): Positions[] {
  return Array.from({ length: lanes }, (_, lane) => {
    const at = new Positions(w, positions);
    const whole = size % lanes === 0;
    const place = lane === 0 ? first : `${first} + ${lane}`;
    at.unflatten(axes, w.declare('lane', whole || lane === 0 ? place : `min(${place}, ${size - 1})`));
    return at;
  });
}

function valueOf(kernel: Kernel, positions: Positions, { body, value }: ContractOperand): Value {
  const section = new Section(kernel, positions);
  section.run(body);
  return section.value(value);
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

/** The epilogue of one element of the tile. */
function finish(
  kernel: Kernel,
  { sum: id, dtype, body, stores }: ContractNest,
  { m, n }: { readonly m: Side; readonly n: Side },
  [row, column]: readonly [number, number],
  sum: Value,
): void {
  const { writer: w, use } = kernel;
  const level = w.level;
  const inside = [
    { side: m, lane: row },
    { side: n, lane: column },
  ].flatMap(({ side: { first, size, lanes }, lane }) =>
    lane > 0 && size % lanes !== 0 ? [`${first} + ${lane} < ${size}`] : [],
  );
  w.open(inside.length > 0 ? `if (${inside.join(' && ')})` : '');
  const at = new Positions(w, kernel.positions);
  at.unflatten(m.axes, w.declare('row', row === 0 ? m.first : `${m.first} + ${row}`));
  at.unflatten(n.axes, w.declare('column', column === 0 ? n.first : `${n.first} + ${column}`));
  const section = new Section(kernel, at);
  const finished = dtypes[dtype].kind === 'float' ? rounded({ text: sum.text, dtype }, use) : sum.text;
  section.define(id, { text: w.declare('total', finished), dtype });
  section.run(body);
  section.store(stores);
  w.closeTo(level);
}
