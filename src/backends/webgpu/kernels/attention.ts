/**
 * Attention without a matrix of scores in memory. Output and the gradient of the queries belong to query rows, the gradients
 * of keys and values to key rows; the backward kernels compute the weights again from the logsumexp.
 *
 * @see Dao et al., FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness (2022)
 * @see Milakov and Gimelshein, Online normalizer calculation for softmax (2018)
 */
import type { AttentionNest } from '../../../loops/index.js';
import type { ScratchRef } from '../shader.js';
import type { Binding } from './binding.js';
import { Section } from '../wgsl/section.js';
import { typeOf } from '../wgsl/value.js';
import { AttentionTile, block, type Pair } from './attention-tile.js';
import { Kernel, type Launch, type Operands } from './kernel.js';

/** The score of a pair from its dot product, without regard to whether it is seen. */
function scoreOf(tile: AttentionTile, { query, key }: Pair, dot: string): string {
  const { nest, kernel } = tile;
  const scaled = nest.scale === 1 ? dot : `${dot} * ${tile.number(nest.scale)}`;
  if (!nest.mask) return kernel.writer.declare('score', scaled);
  const mask = tile.read(nest.mask, [nest.queries, query], [nest.keys, key]);
  return kernel.writer.declare('score', `fma(${dot}, ${tile.number(nest.scale)}, ${mask})`);
}

/** The words of the key that dropout draws with. */
function drawKey({ dropout }: AttentionNest, kernel: Kernel): readonly string[] {
  if (!dropout) return [];
  const section = new Section(kernel);
  section.run(dropout.body);
  return dropout.key.map((id) => {
    const { text, dtype } = section.value(id);
    return typeOf(dtype) === 'u32' ? text : `u32(${text})`;
  });
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
  const draw = drawKey(nest, kernel);
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

/**
 * What gradients read of each query and of the draw, in one buffer: with all operands and results they would be more than
 * every device binds.
 */
class PerQuery {
  readonly launch: Launch;
  readonly #ref: ScratchRef;

  constructor(
    readonly nest: AttentionNest,
    operands: Operands,
  ) {
    const { batch, queries, backward } = nest;
    const count = batch.extent * queries.extent;
    this.#ref = operands.scratch(2 * count + 2);
    const kernel = new Kernel(`${nest.name}_rows`, operands, nest.comment);
    const { positions, writer: w } = kernel;
    const item = kernel.eachInvocation(count);
    positions.unflatten([batch, queries], item);
    const put = (place: string, text: string): void =>
      this.#words(kernel).write(place, { text, dtype: 'uint32' });
    [backward!.logsumexp, backward!.rows].forEach(({ body, value }, i) => {
      const section = new Section(kernel);
      section.run(body);
      put(`${i * count} + ${item}`, `bitcast<u32>(${section.value(value).text})`);
    });
    if (nest.dropout) {
      w.open(`if (${item} == 0)`);
      drawKey(nest, kernel).forEach((word, i) => put(`${2 * count + i}`, word));
      w.close();
    }
    this.launch = kernel.finish();
  }

  #words(kernel: Kernel): Binding {
    return kernel.scratch(this.#ref, 'of_queries', 'uint32');
  }

  #number({ kernel, nest, batch }: AttentionTile, first: number, query: string): string {
    const { queries } = nest;
    const word = this.#words(kernel).read(`${first} + ${batch} * ${queries.extent} + ${query}`);
    return `bitcast<f32>(${word})`;
  }

  logsumexp(tile: AttentionTile, query: string): string {
    return this.#number(tile, 0, query);
  }

  rows(tile: AttentionTile, query: string): string {
    const { batch, queries } = this.nest;
    return this.#number(tile, batch.extent * queries.extent, query);
  }

  drawKey({ kernel, nest: { batch, queries, dropout } }: AttentionTile): readonly string[] {
    const first = 2 * batch.extent * queries.extent;
    return dropout ? [0, 1].map((i) => this.#words(kernel).read(`${first + i}`)) : [];
  }
}

/** The gradient of a pair's score, 0 where it is not seen, and the weight as dropout leaves it. */
function gradientOf(
  tile: AttentionTile,
  pair: Pair,
  seen: string | undefined,
  [dot, product]: readonly string[],
  perQuery: PerQuery,
  draw: readonly string[],
): { readonly gradient: string; readonly weight: string } {
  const { writer: w, use } = tile.kernel;
  const score = scoreOf(tile, pair, dot!);
  const weight = w.declare(
    'weight',
    `${use('float_exp')}(${score} - ${perQuery.logsumexp(tile, pair.query)})`,
  );
  const drop = dropped(tile, pair, draw);
  const only = (text: string): string => (seen ? `select(0f, ${text}, ${seen})` : text);
  return {
    gradient:
      product === undefined
        ? ''
        : only(`${weight} * (${drop(product)} - ${perQuery.rows(tile, pair.query)})`),
    weight: only(drop(weight)),
  };
}

function emitQueryGradient(nest: AttentionNest, operands: Operands): Launch[] {
  const perQuery = new PerQuery(nest, operands);
  const tile = new AttentionTile(nest, nest.queries, operands);
  const w = tile.kernel.writer;
  tile.begin();
  const q = tile.stage('q', nest.q, nest.width);
  const cotangent = tile.stage('cotangent', nest.backward!.cotangent, nest.valueWidth);
  const gradients = tile.pairs('gradients');
  const draw = perQuery.drawKey(tile);
  const result = tile.startSums(nest.width);
  tile.barrier();
  tile.eachBlock((start, count) => {
    const terms = [
      { own: q, other: nest.k, columns: nest.width },
      { own: cotangent, other: nest.v, columns: nest.valueWidth },
    ];
    tile.products(start, terms, (pair, dots) => {
      const { gradient } = gradientOf(tile, pair, tile.seen(pair, start), dots, perQuery, draw);
      w.line(`${gradients(pair)} = ${gradient};`);
    });
    tile.barrier();
    tile.add(result, gradients, { operand: nest.k, axis: nest.width }, start, count);
    tile.barrier();
  });
  tile.store(result, nest.results.gradientQ!, (sum) => `${sum} * ${tile.number(nest.scale)}`);
  return [perQuery.launch, tile.kernel.finish()];
}

function emitKeyGradients(nest: AttentionNest, operands: Operands): Launch[] {
  const perQuery = new PerQuery(nest, operands);
  const { gradientK, gradientV } = nest.results;
  const { cotangent } = nest.backward!;
  const tile = new AttentionTile(nest, nest.keys, operands);
  const w = tile.kernel.writer;
  tile.begin();
  const k = tile.stage('k', nest.k, nest.width);
  const v = gradientK === undefined ? undefined : tile.stage('v', nest.v, nest.valueWidth);
  const gradients = v && tile.pairs('gradients');
  const weights = gradientV === undefined ? undefined : tile.pairs('weights');
  const draw = perQuery.drawKey(tile);
  const ofK = v && tile.startSums(nest.width);
  const ofV = weights && tile.startSums(nest.valueWidth);
  tile.barrier();
  tile.eachBlock((start, count) => {
    const terms = [
      { own: k, other: nest.q, columns: nest.width },
      ...(v ? [{ own: v, other: cotangent, columns: nest.valueWidth }] : []),
    ];
    tile.products(start, terms, (pair, dots) => {
      const { gradient, weight } = gradientOf(tile, pair, tile.seen(pair, start), dots, perQuery, draw);
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
  return [perQuery.launch, tile.kernel.finish()];
}

export function emitAttention(nest: AttentionNest, operands: Operands): Launch[] {
  const { gradientQ, gradientK, gradientV } = nest.results;
  if (gradientQ !== undefined) return emitQueryGradient(nest, operands);
  if (gradientK !== undefined || gradientV !== undefined) return emitKeyGradients(nest, operands);
  return [emitForward(nest, operands)];
}
