/** Products of vectors and matrices. */
import * as fg from 'fusegrad';
import type { Tensor } from 'fusegrad';
import type { T2, T3, Table, Tensors } from './row.js';

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
  inner: ([x, y]: T2) => x.inner(y),
  kron: ([x, y]: T2) => fg.kron(x, y),
  matmul: ([x, y]: T2) => x.matmul(y),
  mm: ([x, y]: T2) => x.mm(y),
  mv: ([x, y]: T2) => x.mv(y),
  outer: ([x, y]: T2) => x.outer(y),
  renorm: ([x, p, dim, maxnorm]: readonly [Tensor, number, number, number]) => fg.renorm(x, p, dim, maxnorm),
  tensordot: ([x, y]: T2, kw: { dims: number | readonly [readonly number[], readonly number[]] }) =>
    fg.tensordot(x, y, kw),
  vdot: ([x, y]: T2) => x.vdot(y),
};
