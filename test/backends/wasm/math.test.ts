/** The SIMD functions against float64: every kind of special value, all exponents, the bounds their table states. */
import { setFlagsFromString } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { ModuleBuilder } from '../../../src/backends/wasm/assembler/index.js';
import { math32, math64, type MathFunction, type MathName } from '../../../src/backends/wasm/math/index.js';
import { scalar } from '../../../src/ops/scalar.js';
import { specialValues } from './special-values.js';

// Node 20 has relaxed SIMD behind this flag; later versions no longer know it.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

/** What the test needs of the host's WebAssembly. */
const { WebAssembly: wasm } = globalThis as unknown as {
  WebAssembly: {
    Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
    Module: new (bytes: Uint8Array) => object;
    Instance: new (module: object, imports: object) => { readonly exports: Record<string, unknown> };
  };
};

type Kind = 'f32' | 'f64';
const binary = new Set<MathName>(['pow', 'atan2', 'fmod']);
const points = 1 << 15;
const area = 8 * points;

/** One module that maps every function over arrays in memory. */
function compile(kind: Kind, table: Readonly<Record<MathName, MathFunction>>, relaxed: boolean) {
  const builder = new ModuleBuilder({ relaxed, shared: false });
  for (const name of Object.keys(table) as MathName[]) {
    const arity = binary.has(name) ? 2 : 1;
    const callee = builder.function(name, 'v'.repeat(arity), 'v');
    callee.code.get(table[name].emit(callee.code, ...callee.code.params));
    const map = builder.function(`map ${name}`, 'i');
    map.code.count(0, map.code.params[0]!, 16, (at) => {
      map.code.get(at);
      for (let k = 0; k < arity; k++) map.code.get(at).memory('v128.load', k * area);
      map.code.call(callee).memory('v128.store', 2 * area);
    });
    builder.export(name, map);
  }
  const memory = new wasm.Memory({ initial: 64, maximum: 65536 });
  const { exports } = new wasm.Instance(new wasm.Module(builder.encode()), { env: { memory } });
  const array = kind === 'f32' ? Float32Array : Float64Array;
  const [x, y, result] = [0, 1, 2].map((k) => new array(memory.buffer, k * area, points)) as [
    Float32Array | Float64Array,
    Float32Array | Float64Array,
    Float32Array | Float64Array,
  ];
  const run = (name: MathName): void => (exports[name] as (bytes: number) => void)(result.byteLength);
  return { x, y, result, run };
}

/** Uniform 32-bit words from a fixed seed. */
function words(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const specials = [
  0,
  1,
  Infinity,
  NaN,
  0.5,
  0.25,
  2,
  3,
  1.5,
  4,
  5,
  9,
  10,
  20,
  1e10,
  2 ** 20,
  2 ** 24,
  2 ** 31,
  2 ** 53,
  2 ** -149,
  3 * 2 ** -149,
  2 ** -126,
  2 ** -127,
  3.4028234663852886e38,
  1e38,
  5e-324,
  2 ** -1022,
  1.7e308,
  2.2e-308,
  88.72,
  88.73,
  89.41,
  89.42,
  87.3,
  103.9,
  104,
  709.78,
  709.79,
  710.47,
  710.48,
  745.1,
  745.2,
  708.4,
  Math.PI,
  Math.PI / 2,
  Math.PI / 4,
  Math.LN2,
  Math.LN2 / 2,
  Math.SQRT1_2,
  Math.SQRT2,
  0.66,
  0.927734375,
  1e22,
];

/** Fills an array in three parts: special values and their neighbours, random bits, values of moderate size. */
function fill(into: Float32Array | Float64Array, next: () => number, pairs: boolean): void {
  const word = new Uint32Array(into.buffer, into.byteOffset, into.byteLength / 4);
  for (let i = 0; i < word.length; i++) word[i] = next();
  const near = specials.flatMap((x) => [x, -x, x * (1 + 2 ** -23), x * (1 - 2 ** -23)]);
  for (let i = 0; i < points / 4; i++)
    into[i] = pairs
      ? near[next() % near.length]!
      : near[i % near.length]! * (i < near.length ? 1 : 1 + i * 2 ** -40);
  const size = [1, 4, 20, 200] as const;
  for (let i = points / 2; i < points; i++) {
    const uniform = next() / 2 ** 31 - 1;
    into[i] = i % 8 === 7 ? Math.sign(uniform) * 2 ** (60 * uniform * uniform - 30) : uniform * size[i % 4]!;
  }
}

/** The distance between neighbours at a value. */
function spacing(kind: Kind, x: number): number {
  const [mantissa, least] = kind === 'f32' ? [23, -126] : [52, -1022];
  let exponent = Math.max(least, Math.floor(Math.log2(Math.abs(x))));
  if (2 ** exponent > Math.abs(x) && exponent > least) exponent--;
  return 2 ** (exponent - mantissa);
}

/** Error of a result in units in the last place; Infinity where it is of another kind. */
function error(kind: Kind, got: number, want: number, absolute: boolean): number {
  const rounded = kind === 'f32' ? Math.fround(want) : want;
  if (Object.is(got, rounded)) return 0;
  if (Number.isNaN(want) || Number.isNaN(got) || want === 0 || !Number.isFinite(want)) return Infinity;
  if (Math.sign(got) !== Math.sign(want) && (got !== 0 || Object.is(got, 0) !== want > 0) && !absolute)
    return Infinity;
  const largest = kind === 'f32' ? 2 ** 128 : Number.MAX_VALUE;
  const finite = Number.isFinite(got) ? got : Math.sign(got) * largest;
  const unit = spacing(kind, absolute ? Math.max(1, Math.abs(want)) : want);
  return Math.abs(finite - want) / unit;
}

/** Operands of functions that are not for all. */
const domains: Partial<Record<MathName, readonly [number, number]>> = {
  expNegative: [-Infinity, 40],
  expRaised: [-104, 40],
};

/** What a function means, in float64. */
function meaning(name: MathName): (x: number, y: number) => number {
  // The table's form has no denormal tail in float64.
  if (name === 'sigmoid') return (x) => (x < 0 ? Math.exp(x) : 1) / (1 + Math.exp(-Math.abs(x)));
  if (name === 'expRaised') return (x) => Math.exp(x) * 2 ** 64;
  const compute = scalar[name === 'expNegative' ? 'exp' : name] as (
    args: number[],
    dtype: 'float64',
    attrs: object,
  ) => number;
  return (x, y) => compute([x, y], 'float64', {});
}

/** Whether the oracle is good to a unit in the last place; src/ops/special.ts promises 1e-14. */
const isRough = (kind: Kind, name: MathName): name is keyof typeof specialValues =>
  kind === 'f64' && name in specialValues;

/** The oracle loses digits beside the poles, where the sine magnifies the rounding of pi x. */
const besidePole = (x: number): boolean => x < -0.5 && Math.abs(x - Math.round(x)) < 0.05;

for (const [kind, table] of [
  ['f32', math32],
  ['f64', math64],
] as const)
  for (const relaxed of [false, true])
    describe(`${kind} functions ${relaxed ? 'with' : 'without'} relaxed multiply-add`, () => {
      const { x, y, result, run } = compile(kind, table, relaxed);
      const next = words(relaxed ? 1 : 2);
      const names = Object.keys(table) as MathName[];

      it.each(names)('%s', (name) => {
        const compute = meaning(name);
        const [least, greatest] = domains[name] ?? [-Infinity, Infinity];
        const rough = isRough(kind, name);
        let worst = { error: 0, x: 0, y: 0, got: 0, want: 0 };
        for (let round = 0; round < 3; round++) {
          fill(x, next, binary.has(name));
          fill(y, next, binary.has(name));
          run(name);
          for (let i = 0; i < points; i++) {
            if ((rough && besidePole(x[i]!)) || x[i]! < least || x[i]! > greatest) continue;
            const want = compute(x[i]!, y[i]!);
            const e = error(kind, result[i]!, want, name.endsWith('gamma'));
            if (e > worst.error) worst = { error: e, x: x[i]!, y: y[i]!, got: result[i]!, want };
          }
        }
        const bound = rough ? 1e-13 * 2 ** 52 : table[name].ulp;
        expect(worst, JSON.stringify(worst)).toSatisfy(() => worst.error <= bound);
      });

      it.each(names.filter((name) => isRough(kind, name)))('%s at recorded points', (name) => {
        const recorded = specialValues[name as keyof typeof specialValues];
        recorded.forEach(([at], i) => (x[i] = at));
        run(name);
        const errors = recorded.map(([, want], i) => error(kind, result[i]!, want, name.endsWith('gamma')));
        expect(Math.max(...errors), JSON.stringify(errors)).toBeLessThanOrEqual(table[name].ulp);
      });
    });
