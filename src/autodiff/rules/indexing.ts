/** Gradients of gathering, scattering and sorting: each hands the cotangent back along the same indices. */
import { g, node, type Node } from '../../graph/index.js';
import { integer, type GradientRule, type GradientTable } from './rule.js';

const { gather, scatterAdd, zerosLike } = g;

/** Whether a source element of a scatter is the one that stayed: the last of equal indices. */
function stays(base: Node, index: Node, axis: number): Node {
  const place = g.iotaAlong(index.shape, axis);
  const written = g.scatter(g.full(base.shape, 0, 'int32'), index, place, axis);
  return g.eq(gather(written, index, axis), place);
}

const scatter: GradientRule<'scatter'> = ({ inputs, attrs: { axis } }, ct, needs) => {
  const [base, index, source] = inputs as readonly [Node, Node, Node];
  const zeros = zerosLike(source);
  return [
    needs[0] ? g.scatter(ct, index, zeros, axis) : undefined,
    undefined,
    needs[2] ? g.where(stays(base, index, axis), gather(ct, index, axis), zeros) : undefined,
  ];
};

export const indexing: GradientTable<'gather' | 'scatterAdd' | 'scatter' | 'sort' | 'argsort'> = {
  gather: ({ inputs: [x, index], attrs: { axis } }, ct) => [scatterAdd(zerosLike(x!), index!, ct, axis)],
  scatterAdd: ({ inputs: [, index], attrs: { axis } }, ct, needs) => [
    ct,
    undefined,
    needs[2] ? gather(ct, index!, axis) : undefined,
  ],
  scatter,
  sort: ({ inputs: [x], attrs }, ct) => {
    const from = node('argsort', [x!], attrs);
    return [scatterAdd(zerosLike(x!), from, ct, attrs.axis)];
  },
  argsort: integer,
};
