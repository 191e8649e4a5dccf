/** Scatters and sorts: kernels whose writes or order depend on data. */
import { invariant, stridesOf } from '../core/index.js';
import { storageOf } from '../fusion/index.js';
import type { Node } from '../graph/index.js';
import { axesFor, constantIndex, flattenIndex, type OpaqueNest, type ScatterNest } from '../loops/index.js';
import { Reader, type Emission } from './emission.js';
import { loopAxes, type NestBody } from './map.js';

export function lowerScatter(emission: Emission): NestBody<ScatterNest> {
  const root = [...emission.region.group.members.keys()][0]!;
  invariant(root.op === 'scatter' || root.op === 'scatterAdd', 'a scatter region has a scatter');
  const [base, index, source] = root.inputs as [Node, Node, Node];
  const { axis } = root.attrs;
  const buffer = emission.buffer(root, 'write');
  const baseAt = axesFor(base.shape);
  const baseReader = new Reader(emission);
  const initial = baseReader.read(base, baseAt);
  const at = axesFor(source.shape);
  const reader = new Reader(emission);
  const position = reader.read(index, at);
  const value = reader.read(source, at);
  const bound = base.shape[axis]!;
  return {
    kind: 'scatter',
    combine: root.op === 'scatterAdd' ? 'add' : 'set',
    base: {
      axes: loopAxes(base.shape),
      body: baseReader.instrs,
      stores: [{ buffer, index: flattenIndex(baseAt, base.shape), value: initial }],
    },
    axes: loopAxes(source.shape),
    body: reader.instrs,
    buffer,
    index: flattenIndex(at.with(axis, constantIndex(0)), base.shape),
    indirect: {
      id: position,
      coeff: stridesOf(base.shape)[axis]!,
      bound,
      check: emission.check(root, bound),
    },
    value,
  };
}

export function lowerSort(emission: Emission): NestBody<OpaqueNest> {
  const root = [...emission.region.group.members.keys()][0]!;
  invariant(root.op === 'sort' || root.op === 'argsort', 'a sort region has a sort');
  const { axis, descending } = root.attrs;
  const { shape } = root;
  const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
  return {
    kind: 'opaque',
    op: root.op,
    outer: product(shape.slice(0, axis)),
    size: shape[axis] ?? 1,
    inner: product(shape.slice(axis + 1)),
    descending,
    input: emission.buffer(storageOf(root.inputs[0]!), 'read'),
    output: emission.buffer(root, 'write'),
  };
}
