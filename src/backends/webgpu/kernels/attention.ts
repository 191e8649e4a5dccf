/**
 * Attention without a matrix of scores in memory. Output and the gradient of the queries belong to query rows, the gradients
 * of keys and values to key rows; the backward kernels compute the weights again from the logsumexp.
 *
 * @see Dao et al., FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness (2022)
 * @see Milakov and Gimelshein, Online normalizer calculation for softmax (2018)
 */
import type { AttentionNest } from '../../../loops/index.js';
import { AttentionTile, block, type Pair } from './attention-tile.js';
import type { Launch, Operands } from './kernel.js';

/** The score of a pair from its dot product, without regard to whether it is seen. */
function scoreOf(tile: AttentionTile, { query, key }: Pair, dot: string): string {
  const { nest, kernel } = tile;
  const scaled = nest.scale === 1 ? dot : `${dot} * ${tile.number(nest.scale)}`;
  if (!nest.mask) return kernel.writer.declare('score', scaled);
  const mask = tile.read(nest.mask, [nest.queries, query], [nest.keys, key]);
  return kernel.writer.declare('score', `fma(${dot}, ${tile.number(nest.scale)}, ${mask})`);
}

/** What dropout makes of a number of a pair. */
function dropped(
  tile: AttentionTile,
  { query, key }: Pair,
  draw: readonly string[],
): (text: string) => string {
  const { nest, kernel, batch } = tile;
  const { dropout } = nest;
  if (!dropout) return (text) => text;
  const w = kernel.writer;
  const position = `(${batch} * ${nest.queries.extent} + ${query}) * ${nest.keys.extent} + ${key}`;
  const word = `${kernel.use('threefry_xor')}(${draw.join(', ')}, 0u, u32(${position}))`;
  // The fraction is not below the probability: compared as integers, exactly.
  const least = Math.ceil(Math.fround(dropout.probability) * 2 ** 23);
  const kept = w.declare('kept', `(${word} >> 9u) >= ${least}u`);
  return (text) => `select(0f, ${text} * ${tile.number(1 / (1 - dropout.probability))}, ${kept})`;
}

function emitForward(nest: AttentionNest, operands: Operands): Launch {
  const tile = new AttentionTile(nest, nest.queries, operands);
  const { kernel, rows } = tile;
  const { writer: w, use } = kernel;
  tile.begin();
  const { lane } = tile;
  const { output, logsumexp } = nest.results;
  const q = tile.stage('q', nest.q, nest.width);
  const [scores, weights] = [tile.pairs('scores'), nest.dropout ? tile.pairs('weights') : undefined];
  const line = (name: string): ((row: string) => string) => {
    const array = kernel.workgroupArray(name, 'f32', rows);
    return (row) => `${array}[${row}]`;
  };
  const [origin, shrink, total] = [line('origin'), line('shrink'), line('total')];
  const draw = tile.drawKey();
  const result = output === undefined ? undefined : tile.startSums(nest.valueWidth);
  const hidden = `${use('float_minus_infinity')}()`;
  // Kept by the invocation that has the row's number.
  const [largest, sum] = [w.variable('largest', 'f32', hidden), w.variable('sum', 'f32', '0f')];
  // What weights are relative to. Where nothing is seen yet they are to be 0, not NaN.
  const reference = `select(${largest}, 0f, bitcast<u32>(${largest}) == 0xff800000u)`;
  tile.barrier();
  const exp = (text: string): string => `${use('float_exp')}(${text})`;
  tile.eachBlock((start, count) => {
    const terms = [{ own: q, other: nest.k, columns: nest.width }];
    const pairs = tile.products(start, terms, (pair, [dot]) => {
      const seen = tile.seen(pair, start);
      const score = scoreOf(tile, pair, dot!);
      w.line(`${scores(pair)} = ${seen ? `select(${hidden}, ${score}, ${seen})` : score};`);
    });
    tile.barrier();
    w.open(`if (${lane} < ${rows})`);
    const before = w.fresh('before');
    w.line(`let ${before} = ${largest};`);
    let place = w.loop('place', block);
    w.line(`${largest} = max(${largest}, ${scores({ row: lane, place })});`);
    w.close();
    w.line(`${origin(lane)} = ${reference};`);
    w.line(`${shrink(lane)} = ${exp(`${before} - ${origin(lane)}`)};`);
    w.close();
    tile.barrier();
    tile.ofPairs(pairs, (pair) => {
      const weight = w.declare('weight', exp(`${scores(pair)} - ${origin(pair.row)}`));
      w.line(`${scores(pair)} = ${weight};`);
      if (weights) w.line(`${weights(pair)} = ${dropped(tile, pair, draw)(weight)};`);
    });
    tile.barrier();
    w.open(`if (${lane} < ${rows})`);
    w.line(`${sum} *= ${shrink(lane)};`);
    place = w.loop('place', block);
    w.line(`${sum} += ${scores({ row: lane, place })};`);
    w.close();
    w.close();
    if (result) {
      result.rows.forEach((row, r) => {
        for (const each of result.sums[r]!) w.line(`${each} *= ${shrink(row)};`);
      });
      tile.add(result, weights ?? scores, { operand: nest.v, axis: nest.valueWidth }, start, count);
    }
    tile.barrier();
  });
  w.open(`if (${lane} < ${rows})`);
  w.line(`${total(lane)} = ${sum};`);
  if (logsumexp !== undefined) {
    w.open(`if (${tile.from} + ${lane} < ${nest.queries.extent})`);
    const text = w.declare('logsumexp', `${reference} + ${use('float_log')}(${sum})`);
    const at = `${tile.batch} * ${nest.queries.extent} + ${tile.from} + ${lane}`;
    kernel.buffer(logsumexp).write(at, { text, dtype: 'float32' });
    w.close();
  }
  w.close();
  tile.barrier();
  if (result) tile.store(result, output!, (each, row) => `${each} / ${total(row)}`);
  return kernel.finish();
}

/** The gradient of a pair's score, 0 where it is not seen, and the weight as dropout leaves it. */
function gradientOf(
  tile: AttentionTile,
  pair: Pair,
  seen: string | undefined,
  [dot, product]: readonly string[],
  draw: readonly string[],
): { readonly gradient: string; readonly weight: string } {
  const { nest, kernel } = tile;
  const { writer: w, use } = kernel;
  const { logsumexp, rows } = nest.backward!;
  const at = [nest.queries, pair.query] as const;
  const score = scoreOf(tile, pair, dot!);
  const weight = w.declare('weight', `${use('float_exp')}(${score} - ${tile.read(logsumexp, at)})`);
  const drop = dropped(tile, pair, draw);
  const only = (text: string): string => (seen ? `select(0f, ${text}, ${seen})` : text);
  return {
    gradient: product === undefined ? '' : only(`${weight} * (${drop(product)} - ${tile.read(rows, at)})`),
    weight: only(drop(weight)),
  };
}

function emitQueryGradient(nest: AttentionNest, operands: Operands): Launch {
  const tile = new AttentionTile(nest, nest.queries, operands);
  const w = tile.kernel.writer;
  tile.begin();
  const q = tile.stage('q', nest.q, nest.width);
  const cotangent = tile.stage('cotangent', nest.backward!.cotangent, nest.valueWidth);
  const gradients = tile.pairs('gradients');
  const draw = tile.drawKey();
  const result = tile.startSums(nest.width);
  tile.barrier();
  tile.eachBlock((start, count) => {
    const terms = [
      { own: q, other: nest.k, columns: nest.width },
      { own: cotangent, other: nest.v, columns: nest.valueWidth },
    ];
    tile.products(start, terms, (pair, dots) => {
      const { gradient } = gradientOf(tile, pair, tile.seen(pair, start), dots, draw);
      w.line(`${gradients(pair)} = ${gradient};`);
    });
    tile.barrier();
    tile.add(result, gradients, { operand: nest.k, axis: nest.width }, start, count);
    tile.barrier();
  });
  tile.store(result, nest.results.gradientQ!, (sum) => `${sum} * ${tile.number(nest.scale)}`);
  return tile.kernel.finish();
}

function emitKeyGradients(nest: AttentionNest, operands: Operands): Launch {
  const { gradientK, gradientV } = nest.results;
  const { cotangent } = nest.backward!;
  const tile = new AttentionTile(nest, nest.keys, operands);
  const w = tile.kernel.writer;
  tile.begin();
  const k = tile.stage('k', nest.k, nest.width);
  const v = gradientK === undefined ? undefined : tile.stage('v', nest.v, nest.valueWidth);
  const gradients = v && tile.pairs('gradients');
  const weights = gradientV === undefined ? undefined : tile.pairs('weights');
  const draw = tile.drawKey();
  const ofK = v && tile.startSums(nest.width);
  const ofV = weights && tile.startSums(nest.valueWidth);
  tile.barrier();
  tile.eachBlock((start, count) => {
    const terms = [
      { own: k, other: nest.q, columns: nest.width },
      ...(v ? [{ own: v, other: cotangent, columns: nest.valueWidth }] : []),
    ];
    tile.products(start, terms, (pair, dots) => {
      const { gradient, weight } = gradientOf(tile, pair, tile.seen(pair, start), dots, draw);
      if (gradients) w.line(`${gradients(pair)} = ${gradient};`);
      if (weights) w.line(`${weights(pair)} = ${weight};`);
    });
    tile.barrier();
    if (ofK) tile.add(ofK, gradients!, { operand: nest.q, axis: nest.width }, start, count);
    if (ofV) tile.add(ofV, weights, { operand: cotangent, axis: nest.valueWidth }, start, count);
    tile.barrier();
  });
  if (ofK) tile.store(ofK, gradientK!, (sum) => `${sum} * ${tile.number(nest.scale)}`);
  if (ofV) tile.store(ofV, gradientV!, (sum) => sum);
  return tile.kernel.finish();
}

export function emitAttention(nest: AttentionNest, operands: Operands): Launch[] {
  const { gradientQ, gradientK, gradientV } = nest.results;
  if (gradientQ !== undefined) return [emitQueryGradient(nest, operands)];
  if (gradientK !== undefined || gradientV !== undefined) return [emitKeyGradients(nest, operands)];
  return [emitForward(nest, operands)];
}
