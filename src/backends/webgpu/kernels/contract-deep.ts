/** A contraction of few tiles and much depth: a workgroup for each tile, whose invocations take turns along the depth. */
import { Neighbours, Section } from '../wgsl/section.js';
import { Positions } from '../wgsl/positions.js';
import type { Contraction } from './contraction.js';

const width = 64;

export function emitDeep(contraction: Contraction): void {
  const { kernel, nest, m, n, batches, depth } = contraction;
  const { writer: w, positions } = kernel;
  contraction.widen([], false);
  const { group, lane } = kernel.eachGroup(batches * m.tiles * n.tiles, width);
  const { row, column } = contraction.cornerOf(group);
  const sums = contraction.startSums();
  const [above, beside] = [m.lanesAt(kernel, row), n.lanesAt(kernel, column)];

  const level = w.level;
  const k = w.stride('k', lane, depth, width);
  const step = new Positions(w);
  step.unflatten(nest.k, k);
  const [ofA, ofB] = [new Neighbours(nest.a.body), new Neighbours(nest.b.body)];
  const a = above.map((at) => contraction.valueOf(nest.a, at.with(step), ofA));
  const b = beside.map((at) => contraction.valueOf(nest.b, at.with(step), ofB));
  sums.forEach((line, i) =>
    line.forEach((sum, j) => w.line(`${sum} = fma(${a[i]!.text}, ${b[j]!.text}, ${sum});`)),
  );
  w.closeTo(level);

  // Every sum's parts are added in the order of the lanes, by an invocation of its own.
  const count = m.lanes * n.lanes;
  const parts = kernel.workgroupArray('parts', 'f32', width * count);
  sums.flat().forEach((sum, i) => w.line(`${parts}[${lane} * ${count} + ${i}] = ${sum};`));
  w.line('workgroupBarrier();');
  const [below, right] = [`${lane} / ${n.lanes}`, `${lane} % ${n.lanes}`];
  const place = {
    row: w.declare('row', `${row} + ${below}`),
    column: w.declare('column', `${column} + ${right}`),
  };
  const exists = [
    `${lane} < ${count}`,
    ...(m.isWhole ? [] : [`${place.row} < ${m.size}`]),
    ...(n.isWhole ? [] : [`${place.column} < ${n.size}`]),
  ];
  w.open(`if (${exists.join(' && ')})`);
  const sum = w.variable('all', 'f32', '0f');
  const part = w.loop('part', width);
  w.line(`${sum} += ${parts}[${part} * ${count} + ${lane}];`);
  w.close();
  const at = new Positions(w, positions);
  at.unflatten(nest.m, place.row);
  at.unflatten(nest.n, place.column);
  const section = new Section(kernel, at);
  contraction.element(section, sum);
  section.store(nest.stores);
  w.close();
}
