/** Functions over small matrices in scratch, one for each set of strides: products, and transposes. Sizes are padded. */
import type { Callee, Code, Local } from '../assembler/index.js';
import { shuffleWords } from '../vector/value.js';
import type { Library } from './index.js';

/** Bytes from one element to the next. */
export interface ProductStrides {
  readonly aRow: number;
  /** Along the depth. */
  readonly aStep: number;
  readonly bRow: number;
  readonly outRow: number;
}

const [tileRows, tileColumns] = [4, 8];
/** Steps of the depth that are written out. */
const unroll = 4;

/** x += a * b, rounded once where relaxed SIMD is on. */
function addProduct(c: Code, x: Local, a: Local, b: Local): void {
  if (c.relaxed) c.get(a).get(b).get(x).op('f32x4.relaxed_madd').set(x);
  else c.get(x).get(a).get(b).op('f32x4.mul').op('f32x4.add').set(x);
}

/**
 * out += a b over float32: (a, b, out, rows, columns, depth, add), with whole tiles of 4 rows and 8 columns, and any depth.
 * Without `add`, what was in `out` is written over.
 */
export function product(library: Library, { aRow, aStep, bRow, outRow }: ProductStrides): Callee {
  return library.shared(`product_${aRow}_${aStep}_${bRow}_${outRow}`, 'iiiiiii', '', (c) => {
    const [a, b, out, rows, columns, depth, add] = c.params as Local[] as [
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
    ];
    const whole = c.get(depth).i32(-unroll).op('i32.and').keep();
    c.count(0, rows, tileRows, (row) => {
      const [left, target] = [c.local('i'), c.local('i')];
      c.count(0, columns, tileColumns, (column) => {
        const offset = c.get(column).i32(2).op('i32.shl').keep();
        const right = c.get(b).get(offset).op('i32.add').keep();
        c.get(a).get(row).i32(aRow).op('i32.mul').op('i32.add').set(left);
        c.get(out).get(row).i32(outRow).op('i32.mul').op('i32.add').get(offset).op('i32.add').set(target);
        const sums = Array.from({ length: tileRows }, () => [c.local('v'), c.local('v')] as const);
        const each = (with_: (sum: Local, at: number) => void): void =>
          sums.forEach((pair, r) => pair.forEach((sum, half) => with_(sum, r * outRow + half * 16)));
        c.get(add).if();
        each((sum, at) => c.get(target).memory('v128.load', at).set(sum));
        c.else();
        each((sum) => c.get(c.vector('f32', 0)).set(sum));
        c.end();
        const step = (at: number): void => {
          const halves = [0, 16].map((half) =>
            c
              .get(right)
              .memory('v128.load', at * bRow + half)
              .keep(),
          );
          sums.forEach((pair, r) => {
            const x = c
              .get(left)
              .memory('v128.load32_splat', r * aRow + at * aStep)
              .keep();
            pair.forEach((sum, half) => addProduct(c, sum, x, halves[half]!));
          });
        };
        const advance = (steps: number): void => {
          c.get(left)
            .i32(steps * aStep)
            .op('i32.add')
            .set(left);
          c.get(right)
            .i32(steps * bRow)
            .op('i32.add')
            .set(right);
        };
        c.count(0, whole, unroll, () => {
          for (let at = 0; at < unroll; at++) step(at);
          advance(unroll);
        });
        c.count(whole, depth, 1, () => {
          step(0);
          advance(1);
        });
        each((sum, at) => c.get(target).get(sum).memory('v128.store', at));
      });
    });
  });
}

/** out = the transpose of x, in blocks of 4 by 4: (x, out, rows, columns). */
export function transpose(library: Library, xRow: number, outRow: number): Callee {
  return library.shared(`transpose_${xRow}_${outRow}`, 'iiii', '', (c) => {
    const [x, out, rows, columns] = c.params as Local[] as [Local, Local, Local, Local];
    c.count(0, rows, 4, (row) => {
      const from = c.get(x).get(row).i32(xRow).op('i32.mul').op('i32.add').keep();
      const to = c.get(out).get(row).i32(2).op('i32.shl').op('i32.add').keep();
      c.count(0, columns, 4, (column) => {
        const source = c.get(from).get(column).i32(2).op('i32.shl').op('i32.add').keep();
        const target = c.get(to).get(column).i32(outRow).op('i32.mul').op('i32.add').keep();
        const lines = [0, 1, 2, 3].map((r) =>
          c
            .get(source)
            .memory('v128.load', r * xRow)
            .keep(),
        ) as [Local, Local, Local, Local];
        const [low, high] = [
          [0, 4, 1, 5],
          [2, 6, 3, 7],
        ] as const;
        const [l0, l1, l2, l3] = lines;
        const [a, b] = [shuffleWords(c, l0, l1, ...low), shuffleWords(c, l2, l3, ...low)];
        const [d, e] = [shuffleWords(c, l0, l1, ...high), shuffleWords(c, l2, l3, ...high)];
        const results = [
          shuffleWords(c, a, b, 0, 1, 4, 5),
          shuffleWords(c, a, b, 2, 3, 6, 7),
          shuffleWords(c, d, e, 0, 1, 4, 5),
          shuffleWords(c, d, e, 2, 3, 6, 7),
        ];
        results.forEach((line, r) =>
          c
            .get(target)
            .get(line)
            .memory('v128.store', r * outRow),
        );
      });
    });
  });
}
