/** Products of vectors and matrices. */
import * as fg from 'fusegrad';
import { linalg, type Tensor } from 'fusegrad';
import { dims, type Dims, type Kw, type T2, type T3, type Table, type Tensors } from './row.js';

type Scales = { beta?: number; alpha?: number };

export const linear: Table = {
  __rmatmul__: ([x, y]: T2) => fg.matmul(y, x),
  addbmm: ([x, a, b]: T3, kw: Scales) => fg.addbmm(x, a, b, kw),
  addmm: ([x, a, b]: T3, kw: Scales) => fg.addmm(x, a, b, kw),
  addmv: ([x, a, b]: T3, kw: Scales) => fg.addmv(x, a, b, kw),
  addr: ([x, a, b]: T3, kw: Scales) => fg.addr(x, a, b, kw),
  baddbmm: ([x, a, b]: T3, kw: Scales) => fg.baddbmm(x, a, b, kw),
  bmm: ([x, y]: T2) => x.bmm(y),
  cdist: ([x, y, p]: readonly [Tensor, Tensor, number]) => fg.cdist(x, y, { p }),
  cross: ([x, y]: T2, kw: { dim?: number }) => fg.cross(x, y, kw.dim),
  dot: ([x, y]: T2) => x.dot(y),
  einsum: ([equation, operands]: readonly [string, Tensors]) => fg.einsum(equation, operands),
  inner: ([x, y]: T2) => fg.inner(x, y),
  kron: ([x, y]: T2) => fg.kron(x, y),
  matmul: ([x, y]: T2) => x.matmul(y),
  mm: ([x, y]: T2) => x.mm(y),
  mv: ([x, y]: T2) => x.mv(y),
  outer: ([x, y]: T2) => x.outer(y),
  renorm: ([x, p, dim, maxnorm]: readonly [Tensor, number, number, number]) => fg.renorm(x, p, dim, maxnorm),
  tensordot: ([x, y]: T2, kw: { dims: number | readonly [readonly number[], readonly number[]] }) =>
    fg.tensordot(x, y, kw),
  vdot: ([x, y]: T2) => fg.vdot(x, y),
};

type Order = number | 'fro';
type Normed = { ord?: Order; dim?: Dims; keepdim?: boolean };

export const linalgFunctions: Table = {
  'linalg.cross': ([x, y]: T2, kw: Kw<number>) => linalg.cross(x, y, kw.dim),
  'linalg.matrix_norm': (
    [x, ord, dim, keepdim]: readonly [Tensor, Order, readonly number[], boolean],
    kw: Normed,
  ) => linalg.matrixNorm(x, dim ?? kw.dim, { ord: ord ?? kw.ord, keepdim: keepdim ?? kw.keepdim }),
  'linalg.matrix_power': ([x, n]: readonly [Tensor, number]) => linalg.matrixPower(x, n),
  'linalg.multi_dot': ([tensors]: readonly [Tensors]) => linalg.multiDot(tensors),
  'linalg.norm': ([x, ord]: readonly [Tensor, Order], kw: Normed) =>
    linalg.norm(x, kw.dim, { ord: ord ?? kw.ord, keepdim: kw.keepdim }),
  'linalg.vander': ([x]: readonly [Tensor], kw: { N?: number }) => linalg.vander(x, { N: kw.N }),
  'linalg.vecdot': ([x, y]: T2, kw: Kw<number>) => linalg.vecdot(x, y, kw.dim),
  'linalg.vector_norm': ([x]: readonly [Tensor], kw: { ord?: number; dim?: Dims; keepdim?: boolean }) =>
    linalg.vectorNorm(x, dims(kw.dim), kw),
};
