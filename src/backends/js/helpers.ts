/**
 * Functions emitted programs call. Small hot ones are text, put into the source that uses them; rare ones are passed
 * in by name. In float32 programs values are doubles between loads and stores: an approximation good to 1e-8 rounds to
 * the nearest float32 or its neighbour.
 */
import { bfloat16FromBits, bfloat16ToBits, float16FromBits, float16ToBits } from '../../core/index.js';
import { digamma, lgamma, power } from '../../ops/special.js';

/** Lengths of working memory, known when all kernels are written. */
export type LengthOf = (scratch: string) => number;

interface Helper {
  readonly source: string | ((lengthOf: LengthOf) => string);
  readonly needs?: readonly HelperName[];
}

/** Handed to the program when it is instantiated. */
export const library = {
  float16FromBits,
  float16ToBits,
  bfloat16FromBits,
  bfloat16ToBits,
  roundFloat16: (x: number): number => float16FromBits(float16ToBits(x)),
  roundBfloat16: (x: number): number => bfloat16FromBits(bfloat16ToBits(x)),
  lgamma,
  digamma,
  power,
} as const;
export type LibraryName = keyof typeof library;

/** |x| < 0.84375, 0.84375..1.25, 1.25..1/0.35 and above: the rational approximations of Sun's fdlibm (s_erf.c). */
const erfSource = (name: string, tail: string): string => `function ${name}(x) {
  const z = Math.abs(x);
  if (z < 0.84375) {
    const s = x * x;
    const p = 0.12837916709551256 + s * (-0.3250421072470015 + s * (-0.02848174957559851 + s * (-0.005770270296489442 + s * -2.3763016656650163e-5)));
    const q = 1 + s * (0.39791722395915535 + s * (0.0650222499887673 + s * (0.005081306281875766 + s * (1.3249473800432164e-4 + s * -3.960228278775368e-6))));
    return x + x * (p / q);
  }
  if (z < 1.25) {
    const s = z - 1;
    const p = -0.0023621185607526594 + s * (0.41485611868374833 + s * (-0.3722078760357013 + s * (0.31834661990116175 + s * (-0.11089469428239668 + s * (0.035478304325618236 + s * -0.002166375594868791)))));
    const q = 1 + s * (0.10642088040084423 + s * (0.540397917702171 + s * (0.07182865441419627 + s * (0.12617121980876164 + s * (0.01363708391202905 + s * 0.011984499846799107)))));
    const y = 0.8450629115104675 + p / q;
    return x < 0 ? -y : y;
  }
  if (!(z < 6)) return z === z ? Math.sign(x) : x;
  const s = 1 / (x * x);
  let r;
  if (z < 2.857142857142857) {
    const p = -0.009864944034847148 + s * (-0.6938585727071818 + s * (-10.558626225323291 + s * (-62.375332450326006 + s * (-162.39666946257347 + s * (-184.60509290671104 + s * (-81.2874355063066 + s * -9.814329344169145))))));
    const q = 1 + s * (19.651271667439257 + s * (137.65775414351904 + s * (434.56587747522923 + s * (645.3872717332679 + s * (429.00814002756783 + s * (108.63500554177944 + s * (6.570249770319282 + s * -0.0604244152148581)))))));
    r = p / q;
  } else {
    const p = -0.0098649429247001 + s * (-0.799283237680523 + s * (-17.757954917754752 + s * (-160.63638485582192 + s * (-637.5664433683896 + s * (-1025.0951316110772 + s * -483.5191916086514)))));
    const q = 1 + s * (30.33806074348246 + s * (325.7925129965739 + s * (1536.729586084437 + s * (3199.8582195085955 + s * (2553.0504064331644 + s * (474.52854120695537 + s * -22.44095244658582))))));
    r = p / q;
  }
  const y = 1 - ${tail} / z;
  return x < 0 ? -y : y;
}`;

/** Four rounds of Threefry on words x and y. */
const rounds = (...rotations: readonly number[]): string =>
  rotations.map((r) => `  x = (x + y) | 0; y = ((y << ${r}) | (y >>> ${32 - r})) ^ x;`).join('\n');
const inject = (a: string, b: string, n: number): string =>
  `  x = (x + ${a}) | 0; y = (y + ${b} + ${n}) | 0;`;

const threefrySource = `function threefry(k0, k1, x, y, part) {
  const k2 = 0x1bd11bda ^ k0 ^ k1;
  x = (x + k0) | 0; y = (y + k1) | 0;
${[
  rounds(13, 15, 26, 6),
  inject('k1', 'k2', 1),
  rounds(17, 29, 16, 24),
  inject('k2', 'k0', 2),
  rounds(13, 15, 26, 6),
  inject('k0', 'k1', 3),
  rounds(17, 29, 16, 24),
  inject('k1', 'k2', 4),
  rounds(13, 15, 26, 6),
  inject('k2', 'k0', 5),
].join('\n')}
  return part === 0 ? x : part === 1 ? y : x ^ y;
}`;

const four = [0, 1, 2, 3];
const masked = (array: string, at: string, offset: number, lengthOf: LengthOf): string =>
  `${array}[${offset === 0 ? at : `(${at} + ${offset})`} & ${lengthOf(array) - 1}]`;

export const helpers = {
  /** 2^(n/64) from tables, the rest by a cubic: relative error below 2e-9. */
  exp: {
    source: `const powers = Float64Array.from({ length: 2200 }, (_, i) => 2 ** (i - 1100));
const roots = Float64Array.from({ length: 64 }, (_, i) => 2 ** (i / 64));
function exp(x) {
  const t = Math.min(Math.max(x, -760), 720) * 92.33248261893024;
  const n = t + 6755399441055744 - 6755399441055744;
  const r = (t - n) * 0.010830424696249145;
  const k = n | 0;
  return powers[(k >> 6) + 1100] * (roots[k & 63] * (1 + r * (1 + r * (0.5 + r * 0.16666666666666666))));
}`,
  },
  tanh: {
    needs: ['exp'],
    source: `function tanh(x) {
  if (Math.abs(x) > 0.1) return 1 - 2 / (exp(2 * x) + 1);
  const s = x * x;
  return x * (1 + s * (-0.3333333333333333 + s * (0.13333333333333333 + s * (-0.05396825396825397 + s * 0.021869488536155203))));
}`,
  },
  sigmoid: {
    needs: ['exp'],
    source: `function sigmoid(x) {
  return 1 / (1 + exp(-x));
}`,
  },
  erf: { needs: ['exp'], source: erfSource('erf', 'exp(-x * x - 0.5625 + r)') },
  erf64: { source: erfSource('erf64', 'Math.exp(-x * x) * Math.exp(-0.5625 + r)') },
  pow: {
    needs: ['exp'],
    source: `function pow(x, y) {
  return x > 0 && x < Infinity && Math.abs(y) < Infinity ? exp(y * Math.log(x)) : power(x, y);
}`,
  },
  roundEven: {
    source: `function roundEven(x) {
  if (x === 0 || !(Math.abs(x) < 4503599627370496)) return x;
  return x < 0 ? -(4503599627370496 - x - 4503599627370496) : x + 4503599627370496 - 4503599627370496;
}`,
  },
  saturate: {
    source: `function saturate(x, low, high) {
  return x === x ? Math.trunc(Math.min(Math.max(x, low), high)) + 0 : 0;
}`,
  },
  toInt64: {
    source: `function toInt64(x) {
  if (x !== x) return 0n;
  if (x >= 9223372036854775807) return 9223372036854775807n;
  return x <= -9223372036854775808 ? -9223372036854775808n : BigInt(Math.trunc(x));
}`,
  },
  /** Rounded once: through float64 some integers would be rounded twice. */
  int64ToFloat32: {
    source: `function int64ToFloat32(x) {
  const direct = Number(x);
  if (BigInt(direct) === x) return Math.fround(direct);
  const sticky = BigInt.asUintN(16, x) === 0n ? 0n : 1n;
  return Math.fround(Number(((x >> 16n) << 1n) | sticky) * 32768);
}`,
  },
  divide: {
    source: `function divide(x, y) {
  return y === 0 ? 0 : x / y;
}`,
  },
  remainder: {
    source: `function remainder(x, y) {
  return y === 0 ? 0 : x % y;
}`,
  },
  divideBig: {
    source: `function divideBig(x, y) {
  return y === 0n ? 0n : x / y;
}`,
  },
  remainderBig: {
    source: `function remainderBig(x, y) {
  return y === 0n ? 0n : x % y;
}`,
  },
  powInt: {
    source: `function powInt(x, y) {
  if (y < 0) return x === 1 ? 1 : x === -1 ? (y & 1 ? -1 : 1) : 0;
  let power = 1;
  for (; y > 0; y = Math.floor(y / 2)) {
    if (y & 1) power = Math.imul(power, x);
    x = Math.imul(x, x);
  }
  return power;
}`,
  },
  powBig: {
    source: `function powBig(x, y) {
  if (y < 0n) return x === 1n || x === -1n ? (y & 1n ? x : 1n) : 0n;
  let power = 1n;
  for (; y > 0n; y >>= 1n) {
    if (y & 1n) power = BigInt.asIntN(64, power * x);
    x = BigInt.asIntN(64, x * x);
  }
  return power;
}`,
  },
  threefry: { source: threefrySource },
  bits: {
    source: `const bits = new ArrayBuffer(8);
const bits_float32 = new Float32Array(bits);
const bits_float64 = new Float64Array(bits);
const bits_half = new Uint16Array(bits);
const bits_int64 = new BigInt64Array(bits);
const bits_int32 = new Int32Array(bits);
const bits_int16 = new Int16Array(bits);
const bits_int8 = new Int8Array(bits);
const bits_uint8 = new Uint8Array(bits);
const bits_uint32 = new Uint32Array(bits);`,
  },
  outOfRange: {
    source: `function outOfRange(check, value, position) {
  if (failure[0] === 0) {
    failure[0] = check + 1;
    failure[1] = value;
    failure[2] = position;
  }
  return false;
}`,
  },
  /**
   * sums[i, j] += sum over k of a[i, k] * b[j, k], 4 x 4 at a time, from operands packed in panels of 4 rows or columns.
   * The panels are constants and every index is masked by their length: V8 then leaves the bounds checks out.
   */
  multiplyPanels: {
    needs: ['multiplyTile'],
    source: `function multiplyPanels(rows, columns, depth, stride) {
  for (let j = 0; j < columns; j += 4) {
    for (let i = 0; i < rows; i += 4) multiplyTile(i * depth, j * depth, i * stride + j, depth, stride);
  }
}`,
  },
  multiplyTile: {
    source: (lengthOf: LengthOf) => `function multiplyTile(ai, bi, ci, depth, stride) {
${four.map((i) => `  let ${four.map((j) => `c${i}${j} = 0`).join(', ')};`).join('\n')}
  for (let k = 0; k < depth; k++) {
    const ${four.map((i) => `a${i} = ${masked('panels_a', 'ai', i, lengthOf)}`).join(', ')};
    const ${four.map((j) => `b${j} = ${masked('panels_b', 'bi', j, lengthOf)}`).join(', ')};
${four.map((i) => `    ${four.map((j) => `c${i}${j} += a${i} * b${j};`).join(' ')}`).join('\n')}
    ai += 4;
    bi += 4;
  }
${four.map((i) => `  ${four.map((j) => `sums[ci${j ? ` + ${j}` : ''}] += c${i}${j};`).join(' ')}`).join('\n  ci += stride;\n')}
}`,
  },
  /** Sorts \`order\`, positions into \`keys\`, by merging runs of growing length: stable, NaN greatest. */
  sortOrder: {
    source: `function sortOrder(keys, order, spare, size, descending) {
  for (let i = 0; i < size; i++) order[i] = i;
  let from = order;
  let to = spare;
  for (let run = 1; run < size; run *= 2) {
    for (let start = 0; start < size; start += 2 * run) {
      const middle = Math.min(start + run, size);
      const end = Math.min(start + 2 * run, size);
      let left = start;
      let right = middle;
      for (let i = start; i < end; i++) {
        if (left < middle && (right >= end || !before(keys[from[right]], keys[from[left]], descending))) to[i] = from[left++];
        else to[i] = from[right++];
      }
    }
    const sorted = to;
    to = from;
    from = sorted;
  }
  return from;
}
function before(x, y, descending) {
  return descending ? x > y || (x !== x && y === y) : x < y || (y !== y && x === x);
}`,
  },
} as const satisfies Record<string, Omit<Helper, 'needs'> & { readonly needs?: readonly string[] }>;
export type HelperName = keyof typeof helpers;

const textOf = ({ source }: Pick<Helper, 'source'>, lengthOf: LengthOf): string =>
  typeof source === 'string' ? source : source(lengthOf);

/** What the program's source needs, each once, what it uses itself first. */
export function helperSources(used: ReadonlySet<HelperName>, lengthOf: LengthOf): string[] {
  const table: Readonly<Record<HelperName, Helper>> = helpers;
  const ordered = new Set<HelperName>();
  const visit = (name: HelperName): void => {
    for (const needed of table[name].needs ?? []) visit(needed);
    ordered.add(name);
  };
  for (const name of [...used].sort()) visit(name);
  return [...ordered].map((name) => textOf(table[name], lengthOf));
}

/** Every name the helpers' text declares, which nothing else may take. */
export const helperNames: readonly string[] = [
  ...Object.keys(helpers),
  ...Object.keys(library),
  ...Object.values(helpers).flatMap((helper) =>
    [...textOf(helper, () => 1).matchAll(/^(?:const|function) (\w+)/gm)].map((match) => match[1]!),
  ),
];
