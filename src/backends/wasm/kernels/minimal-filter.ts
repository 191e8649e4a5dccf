/**
 * Minimal filtering of a line: neighbouring results of a short filter from fewer products than results times taps. Inputs and
 * weights are combined by additions before the products, and the products by additions after them.
 * Winograd, "Arithmetic Complexity of Computations", 1980; the split into even and odd is the fast FIR algorithm of Mou and
 * Duhamel, "Short-Length FIR Filters and Their Use in Fast Nonrecursive Filtering", 1991.
 */

/** What the combinations are written with. */
export interface Arithmetic<V> {
  readonly add: (a: V, b: V) => V;
  readonly sub: (a: V, b: V) => V;
  readonly half: (a: V) => V;
}

export type Combine = <V>(arithmetic: Arithmetic<V>, values: readonly V[]) => V[];

/** results[i] = sum over j of weights[j] * inputs[i + j]. */
export interface Filter {
  readonly taps: number;
  readonly results: number;
  readonly products: number;
  /** What of `results + taps - 1` neighbours goes into each product. */
  readonly inputs: Combine;
  /** What of the taps goes into each product. */
  readonly weights: Combine;
  /** The results, made of the products. */
  readonly combine: Combine;
}

/** Two results of two taps, from 3 products instead of 4. */
const two: Filter = {
  taps: 2,
  results: 2,
  products: 3,
  inputs: ({ sub }, [a, b, c]) => [sub(a!, b!), b!, sub(c!, b!)],
  weights: ({ add }, [v, w]) => [v!, add(v!, w!), w!],
  combine: ({ add }, [p, q, r]) => [add(p!, q!), add(q!, r!)],
};

/** Two results of three taps, from 4 products instead of 6. */
export const three: Filter = {
  taps: 3,
  results: 2,
  products: 4,
  inputs: ({ add, sub }, [a, b, c, d]) => [sub(a!, c!), add(b!, c!), sub(c!, b!), sub(d!, b!)],
  weights: ({ add, sub, half }, [u, v, w]) => {
    const [ends, middle] = [half(add(u!, w!)), half(v!)];
    return [u!, add(ends, middle), sub(ends, middle), w!];
  },
  combine: ({ add, sub }, [p, q, r, s]) => [add(add(p!, q!), r!), add(sub(q!, r!), s!)],
};

/** Two results of the taps of both, one behind the other. */
const joined = (first: Filter, second: Filter): Filter => ({
  taps: first.taps + second.taps,
  results: 2,
  products: first.products + second.products,
  inputs: (arithmetic, d) => [
    ...first.inputs(arithmetic, d.slice(0, first.taps + 1)),
    ...second.inputs(arithmetic, d.slice(first.taps)),
  ],
  weights: (arithmetic, w) => [
    ...first.weights(arithmetic, w.slice(0, first.taps)),
    ...second.weights(arithmetic, w.slice(first.taps)),
  ],
  combine: (arithmetic, m) => {
    const behind = second.combine(arithmetic, m.slice(first.products));
    return first.combine(arithmetic, m).map((value, i) => arithmetic.add(value, behind[i]!));
  },
});

/** Two results of two taps or more. */
function pair(taps: number): Filter {
  if (taps <= 3) return taps === 2 ? two : three;
  return taps === 4 ? joined(two, two) : joined(three, pair(taps - 3));
}

const evens = <V>(values: readonly V[]): V[] => values.filter((_, i) => i % 2 === 0);
const odds = <V>(values: readonly V[]): V[] => values.filter((_, i) => i % 2 === 1);

/**
 * Four results of four taps or more: the filter's even and its odd taps, and their sums, each a filter of half the length over
 * every other input.
 */
function split(taps: number): Filter {
  const long = pair(Math.ceil(taps / 2));
  const short = pair(Math.floor(taps / 2));
  return {
    taps,
    results: 4,
    products: 2 * long.products + short.products,
    inputs: (arithmetic, d) => {
      const [even, odd] = [evens(d), odds(d)];
      const own = odd.slice(0, long.taps + 1);
      const before = own.map((value, i) => arithmetic.sub(even[i]!, value));
      const after = odd.slice(0, short.taps + 1).map((value, i) => arithmetic.sub(even[i + 1]!, value));
      return [
        ...long.inputs(arithmetic, before),
        ...long.inputs(arithmetic, own),
        ...short.inputs(arithmetic, after),
      ];
    },
    weights: (arithmetic, w) => {
      const [even, odd] = [evens(w), odds(w)];
      const sums = even.map((value, i) => (odd[i] === undefined ? value : arithmetic.add(value, odd[i])));
      return [
        ...long.weights(arithmetic, even),
        ...long.weights(arithmetic, sums),
        ...short.weights(arithmetic, odd),
      ];
    },
    combine: (arithmetic, m) => {
      const own = long.combine(arithmetic, m.slice(long.products));
      const even = long.combine(arithmetic, m).map((value, i) => arithmetic.add(value, own[i]!));
      const odd = short
        .combine(arithmetic, m.slice(2 * long.products))
        .map((value, i) => arithmetic.add(own[i]!, value));
      return [even[0]!, odd[0]!, even[1]!, odd[1]!];
    },
  };
}

/** The filter of so many taps, two or more. */
export const filterOf = (taps: number): Filter => (taps < 4 ? pair(taps) : split(taps));

const coefficients: Arithmetic<readonly number[]> = {
  add: (a, b) => a.map((x, i) => x + b[i]!),
  sub: (a, b) => a.map((x, i) => x - b[i]!),
  half: (a) => a.map((x) => x / 2),
};

/** The transpose of a combination of `count` values: as many results, made of what it gives. */
export function adjoint(combine: Combine, count: number): Combine {
  const indices = Array.from({ length: count }, (_, i) => i);
  const rows = combine(
    coefficients,
    indices.map((i) => indices.map((j) => (i === j ? 1 : 0))),
  );
  return <V>({ add, sub, half }: Arithmetic<V>, values: readonly V[]): V[] => {
    /** The sum of what has this coefficient, up to its sign. */
    const sum = (column: number, size: number, start?: V): V | undefined => {
      const terms = rows.flatMap((row, i) => {
        const positive = row[column]! > 0;
        return Math.abs(row[column]!) === size ? [{ value: values[i]!, positive }] : [];
      });
      const ordered = [...terms.filter((term) => term.positive), ...terms.filter((term) => !term.positive)];
      return ordered.reduce<V | undefined>((total, { value, positive }) => {
        if (total === undefined) return value;
        return positive ? add(total, value) : sub(total, value);
      }, start);
    };
    return indices.map((column) => {
      const halves = sum(column, 1 / 2);
      return sum(column, 1, halves === undefined ? undefined : half(halves))!;
    });
  };
}
