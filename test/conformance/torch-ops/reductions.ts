/** Reductions, scans, statistics and sorting. */
import * as fg from 'fusegrad';
import type { DType, Tensor } from 'fusegrad';
import { corrected, dims, type Dims, type Kw, type T1, type T2, type Table } from './row.js';

type Reduced = readonly [Tensor, Dims];
type Along = readonly [Tensor, number];
type AlongKeep = readonly [Tensor, number, boolean];
/** Without `dim` the result is of all elements, and no index comes with it. */
type Picked = { dim: number; keepdim?: boolean };
type Unbiased = readonly [Tensor, boolean];
type One = Kw<number>;

export const reductions: Table = {
  all: ([x, dim]: Reduced, kw: Kw) => x.all(dims(dim ?? kw.dim), kw),
  amax: ([x, dim]: Reduced, kw: Kw) => x.amax(dims(dim ?? kw.dim), kw),
  amin: ([x, dim]: Reduced, kw: Kw) => x.amin(dims(dim ?? kw.dim), kw),
  aminmax: ([x]: T1, kw: One) => fg.aminmax(x, kw.dim, kw),
  any: ([x, dim]: Reduced, kw: Kw) => x.any(dims(dim ?? kw.dim), kw),
  argmax: ([x]: T1, kw: One) => x.argmax(kw.dim, kw),
  argmin: ([x]: T1, kw: One) => x.argmin(kw.dim, kw),
  corrcoef: ([x]: T1) => fg.corrcoef(x),
  count_nonzero: ([x, dim]: Reduced, kw: Kw) => fg.countNonzero(x, dims(dim ?? kw.dim)),
  cov: ([x]: T1, kw: Kw & { fweights?: Tensor; aweights?: Tensor }) => fg.cov(x, kw),
  dist: ([x, y, p]: readonly [Tensor, Tensor, number]) => fg.dist(x, y, { p }),
  kthvalue: ([x, k, dim, keepdim]: readonly [Tensor, number, number, boolean]) =>
    fg.kthvalue(x, k, dim, { keepdim }),
  logsumexp: ([x, dim, keepdim]: readonly [Tensor, Dims, boolean]) => x.logsumexp(dim, { keepdim }),
  'max/reduction_no_dim': ([x]: T1) => x.max(),
  'max/reduction_with_dim': ([x, dim, keepdim]: AlongKeep) => x.max(dim, { keepdim }),
  mean: ([x, dim]: Reduced, kw: Kw) => x.mean(dims(dim ?? kw.dim), kw),
  median: ([x]: T1, kw: Picked) => fg.median(x, kw.dim, kw),
  'min/reduction_no_dim': ([x]: T1) => x.min(),
  'min/reduction_with_dim': ([x, dim, keepdim]: AlongKeep) => x.min(dim, { keepdim }),
  mode: ([x, dim, keepdim]: AlongKeep) => fg.mode(x, dim, { keepdim }),
  nanmean: ([x, dim]: Reduced, kw: Kw) => fg.nanmean(x, dims(dim ?? kw.dim), kw),
  nanmedian: ([x]: T1, kw: Picked) => fg.nanmedian(x, kw.dim, kw),
  nansum: ([x, dim]: Reduced, kw: Kw) => fg.nansum(x, dims(dim ?? kw.dim), kw),
  norm: ([x, p, dim]: readonly [Tensor, number | 'fro', Dims], kw: { keepdim?: boolean }) =>
    x.norm(dim, { p, keepdim: kw.keepdim }),
  prod: ([x, dim]: Along, kw: Kw) => x.prod(dim, kw),
  quantile: ([x, q]: readonly [Tensor, number | Tensor], kw: One & { interpolation?: 'linear' }) =>
    fg.quantile(x, q, kw.dim, kw),
  nanquantile: ([x, q]: readonly [Tensor, number | Tensor], kw: One & { interpolation?: 'linear' }) =>
    fg.nanquantile(x, q, kw.dim, kw),
  std: ([x, unbiased]: Unbiased, kw: Kw) => x.std(dims(kw.dim), corrected(kw, unbiased)),
  std_mean: ([x, unbiased]: Unbiased, kw: Kw) => fg.stdMean(x, dims(kw.dim), corrected(kw, unbiased)),
  sum: ([x, dim]: Reduced, kw: Kw) => x.sum(dims(dim ?? kw.dim), kw),
  trace: ([x]: T1) => x.trace(),
  var: ([x, unbiased]: Unbiased, kw: Kw) => x.var(dims(kw.dim), corrected(kw, unbiased)),
  var_mean: ([x, unbiased]: Unbiased, kw: Kw) => fg.varMean(x, dims(kw.dim), corrected(kw, unbiased)),
};

type Integral = readonly [Tensor, Tensor];
type Spacing = One & { dx?: number };

export const scans: Table = {
  cummax: ([x, dim]: Along) => fg.cummax(x, dim),
  cummin: ([x, dim]: Along) => fg.cummin(x, dim),
  cumprod: ([x, dim]: Along, kw: Kw) => x.cumprod(dim, kw),
  cumsum: ([x, dim]: Along, kw: Kw) => x.cumsum(dim, kw),
  cumulative_trapezoid: ([y, x]: Integral, kw: Spacing) => fg.cumulativeTrapezoid(y, x, kw.dim, kw),
  diff: ([x, n, dim, prepend, append]: readonly [Tensor, number, number, Tensor, Tensor]) =>
    fg.diff(x, { n, dim, prepend, append }),
  log_softmax: ([x, dim]: Along, kw: { dtype?: DType }) => x.logSoftmax(dim, kw),
  logcumsumexp: ([x, dim]: Along) => fg.logcumsumexp(x, dim),
  softmax: ([x, dim]: Along, kw: { dtype?: DType }) => x.softmax(dim, kw),
  trapezoid: ([y, x]: Integral, kw: Spacing) => fg.trapezoid(y, x, kw.dim, kw),
  trapz: ([y, x]: Integral, kw: Spacing) => fg.trapezoid(y, x, kw.dim, kw),
};

type Sorted = readonly [Tensor, number, boolean];
type Sorting = One & { descending?: boolean; stable?: boolean };
type Search = { right?: boolean; side?: 'left' | 'right'; sorter?: Tensor };

export const sorting: Table = {
  argsort: ([x, dim, descending]: Sorted) => x.argsort(dim, { descending }),
  bucketize: ([x, boundaries]: T2, kw: { right?: boolean }) => fg.bucketize(x, boundaries, kw),
  msort: ([x]: T1) => fg.msort(x),
  searchsorted: ([sorted, values]: T2, kw: Search) => fg.searchsorted(sorted, values, kw),
  sort: ([x, dim, descending]: Sorted, kw: Sorting) =>
    x.sort(dim ?? kw.dim, { descending: descending ?? kw.descending, stable: kw.stable }),
  topk: ([x, k, dim, largest, sorted]: readonly [Tensor, number, number, boolean, boolean]) =>
    x.topk(k, dim, { largest, sorted }),
};
