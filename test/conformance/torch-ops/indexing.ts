/** Indexing, gathering and scattering. */
import * as fg from 'fusegrad';
import type { Tensor } from 'fusegrad';
import { list, type Kw, type T2, type T3, type Table, type Tensors } from './row.js';

type Index = Parameters<Tensor['at']>[number];
type Gather = readonly [Tensor, number, Tensor];
type Scatter = readonly [Tensor, number, Tensor, Tensor];
type Reduce = 'prod' | 'mean' | 'amax' | 'amin';
type Reducing<R> = readonly [Tensor, number, Tensor, Tensor, R];
type Value = Tensor | number;

export const indexing: Table = {
  __getitem__: ([x, index]: readonly [Tensor, Index | readonly Index[]]) => x.at(...list(index)),
  diagonal_scatter: ([x, src, offset]: readonly [Tensor, Tensor, number], kw: Kw) =>
    fg.diagonalScatter(x, src, { offset, dim1: kw.dim1, dim2: kw.dim2 }),
  gather: ([x, dim, index]: Gather) => x.gather(dim, index),
  index_add: ([x, dim, index, source]: Scatter, kw: Kw) => x.indexAdd(dim, index, source, kw),
  index_copy: ([x, dim, index, source]: Scatter) => fg.indexCopy(x, dim, index, source),
  index_fill: ([x, dim, index, value]: readonly [Tensor, number, Tensor, Value]) =>
    fg.indexFill(x, dim, index, value),
  index_put: ([x, indices, values]: readonly [Tensor, Tensors, Tensor], kw: { accumulate?: boolean }) =>
    fg.indexPut(x, indices, values, kw),
  index_reduce: ([x, dim, index, source, reduce]: Reducing<Reduce>, kw: Kw) =>
    fg.indexReduce(x, dim, index, source, reduce, kw),
  index_select: ([x, dim, index]: Gather) => x.indexSelect(dim, index),
  masked_fill: ([x, mask, value]: readonly [Tensor, Tensor, Value]) => x.maskedFill(mask, value),
  masked_scatter: ([x, mask, source]: T3) => fg.maskedScatter(x, mask, source),
  put: ([x, index, source, accumulate]: readonly [Tensor, Tensor, Tensor, boolean]) =>
    fg.put(x, index, source, { accumulate }),
  scatter: (
    [x, dim, index, src]: readonly [Tensor, number, Tensor, Value],
    kw: { reduce?: 'add' | 'multiply' },
  ) => x.scatter(dim, index, src, kw),
  scatter_add: ([x, dim, index, src]: Scatter) => x.scatterAdd(dim, index, src),
  scatter_reduce: ([x, dim, index, src, reduce]: Reducing<Reduce | 'sum'>, kw: Kw) =>
    fg.scatterReduce(x, dim, index, src, reduce, kw),
  select_scatter: ([x, src, dim, index]: readonly [Tensor, Tensor, number, number]) =>
    fg.selectScatter(x, src, dim, index),
  slice_scatter: ([x, src, dim, start, end, step]: readonly [
    Tensor,
    Tensor,
    number,
    number,
    number,
    number,
  ]) => fg.sliceScatter(x, src, dim, start, end, step),
  take: ([x, index]: T2) => fg.take(x, index),
  take_along_dim: ([x, index, dim]: readonly [Tensor, Tensor, number]) => fg.takeAlongDim(x, index, dim),
};
