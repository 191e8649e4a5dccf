/**
 * Attention without a matrix of scores in memory: tiles of queries by keys. Output and the gradient of the queries go over
 * query rows, the gradients of keys and values over key rows; the backward kernels compute the weights again from the
 * logsumexp.
 *
 * @see Dao et al., FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness (2022)
 * @see Milakov and Gimelshein, Online normalizer calculation for softmax (2018)
 */
import { invariant } from '../../../core/index.js';
import type { AttentionNest, Axis } from '../../../loops/index.js';
import type { Local } from '../assembler/index.js';
import type { Library } from '../library/index.js';
import { Scores, type Row } from './attention-scores.js';
import { Tiles, type Matrix, type Span } from './attention-tiles.js';
import { simpleLaunch, threadWork, type Launch } from './launch.js';

/** A loop over blocks of one side; `body` gets the number of the matrix and the block's positions. */
function overBlocks(
  tiles: Tiles,
  axis: Axis,
  size: number,
  body: (matrix: Local, span: Span) => void,
): Launch {
  const { k, nest } = tiles;
  const { c } = k;
  const blocks = Math.ceil(axis.extent / size);
  k.count(k.parameter(0), k.parameter(1), 1, (unit) => {
    const matrix = c.get(unit).i32(blocks).op('i32.div_u').keep();
    k.bindCounter(nest.batch.axis, matrix, [0, nest.batch.extent - 1]);
    const from = c.get(unit).i32(blocks).op('i32.rem_u').i32(size).op('i32.mul').keep();
    body(matrix, tiles.span(axis, size, from));
  });
  const other = axis === nest.queries ? nest.keys : nest.queries;
  const work = (size * other.extent * (nest.width.extent + nest.valueWidth.extent)) / 4;
  const launch = simpleLaunch(k, nest.batch.extent * blocks, Math.ceil(threadWork / work));
  return { ...launch, scratchBytes: tiles.scratchBytes };
}

/** Blocks of keys that some of these queries see. */
function overKeys(tiles: Tiles, queries: Span, body: (keys: Span) => void): void {
  const { k, nest } = tiles;
  const { c } = k;
  const { extent } = nest.keys;
  const end = nest.causal
    ? c.get(queries.to).i32(extent).get(queries.to).i32(extent).op('i32.lt_s').select('i').keep()
    : c.i32(extent).keep();
  k.count(0, end, tiles.keys, (from) => body(tiles.span(nest.keys, tiles.keys, from)));
}

/** Blocks of queries that see some of these keys. */
function overQueries(tiles: Tiles, keys: Span, body: (queries: Span) => void): void {
  const { k, nest } = tiles;
  const { c } = k;
  const size = tiles.queries;
  const start = nest.causal ? c.get(keys.from).i32(size).op('i32.div_u').i32(size).op('i32.mul').keep() : 0;
  k.count(start, nest.queries.extent, size, (from) => body(tiles.span(nest.queries, size, from)));
}

/** `body` for every query of a tile. */
function overRows(
  tiles: Tiles,
  matrix: Local,
  queries: Span,
  keys: Span,
  columns: Local,
  body: (row: Row) => void,
): void {
  tiles.each(tiles.nest.queries, queries, (query) => body({ matrix, query, queries, keys, columns }));
}

function emitForward(tiles: Tiles): Launch {
  const { k, nest } = tiles;
  const { c } = k;
  const { queries: queryAxis, keys: keyAxis, width, valueWidth } = nest;
  const { output: outputBuffer, logsumexp: logsumexpBuffer } = nest.results;
  const q = tiles.matrix(tiles.queries, tiles.width);
  const key = tiles.matrix(tiles.keys, tiles.width);
  const keyColumns = tiles.matrix(tiles.width, tiles.keys);
  const value = tiles.matrix(tiles.keys, tiles.valueWidth);
  const scores = tiles.matrix(tiles.queries, tiles.keys);
  const output = tiles.matrix(tiles.queries, tiles.valueWidth);
  const largest = tiles.matrix(tiles.queries, 1);
  const total = tiles.matrix(tiles.queries, 1);
  const rows = new Scores(tiles);
  return overBlocks(tiles, queryAxis, tiles.queries, (matrix, queries) => {
    const rowCount = tiles.padded(queries.count, 4);
    tiles.pack(q, nest.q, queryAxis, queries, width);
    tiles.clear(output, tiles.queries);
    tiles.clear(total, tiles.queries);
    k.count(0, tiles.queries, 4, (i) => {
      c.get(largest.at).get(i).i32(2).op('i32.shl').op('i32.add');
      c.get(c.vector('f32', -Infinity)).memory('v128.store');
    });
    overKeys(tiles, queries, (keys) => {
      const columns = tiles.padded(keys.count, 8);
      tiles.pack(key, nest.k, keyAxis, keys, width);
      tiles.transpose(key, keyColumns, columns, tiles.width);
      tiles.product(q, keyColumns, scores, { rows: rowCount, columns, depth: width.extent }, false);
      overRows(tiles, matrix, queries, keys, columns, (row) =>
        rows.online(row, scores, { largest, total, output }),
      );
      if (outputBuffer === undefined) return;
      tiles.pack(value, nest.v, keyAxis, keys, valueWidth);
      const size = { rows: rowCount, columns: tiles.valueWidth, depth: keys.count };
      tiles.product(scores, value, output, size, true);
    });
    const splat = (of: Matrix, row: Local): Local =>
      c
        .get(tiles.line(of, queries, row))
        .memory('v128.load32_splat')
        .keep();
    if (outputBuffer !== undefined)
      tiles.store(output, outputBuffer, matrix, queryAxis, queries, valueWidth, (row) =>
        c.v('f32x4.div', c.vector('f32', 1), splat(total, row)),
      );
    if (logsumexpBuffer === undefined) return;
    tiles.each(queryAxis, queries, (row) => {
      const log = tiles.library.math(c, 'f32', 'log', [splat(total, row)]);
      c.get(k.pointer(logsumexpBuffer)).get(matrix).i32(queryAxis.extent).op('i32.mul').get(row);
      c.op('i32.add').i32(2).op('i32.shl').op('i32.add');
      c.get(log).get(splat(largest, row)).op('f32x4.add').memoryLane('v128.store32_lane', 0, 0);
    });
  });
}

function emitQueryGradient(tiles: Tiles, result: number): Launch {
  const { k, nest } = tiles;
  const { c } = k;
  const { queries: queryAxis, keys: keyAxis, width, valueWidth } = nest;
  const backward = nest.backward!;
  const q = tiles.matrix(tiles.queries, tiles.width);
  const cotangent = tiles.matrix(tiles.queries, tiles.valueWidth);
  const logsumexp = tiles.matrix(tiles.queries, 1);
  const sums = tiles.matrix(tiles.queries, 1);
  const key = tiles.matrix(tiles.keys, tiles.width);
  const keyColumns = tiles.matrix(tiles.width, tiles.keys);
  const value = tiles.matrix(tiles.keys, tiles.valueWidth);
  const valueColumns = tiles.matrix(tiles.valueWidth, tiles.keys);
  const scores = tiles.matrix(tiles.queries, tiles.keys);
  const products = tiles.matrix(tiles.queries, tiles.keys);
  const gradient = tiles.matrix(tiles.queries, tiles.width);
  const rows = new Scores(tiles);
  return overBlocks(tiles, queryAxis, tiles.queries, (matrix, queries) => {
    const rowCount = tiles.padded(queries.count, 4);
    tiles.pack(q, nest.q, queryAxis, queries, width);
    tiles.pack(cotangent, backward.cotangent, queryAxis, queries, valueWidth);
    tiles.packLine(logsumexp, backward.logsumexp, queryAxis, queries);
    tiles.packLine(sums, backward.rows, queryAxis, queries);
    tiles.clear(gradient, tiles.queries);
    overKeys(tiles, queries, (keys) => {
      const columns = tiles.padded(keys.count, 8);
      tiles.pack(key, nest.k, keyAxis, keys, width);
      tiles.transpose(key, keyColumns, columns, tiles.width);
      tiles.pack(value, nest.v, keyAxis, keys, valueWidth);
      tiles.transpose(value, valueColumns, columns, tiles.valueWidth);
      tiles.product(q, keyColumns, scores, { rows: rowCount, columns, depth: width.extent }, false);
      const size = { rows: rowCount, columns, depth: valueWidth.extent };
      tiles.product(cotangent, valueColumns, products, size, false);
      overRows(tiles, matrix, queries, keys, columns, (row) =>
        rows.backward(row, scores, products, { logsumexp, rows: sums }, undefined),
      );
      tiles.product(
        products,
        key,
        gradient,
        { rows: rowCount, columns: tiles.width, depth: keys.count },
        true,
      );
    });
    const scale = c.vector('f32', nest.scale);
    tiles.store(gradient, result, matrix, queryAxis, queries, width, () => scale);
  });
}

function emitKeyGradients(tiles: Tiles): Launch {
  const { k, nest } = tiles;
  const { c } = k;
  const { queries: queryAxis, keys: keyAxis, width, valueWidth } = nest;
  const { gradientK, gradientV } = nest.results;
  const backward = nest.backward!;
  const q = tiles.matrix(tiles.queries, tiles.width);
  const cotangent = tiles.matrix(tiles.queries, tiles.valueWidth);
  const logsumexp = tiles.matrix(tiles.queries, 1);
  const sums = tiles.matrix(tiles.queries, 1);
  const keyColumns = tiles.matrix(tiles.width, tiles.keys);
  const valueColumns = tiles.matrix(tiles.valueWidth, tiles.keys);
  const scores = tiles.matrix(tiles.queries, tiles.keys);
  const products = tiles.matrix(tiles.queries, tiles.keys);
  const ofKey = tiles.matrix(tiles.keys, tiles.width);
  const ofValue = tiles.matrix(tiles.keys, tiles.valueWidth);
  const rows = new Scores(tiles);
  return overBlocks(tiles, keyAxis, tiles.keys, (matrix, keys) => {
    const columns = tiles.padded(keys.count, 8);
    // The gradients' room holds rows on their way to columns first.
    tiles.pack(ofKey, nest.k, keyAxis, keys, width);
    tiles.transpose(ofKey, keyColumns, columns, tiles.width);
    tiles.pack(ofValue, nest.v, keyAxis, keys, valueWidth);
    tiles.transpose(ofValue, valueColumns, columns, tiles.valueWidth);
    tiles.clear(ofKey, tiles.keys);
    tiles.clear(ofValue, tiles.keys);
    overQueries(tiles, keys, (queries) => {
      const rowCount = tiles.padded(queries.count, 4);
      tiles.pack(q, nest.q, queryAxis, queries, width);
      tiles.pack(cotangent, backward.cotangent, queryAxis, queries, valueWidth);
      tiles.packLine(logsumexp, backward.logsumexp, queryAxis, queries);
      tiles.packLine(sums, backward.rows, queryAxis, queries);
      tiles.product(q, keyColumns, scores, { rows: rowCount, columns, depth: width.extent }, false);
      const size = { rows: rowCount, columns, depth: valueWidth.extent };
      if (gradientK !== undefined) tiles.product(cotangent, valueColumns, products, size, false);
      overRows(tiles, matrix, queries, keys, columns, (row) =>
        rows.backward(
          row,
          scores,
          gradientK === undefined ? undefined : products,
          { logsumexp, rows: sums },
          gradientV === undefined ? undefined : scores,
        ),
      );
      const across = (a: Matrix, b: Matrix, out: Matrix, width: number): void =>
        tiles.product(
          { ...a, transposed: true },
          b,
          out,
          { rows: columns, columns: width, depth: queries.count },
          true,
        );
      if (gradientV !== undefined) across(scores, cotangent, ofValue, tiles.valueWidth);
      if (gradientK !== undefined) across(products, q, ofKey, tiles.width);
    });
    const scale = c.vector('f32', nest.scale);
    if (gradientK !== undefined) tiles.store(ofKey, gradientK, matrix, keyAxis, keys, width, () => scale);
    if (gradientV !== undefined)
      tiles.store(ofValue, gradientV, matrix, keyAxis, keys, valueWidth, () => undefined);
  });
}

export function emitAttention(library: Library, nest: AttentionNest): Launch[] {
  const { gradientQ, gradientK, gradientV } = nest.results;
  invariant(
    nest.buffers.every(({ access, dtype }) => access === 'read' || dtype === 'float32'),
    'attention is computed in float32',
  );
  const tiles = new Tiles(library, nest);
  if (gradientQ !== undefined) return [emitQueryGradient(tiles, gradientQ)];
  if (gradientK !== undefined || gradientV !== undefined) return [emitKeyGradients(tiles)];
  return [emitForward(tiles)];
}
