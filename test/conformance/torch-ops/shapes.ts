/** Views, joining and splitting, creation. */
import * as fg from 'fusegrad';
import type { DType, Tensor } from 'fusegrad';
import { list, number, type Dims, type T1, type T2, type Table, type Tensors } from './row.js';

type Sized = readonly [Tensor, readonly number[]];
type At = readonly [Tensor, number];
type OneOrMore = readonly [Tensor | Tensors, ...Tensor[]];
type Plane = readonly [number, number];
type Diagonal = { offset?: number; dim1?: number; dim2?: number };

export const views: Table = {
  H: ([x]: T1) => x.H,
  T: ([x]: T1) => x.T,
  as_strided: (
    [x, size, stride]: readonly [Tensor, readonly number[], readonly number[]],
    kw: { storageOffset?: number },
  ) => fg.asStrided(x, size, stride, kw),
  atleast_1d: ([x, ...rest]: OneOrMore) => fg.atleast1d(...list(x), ...rest),
  atleast_2d: ([x, ...rest]: OneOrMore) => fg.atleast2d(...list(x), ...rest),
  atleast_3d: ([x, ...rest]: OneOrMore) => fg.atleast3d(...list(x), ...rest),
  broadcast_shapes: (shapes: readonly (readonly number[])[]) => fg.broadcastShapes(...shapes),
  broadcast_tensors: (tensors: Tensors) => fg.broadcastTensors(...tensors),
  broadcast_to: ([x, shape]: Sized) => fg.broadcastTo(x, shape),
  diag: ([x, diagonal]: At) => fg.diag(x, { diagonal }),
  diag_embed: ([x]: T1, kw: Diagonal) => fg.diagEmbed(x, kw),
  diagflat: ([x]: T1, kw: { offset?: number }) => fg.diagflat(x, kw),
  diagonal: ([x]: T1, kw: Diagonal) => x.diagonal(kw),
  expand: ([x, size]: Sized) => x.expand(size),
  expand_as: ([x, y]: T2) => x.expandAs(y),
  flatten: ([x, start, end]: readonly [Tensor, number, number], kw: { startDim?: number; endDim?: number }) =>
    x.flatten(start ?? kw.startDim, end ?? kw.endDim),
  flip: ([x]: T1, kw: { dims: Dims }) => x.flip(kw.dims),
  fliplr: ([x]: T1) => fg.fliplr(x),
  flipud: ([x]: T1) => fg.flipud(x),
  mH: ([x]: T1) => x.mH,
  mT: ([x]: T1) => x.mT,
  movedim: ([x, source, destination]: readonly [Tensor, Dims, Dims]) => x.movedim(source, destination),
  narrow: ([x, dim, start, length]: readonly [Tensor, number, number, number]) =>
    x.narrow(dim, start, length),
  narrow_copy: ([x, dim, start, length]: readonly [Tensor, number, number, number]) =>
    x.narrow(dim, start, length),
  permute: ([x, order]: Sized) => x.permute(order),
  ravel: ([x]: T1) => x.ravel(),
  repeat: ([x, repeats]: Sized) => x.repeat(repeats),
  repeat_interleave: ([x]: T1, kw: { repeats: Dims; dim?: number }) => x.repeatInterleave(kw.repeats, kw.dim),
  reshape: ([x, shape]: Sized) => x.reshape(shape),
  reshape_as: ([x, y]: T2) => x.reshapeAs(y),
  roll: ([x, shifts, dim]: readonly [Tensor, Dims, Dims]) => x.roll(shifts, dim),
  rot90: ([x, k, plane]: readonly [Tensor, number, Plane], kw: { dims?: Plane }) =>
    fg.rot90(x, { k, dims: plane ?? kw.dims }),
  select: ([x, dim, index]: readonly [Tensor, number, number]) => x.select(dim, index),
  slice: ([x, dim, start, end, step]: readonly [Tensor, number, number, number, number]) =>
    fg.slice(x, dim, start, end, step),
  squeeze: ([x, dim]: At) => x.squeeze(dim),
  sum_to_size: ([x, ...size]: readonly [Tensor, ...number[]]) => x.sumToSize(...size),
  t: ([x]: T1) => x.t(),
  tile: ([x, repeats]: Sized) => x.tile(repeats),
  transpose: ([x, dim0, dim1]: readonly [Tensor, number, number]) => x.transpose(dim0, dim1),
  tril: ([x, diagonal]: At) => x.tril({ diagonal }),
  triu: ([x, diagonal]: At) => x.triu({ diagonal }),
  unflatten: ([x, dim, sizes]: readonly [Tensor, number, readonly number[]]) => x.unflatten(dim, sizes),
  unfold: ([x, dim, size, step]: readonly [Tensor, number, number, number]) => x.unfold(dim, size, step),
  unsqueeze: ([x, dim]: At) => x.unsqueeze(dim),
  view: ([x, shape]: Sized) => x.view(shape),
  view_as: ([x, y]: T2) => x.viewAs(y),
};

type Parts = readonly [Tensor, number | readonly number[], number];
type Joined = readonly [Tensors, number];

export const joining: Table = {
  block_diag: (tensors: Tensors) => fg.blockDiag(...tensors),
  cartesian_prod: (tensors: Tensors) => fg.cartesianProd(...tensors),
  cat: ([tensors, dim]: Joined, kw: { dim?: number }) => fg.cat(tensors, dim ?? kw.dim),
  chunk: ([x, chunks, dim]: readonly [Tensor, number, number]) => x.chunk(chunks, dim),
  column_stack: ([tensors]: readonly [Tensors]) => fg.columnStack(tensors),
  combinations: ([x]: T1, kw: { r?: number; withReplacement?: boolean }) => fg.combinations(x, kw),
  dsplit: ([x, sections]: Parts) => fg.dsplit(x, sections),
  dstack: ([tensors]: readonly [Tensors]) => fg.dstack(tensors),
  hsplit: ([x, sections]: Parts) => fg.hsplit(x, sections),
  hstack: ([tensors]: readonly [Tensors]) => fg.hstack(tensors),
  'meshgrid/list_of_tensors': ([tensors]: readonly [Tensors], kw: { indexing?: 'ij' | 'xy' }) =>
    fg.meshgrid(tensors, kw),
  'meshgrid/variadic_tensors': (tensors: Tensors, kw: { indexing?: 'ij' | 'xy' }) => fg.meshgrid(tensors, kw),
  split: ([x, size, dim]: Parts) => x.split(size, dim),
  split_with_sizes: ([x, sizes, dim]: readonly [Tensor, readonly number[], number]) => x.split(sizes, dim),
  stack: ([tensors, dim]: Joined) => fg.stack(tensors, dim),
  tensor_split: ([x, sections, dim]: Parts) => fg.tensorSplit(x, sections, dim),
  unbind: ([x, dim]: At) => x.unbind(dim),
  vsplit: ([x, sections]: Parts) => fg.vsplit(x, sections),
  vstack: ([tensors]: readonly [Tensors]) => fg.vstack(tensors),
};

type Bounds = readonly [number | boolean, number | boolean, number | boolean];
type Range = readonly [number, number, number];
type Typed = { dtype?: DType };
type New = readonly [Tensor, readonly number[]];

export const creation: Table = {
  arange: ([start, end, step]: Bounds, kw: Typed & { end?: number }) =>
    fg.arange(number(start), number(end ?? kw.end), number(step), kw),
  eye: ([n, m]: readonly [number, number], kw: Typed) => fg.eye(n, m, kw),
  fill: ([x]: T1, kw: { value: number | boolean }) => x.fill(kw.value),
  full_like: ([x, value]: At, kw: Typed) => fg.fullLike(x, value, kw),
  linspace: ([start, end, steps]: Range, kw: Typed) => fg.linspace(start, end, steps, kw),
  logspace: ([start, end, steps, base]: readonly [number, number, number, number], kw: Typed) =>
    fg.logspace(start, end, steps, { base, dtype: kw.dtype }),
  new_full: ([x, size, value]: readonly [Tensor, readonly number[], number], kw: Typed) =>
    x.newFull(size, value, kw),
  new_ones: ([x, size]: New, kw: Typed) => x.newOnes(size, kw),
  new_zeros: ([x, size]: New, kw: Typed) => x.newZeros(size, kw),
  ones: ([size]: readonly [readonly number[]], kw: Typed) => fg.ones(size, kw),
  ones_like: ([x]: T1, kw: Typed) => fg.onesLike(x, kw),
  tril_indices: ([row, col, offset]: Range, kw: Typed) =>
    fg.trilIndices(row, col, { offset, dtype: kw.dtype }),
  triu_indices: ([row, col, offset]: Range, kw: Typed) =>
    fg.triuIndices(row, col, { offset, dtype: kw.dtype }),
  zero_: ([x]: T1) => fg.zerosLike(x),
  zeros: ([size]: readonly [readonly number[]], kw: Typed) => fg.zeros(size, kw),
  zeros_like: ([x]: T1, kw: Typed) => fg.zerosLike(x, kw),
};
