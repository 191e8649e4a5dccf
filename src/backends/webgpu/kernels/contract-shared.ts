/**
 * A contraction whose workgroups read operands together: slab by slab of the depth into shared memory, where an element
 * is computed once and used by a row or a column of tiles.
 */
import { loadsOf, type ContractOperand } from '../../../loops/index.js';
import { isVector, vectorSize } from '../wgsl/lanes.js';
import { Positions } from '../wgsl/positions.js';
import { Neighbours } from '../wgsl/section.js';
import type { Side } from './contract-side.js';
import type { Contraction } from './contraction.js';
import { powerFrom } from './map.js';

/** Steps of the depth in shared memory at a time. */
const slab = 16;
/** Steps that are written out: loops are as a rule not the driver's to unroll. */
const unrolled = 4;
/** Most tiles of a workgroup along a side. */
const most = 16;
/** Fewest invocations of a workgroup that keep a device busy. */
const fewest = 64;

interface Workgroup {
  readonly high: number;
  readonly wide: number;
}

/** Tiles of a workgroup, or undefined where the sides are too short for one. */
export function workgroupOf({ m, n }: Contraction): Workgroup | undefined {
  if (m.lanes < vectorSize || n.lanes < vectorSize) return undefined;
  const [high, wide] = [Math.min(most, powerFrom(m.tiles)), Math.min(most, powerFrom(n.tiles))];
  return high * wide >= fewest ? { high, wide } : undefined;
}

export function emitShared(contraction: Contraction): void {
  const { kernel, nest, m, n, batches, depth } = contraction;
  const { writer: w, positions } = kernel;
  contraction.widen([], true);
  const { high, wide } = workgroupOf(contraction)!;
  const [down, across] = [Math.ceil(m.tiles / high), Math.ceil(n.tiles / wide)];
  const { group, lane } = kernel.eachGroup(batches * down * across, high * wide);
  positions.unflatten(nest.batch, w.declare('batch', `${group} / ${down * across}`));
  const top = w.declare('top', `${group} / ${across} % ${down} * ${high}`);
  const left = w.declare('left', `${group} % ${across} * ${wide}`);
  const [y, x] = [w.declare('y', `${lane} / ${wide}`), w.declare('x', `${lane} % ${wide}`)];
  const sums = Array.from({ length: vectorSize }, () => w.variable('sums', 'vec4f', 'vec4f()'));
  const [a, b] = [
    new Staged(contraction, m, nest.a, high, 'rows'),
    new Staged(contraction, n, nest.b, wide, 'columns'),
  ];

  const level = w.level;
  const number = w.loop('slab', Math.ceil(depth / slab));
  const start = w.declare('start', `${number} * ${slab}`);
  a.fill(lane, high * wide, top, start);
  b.fill(lane, high * wide, left, start);
  w.line('workgroupBarrier();');
  const step = w.loop('step', slab / unrolled);
  for (let k = 0; k < unrolled; k++) {
    const at = `${step} * ${unrolled} + ${k}`;
    const [row, column] = [w.declare('a', a.element(`(${at})`, y)), w.declare('b', b.element(`(${at})`, x))];
    sums.forEach((sum, i) => w.line(`${sum} = fma(vec4f(${row}.${'xyzw'[i]}), ${column}, ${sum});`));
  }
  w.close();
  w.line('workgroupBarrier();');
  w.closeTo(level);

  const [tileRow, tileColumn] = [w.declare('row', `${top} + ${y}`), w.declare('column', `${left} + ${x}`)];
  const exists = [
    ...(m.tiles % high === 0 ? [] : [`${tileRow} < ${m.tiles}`]),
    ...(n.tiles % wide === 0 ? [] : [`${tileColumn} < ${n.tiles}`]),
  ];
  w.open(exists.length > 0 ? `if (${exists.join(' && ')})` : '');
  contraction.finish(
    sums.map((sum) => Array.from('xyzw', (component) => `${sum}.${component}`)),
    {
      row: w.declare('m', `${tileRow} * ${vectorSize}`),
      column: w.declare('n', `${tileColumn} * ${vectorSize}`),
    },
  );
  w.close();
}

/** One operand's slab: for each step of the depth, the vectors of the tiles along its side. */
class Staged {
  readonly #array: string;
  /** Vectors a step takes: one more than there are, so that steps do not meet in the same banks. */
  readonly #pitch: number;

  constructor(
    readonly contraction: Contraction,
    readonly side: Side,
    readonly operand: ContractOperand,
    readonly tiles: number,
    name: string,
  ) {
    this.#pitch = tiles + 1;
    this.#array = contraction.kernel.workgroupArray(name, 'vec4f', slab * this.#pitch);
  }

  element(k: string, tile: string): string {
    return `${this.#array}[${k} * ${this.#pitch} + ${tile}]`;
  }

  /** Neighbours among the invocations read neighbours in memory: tiles where the operand lies so, else steps of the depth. */
  get #alongSide(): boolean {
    const { blocks } = this.side;
    return blocks !== undefined && loadsOf(this.operand.body).some(({ index }) => isVector(index, blocks));
  }

  fill(lane: string, width: number, first: string, start: string): void {
    const { contraction, side, operand, tiles } = this;
    const { kernel, nest, depth } = contraction;
    const w = kernel.writer;
    const level = w.level;
    const count = slab * tiles;
    let of = lane;
    if (count === width) w.open('');
    else of = w.stride('i', lane, count, width);
    const [tile, k] = this.#alongSide
      ? [w.declare('tile', `${of} % ${tiles}`), w.declare('k', `${of} / ${tiles}`)]
      : [w.declare('tile', `${of} / ${slab}`), w.declare('k', `${of} % ${slab}`)];
    const fits = side.tiles % tiles === 0;
    const inSide = fits ? `${first} + ${tile}` : `min(${first} + ${tile}, ${side.tiles - 1})`;
    const lanes = side.lanesAt(kernel, w.declare('first', `(${inSide}) * ${vectorSize}`));
    const whole = depth % slab === 0;
    const deep = w.declare('deep', `${start} + ${k}`);
    const step = new Positions(w);
    step.unflatten(nest.k, whole ? deep : w.declare('inside', `min(${deep}, ${depth - 1})`));
    const neighbours = new Neighbours(operand.body);
    const values = lanes.map((at) => contraction.valueOf(operand, at.with(step), neighbours).text);
    const vector = `vec4f(${values.join(', ')})`;
    w.line(
      `${this.element(k, tile)} = ${whole ? vector : `select(vec4f(), ${vector}, ${deep} < ${depth})`};`,
    );
    w.closeTo(level);
  }
}
