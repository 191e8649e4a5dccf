/** What happens to one row of a tile of scores: softmax step by step, and the gradient of it. */
import type { AttentionNest } from '../../../loops/index.js';
import type { Local } from '../assembler/index.js';
import { across } from '../vector/combine.js';
import { Section } from '../vector/section.js';
import { valueOf } from '../vector/value.js';
import type { Matrix, Span, Tiles } from './attention-tiles.js';

/** Where a row stands. */
export interface Row {
  readonly matrix: Local;
  readonly query: Local;
  readonly queries: Span;
  readonly keys: Span;
  /** Keys, rounded up to whole vectors of a product. */
  readonly columns: Local;
}

/** Vectors of one row, which loops share. */
interface Columns {
  readonly column: Local;
  /** All bits in lanes of keys that may be seen. */
  readonly visible: Local | undefined;
}

export class Scores {
  readonly #draw: readonly [Local, Local] | undefined;

  constructor(readonly tiles: Tiles) {
    const { dropout } = tiles.nest;
    if (!dropout) return;
    const section = new Section(tiles.k);
    section.run(dropout.body);
    const [k0, k1] = dropout.key.map((id) => section.value(id).parts[0]!);
    this.#draw = [k0!, k1!];
  }

  get #nest(): AttentionNest {
    return this.tiles.nest;
  }

  /** Whether a tile may hold keys that a query does not see, or none at all. */
  get #hides(): boolean {
    return this.#nest.causal || this.#nest.keys.extent % 8 !== 0;
  }

  /** First of the tile's keys that the row does not see, counted from its first one, in all lanes. */
  #limit({ query, keys }: Row): Local | undefined {
    const { c } = this.tiles.k;
    if (!this.#hides) return undefined;
    c.get(keys.to);
    if (this.#nest.causal) {
      const next = c.get(query).i32(1).op('i32.add').keep();
      c.get(next).get(keys.to).get(next).op('i32.lt_s').select('i');
    }
    return c.get(keys.from).op('i32.sub').op('i32x4.splat').keep();
  }

  #columns(row: Row, limit: Local | undefined, body: (at: Columns) => void): void {
    const { k } = this.tiles;
    const { c } = k;
    k.count(
      0,
      row.columns,
      4,
      (column) => {
        const lanes =
          limit &&
          c
            .get(column)
            .op('i32x4.splat')
            .get(c.vector('i32', 0, 1, 2, 3))
            .op('i32x4.add')
            .keep();
        const visible = limit && lanes && c.v('i32x4.lt_s', lanes, limit);
        body({ column, visible });
      },
      { atLeastOnce: true },
    );
  }

  #at(line: Local, column: Local): Local {
    const { c } = this.tiles.k;
    return c.get(line).get(column).i32(2).op('i32.shl').op('i32.add').keep();
  }

  /** All bits in lanes of pairs that dropout keeps. */
  #kept({ matrix, query, keys }: Row, column: Local): Local | undefined {
    const { library, k } = this.tiles;
    const { c } = k;
    const { dropout, queries, keys: axis } = this.#nest;
    if (!dropout || !this.#draw) return undefined;
    c.get(matrix).i32(queries.extent).op('i32.mul').get(query).op('i32.add').i32(axis.extent).op('i32.mul');
    c.get(keys.from).op('i32.add').get(column).op('i32.add').op('i32x4.splat');
    const counter = c
      .get(c.vector('i32', 0, 1, 2, 3))
      .op('i32x4.add')
      .keep();
    c.get(this.#draw[0]).get(this.#draw[1]).get(c.vector('i32', 0)).get(counter);
    c.call(library.function('threefry_xor')).i32(9).op('i32x4.shr_u');
    // The fraction is not below the probability: compared as integers, exactly.
    const least = Math.ceil(Math.fround(dropout.probability) * 2 ** 23);
    return c.get(c.vector('i32', least)).op('i32x4.ge_s').keep();
  }

  #dropped(x: Local, kept: Local | undefined): Local {
    const { c } = this.tiles.k;
    if (!kept) return x;
    const scaled = c.v('f32x4.mul', x, c.vector('f32', 1 / (1 - this.#nest.dropout!.probability)));
    return c.v('v128.and', scaled, kept);
  }

  /** exp of what is at most 0, but for rounding. */
  #exp(x: Local): Local {
    return this.tiles.library.math(this.tiles.k.c, 'f32', 'expNegative', [x]);
  }

  /** The largest lane, or the sum of all lanes, in all lanes. */
  #across(how: 'max' | 'sum', x: Local): Local {
    return across(this.tiles.k.c, how, valueOf('float32', [x]), this.tiles.library).parts[0]!;
  }

  /** The row's scores, scaled and masked, hidden ones -Infinity. */
  #score(at: Local, visible: Local | undefined): Local {
    const { c } = this.tiles.k;
    const raw = c.get(at).memory('v128.load').keep();
    const { mask, scale } = this.#nest;
    const scaled = mask || scale === 1 ? raw : c.v('f32x4.mul', raw, c.vector('f32', scale));
    return visible ? c.v('v128.bitselect', scaled, c.vector('f32', -Infinity), visible) : scaled;
  }

  #mask(line: Local, { keys }: Row): void {
    if (this.#nest.mask) this.tiles.addMask(line, this.#nest.mask, keys);
  }

  /**
   * Scores to weights relative to the largest score so far. `largest` and `total` hold a row's running maximum and sum,
   * and the row of `output` is scaled down to a new maximum.
   */
  online(row: Row, scores: Matrix, state: { largest: Matrix; total: Matrix; output: Matrix }): void {
    const { tiles } = this;
    const { k } = tiles;
    const { c } = k;
    const { query, queries } = row;
    const line = tiles.line(scores, queries, query);
    this.#mask(line, row);
    const limit = this.#limit(row);
    const top = c.local('v');
    c.get(c.vector('f32', -Infinity)).set(top);
    this.#columns(row, limit, ({ column, visible }) => {
      const at = this.#at(line, column);
      const score = this.#score(at, visible);
      c.get(at).get(score).memory('v128.store');
      // A NaN is left to the sum.
      c.get(top).get(score).op('f32x4.pmax').set(top);
    });
    const [largestAt, totalAt] = [
      tiles.line(state.largest, queries, query),
      tiles.line(state.total, queries, query),
    ];
    const before = c.get(largestAt).memory('v128.load32_splat').keep();
    const now = c.v('f32x4.pmax', before, this.#across('max', top));
    // Where nothing is seen yet, weights are to be 0, not NaN.
    const none = c.v('f32x4.eq', now, c.vector('f32', -Infinity));
    const origin = c.v('v128.andnot', now, none);
    const shrink = this.#exp(c.v('f32x4.sub', before, origin));
    const sum = c.local('v');
    c.get(c.vector('f32', 0)).set(sum);
    this.#columns(row, undefined, ({ column }) => {
      const at = this.#at(line, column);
      const x = c.get(at).memory('v128.load').keep();
      const weight = this.#exp(c.v('f32x4.sub', x, origin));
      c.get(sum).get(weight).op('f32x4.add').set(sum);
      c.get(at)
        .get(this.#dropped(weight, this.#kept(row, column)))
        .memory('v128.store');
    });
    const all = this.#across('sum', sum);
    c.get(totalAt);
    c.get(totalAt).memory('v128.load32_splat').get(shrink).op('f32x4.mul').get(all).op('f32x4.add');
    c.memoryLane('v128.store32_lane', 0, 0);
    c.get(largestAt).get(now).memoryLane('v128.store32_lane', 0, 0);
    const output = tiles.line(state.output, queries, query);
    k.when(
      () => c.get(shrink).lane('f32x4.extract_lane', 0).f32(1).op('f32.ne'),
      () =>
        k.count(0, state.output.row, 16, (past) => {
          const at = c.get(output).get(past).op('i32.add').keep();
          c.get(at).get(at).memory('v128.load').get(shrink).op('f32x4.mul').memory('v128.store');
        }),
    );
  }

  /** Scores to weights, kept in `weights` where it is given, and products to the gradient of the scores in place of them. */
  backward(
    row: Row,
    scores: Matrix,
    products: Matrix | undefined,
    state: { logsumexp: Matrix; rows: Matrix },
    weights: Matrix | undefined,
  ): void {
    const { tiles } = this;
    const { c } = tiles.k;
    const { query, queries } = row;
    const line = tiles.line(scores, queries, query);
    this.#mask(line, row);
    const limit = this.#limit(row);
    const splat = (of: Matrix): Local =>
      c
        .get(tiles.line(of, queries, query))
        .memory('v128.load32_splat')
        .keep();
    const logsumexp = splat(state.logsumexp);
    const rows = splat(state.rows);
    const productLine = products && tiles.line(products, queries, query);
    const weightLine = weights && tiles.line(weights, queries, query);
    this.#columns(row, limit, ({ column, visible }) => {
      const seen = (x: Local): Local => (visible ? c.v('v128.and', x, visible) : x);
      const score = this.#score(this.#at(line, column), undefined);
      // Rounding may have put a score above the logsumexp.
      const below = c.v('f32x4.pmin', c.v('f32x4.sub', score, logsumexp), c.vector('f32', 0));
      const weight = this.#exp(below);
      const kept = this.#kept(row, column);
      if (weightLine)
        c.get(this.#at(weightLine, column))
          .get(seen(this.#dropped(weight, kept)))
          .memory('v128.store');
      if (!productLine) return;
      const at = this.#at(productLine, column);
      const product = this.#dropped(c.get(at).memory('v128.load').keep(), kept);
      const gradient = c.v('f32x4.mul', weight, c.v('f32x4.sub', product, rows));
      c.get(at).get(seen(gradient)).memory('v128.store');
    });
  }
}
