/**
 * WebAssembly instructions: code, operand types, result types. The code is the byte, or prefix * 0x1000 + number for
 * instructions behind a prefix byte.
 *
 * Sources: WebAssembly Core Specification 2.0, and the relaxed SIMD proposal (part of 3.0).
 */

/** i: i32, l: i64, f: f32, d: f64, v: v128. */
export type ValueType = 'i' | 'l' | 'f' | 'd' | 'v';

export const valueTypeCodes: Readonly<Record<ValueType, number>> = {
  i: 0x7f,
  l: 0x7e,
  f: 0x7d,
  d: 0x7c,
  v: 0x7b,
};

/** Codes of control flow, locals, constants, and what the table of instructions leaves out. */
export const control = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  call: 0x10,
  drop: 0x1a,
  select: 0x1b,
  selectTyped: 0x1c,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  i32: 0x41,
  i64: 0x42,
  f32: 0x43,
  f64: 0x44,
  copy: [0xfc, 10, 0, 0],
  fill: [0xfc, 11, 0],
  vector: [0xfd, 12],
  shuffle: [0xfd, 13],
} as const;

/** What follows the code: nothing, an alignment and offset, those and a lane, a lane. */
export type Immediate = 'none' | 'memory' | 'memoryLane' | 'lane';

export interface Instruction {
  readonly code: number;
  readonly takes: string;
  readonly gives: string;
  readonly immediate: Immediate;
  /** log2 of the bytes accessed. */
  readonly align: number;
}

const simd = 0xfd000;
const misc = 0xfc000;
const atomic = 0xfe000;

/** Rows of the same kind: names in the order of their codes, from `first` on; '-' skips a code. */
type Rows = readonly [first: number, takes: string, gives: string, names: string];

const plain: readonly Rows[] = [
  [0x00, '', '', 'unreachable'],
  [0x45, 'i', 'i', 'i32.eqz'],
  [0x46, 'ii', 'i', 'i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u'],
  [0x50, 'l', 'i', 'i64.eqz'],
  [0x51, 'll', 'i', 'i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u'],
  [0x5b, 'ff', 'i', 'f32.eq f32.ne f32.lt f32.gt f32.le f32.ge'],
  [0x61, 'dd', 'i', 'f64.eq f64.ne f64.lt f64.gt f64.le f64.ge'],
  [0x67, 'i', 'i', 'i32.clz i32.ctz i32.popcnt'],
  [
    0x6a,
    'ii',
    'i',
    'i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr',
  ],
  [0x79, 'l', 'l', 'i64.clz i64.ctz i64.popcnt'],
  [
    0x7c,
    'll',
    'l',
    'i64.add i64.sub i64.mul i64.div_s i64.div_u i64.rem_s i64.rem_u i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr',
  ],
  [0x8b, 'f', 'f', 'f32.abs f32.neg f32.ceil f32.floor f32.trunc f32.nearest f32.sqrt'],
  [0x92, 'ff', 'f', 'f32.add f32.sub f32.mul f32.div f32.min f32.max f32.copysign'],
  [0x99, 'd', 'd', 'f64.abs f64.neg f64.ceil f64.floor f64.trunc f64.nearest f64.sqrt'],
  [0xa0, 'dd', 'd', 'f64.add f64.sub f64.mul f64.div f64.min f64.max f64.copysign'],
  [0xa7, 'l', 'i', 'i32.wrap_i64'],
  [0xac, 'i', 'l', 'i64.extend_i32_s i64.extend_i32_u'],
  [0xb2, 'i', 'f', 'f32.convert_i32_s f32.convert_i32_u'],
  [0xb4, 'l', 'f', 'f32.convert_i64_s f32.convert_i64_u'],
  [0xb6, 'd', 'f', 'f32.demote_f64'],
  [0xb7, 'i', 'd', 'f64.convert_i32_s f64.convert_i32_u'],
  [0xb9, 'l', 'd', 'f64.convert_i64_s f64.convert_i64_u'],
  [0xbb, 'f', 'd', 'f64.promote_f32'],
  [0xbc, 'f', 'i', 'i32.reinterpret_f32'],
  [0xbd, 'd', 'l', 'i64.reinterpret_f64'],
  [0xbe, 'i', 'f', 'f32.reinterpret_i32'],
  [0xbf, 'l', 'd', 'f64.reinterpret_i64'],
  [0xc0, 'i', 'i', 'i32.extend8_s i32.extend16_s'],
  [misc + 0, 'f', 'i', 'i32.trunc_sat_f32_s i32.trunc_sat_f32_u'],
  [misc + 2, 'd', 'i', 'i32.trunc_sat_f64_s i32.trunc_sat_f64_u'],
  [misc + 4, 'f', 'l', 'i64.trunc_sat_f32_s i64.trunc_sat_f32_u'],
  [misc + 6, 'd', 'l', 'i64.trunc_sat_f64_s i64.trunc_sat_f64_u'],

  [simd + 14, 'vv', 'v', 'i8x16.swizzle'],
  [simd + 15, 'i', 'v', 'i8x16.splat i16x8.splat i32x4.splat'],
  [simd + 18, 'l', 'v', 'i64x2.splat'],
  [simd + 19, 'f', 'v', 'f32x4.splat'],
  [simd + 20, 'd', 'v', 'f64x2.splat'],
  [
    simd + 35,
    'vv',
    'v',
    'i8x16.eq i8x16.ne i8x16.lt_s i8x16.lt_u i8x16.gt_s i8x16.gt_u i8x16.le_s i8x16.le_u i8x16.ge_s i8x16.ge_u',
  ],
  [
    simd + 55,
    'vv',
    'v',
    'i32x4.eq i32x4.ne i32x4.lt_s i32x4.lt_u i32x4.gt_s i32x4.gt_u i32x4.le_s i32x4.le_u i32x4.ge_s i32x4.ge_u f32x4.eq f32x4.ne f32x4.lt f32x4.gt f32x4.le f32x4.ge f64x2.eq f64x2.ne f64x2.lt f64x2.gt f64x2.le f64x2.ge',
  ],
  [simd + 77, 'v', 'v', 'v128.not'],
  [simd + 78, 'vv', 'v', 'v128.and v128.andnot v128.or v128.xor'],
  [simd + 82, 'vvv', 'v', 'v128.bitselect'],
  [simd + 83, 'v', 'i', 'v128.any_true'],
  [simd + 94, 'v', 'v', 'f32x4.demote_f64x2_zero f64x2.promote_low_f32x4'],
  [simd + 103, 'v', 'v', 'f32x4.ceil f32x4.floor f32x4.trunc f32x4.nearest'],
  [simd + 116, 'v', 'v', 'f64x2.ceil f64x2.floor'],
  [simd + 122, 'v', 'v', 'f64x2.trunc'],
  [simd + 148, 'v', 'v', 'f64x2.nearest'],
  [simd + 101, 'vv', 'v', 'i8x16.narrow_i16x8_s i8x16.narrow_i16x8_u'],
  [simd + 133, 'vv', 'v', 'i16x8.narrow_i32x4_s i16x8.narrow_i32x4_u'],
  [
    simd + 135,
    'v',
    'v',
    'i16x8.extend_low_i8x16_s i16x8.extend_high_i8x16_s i16x8.extend_low_i8x16_u i16x8.extend_high_i8x16_u',
  ],
  [simd + 160, 'v', 'v', 'i32x4.abs i32x4.neg'],
  [simd + 163, 'v', 'i', 'i32x4.all_true i32x4.bitmask'],
  [
    simd + 167,
    'v',
    'v',
    'i32x4.extend_low_i16x8_s i32x4.extend_high_i16x8_s i32x4.extend_low_i16x8_u i32x4.extend_high_i16x8_u',
  ],
  [simd + 171, 'vi', 'v', 'i32x4.shl i32x4.shr_s i32x4.shr_u'],
  [simd + 110, 'vv', 'v', 'i8x16.add'],
  [simd + 113, 'vv', 'v', 'i8x16.sub'],
  [simd + 174, 'vv', 'v', 'i32x4.add'],
  [simd + 177, 'vv', 'v', 'i32x4.sub'],
  [simd + 181, 'vv', 'v', 'i32x4.mul i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u'],
  [simd + 192, 'v', 'v', 'i64x2.abs i64x2.neg'],
  [simd + 195, 'v', 'i', 'i64x2.all_true i64x2.bitmask'],
  [
    simd + 199,
    'v',
    'v',
    'i64x2.extend_low_i32x4_s i64x2.extend_high_i32x4_s i64x2.extend_low_i32x4_u i64x2.extend_high_i32x4_u',
  ],
  [simd + 203, 'vi', 'v', 'i64x2.shl i64x2.shr_s i64x2.shr_u'],
  [simd + 206, 'vv', 'v', 'i64x2.add'],
  [simd + 209, 'vv', 'v', 'i64x2.sub'],
  [simd + 213, 'vv', 'v', 'i64x2.mul i64x2.eq i64x2.ne i64x2.lt_s i64x2.gt_s i64x2.le_s i64x2.ge_s'],
  [simd + 224, 'v', 'v', 'f32x4.abs f32x4.neg - f32x4.sqrt'],
  [
    simd + 228,
    'vv',
    'v',
    'f32x4.add f32x4.sub f32x4.mul f32x4.div f32x4.min f32x4.max f32x4.pmin f32x4.pmax',
  ],
  [simd + 236, 'v', 'v', 'f64x2.abs f64x2.neg - f64x2.sqrt'],
  [
    simd + 240,
    'vv',
    'v',
    'f64x2.add f64x2.sub f64x2.mul f64x2.div f64x2.min f64x2.max f64x2.pmin f64x2.pmax',
  ],
  [
    simd + 248,
    'v',
    'v',
    'i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u',
  ],
  [simd + 0x105, 'vvv', 'v', 'f32x4.relaxed_madd f32x4.relaxed_nmadd f64x2.relaxed_madd f64x2.relaxed_nmadd'],
];

/** first code, takes, gives, then name:log2(bytes). */
const memory: readonly Rows[] = [
  [
    0x28,
    'i',
    '',
    'i32.load:2 i64.load:3 f32.load:2 f64.load:3 i32.load8_s:0 i32.load8_u:0 i32.load16_s:1 i32.load16_u:1',
  ],
  [0x36, 'i', '', 'i32.store:2 i64.store:3 f32.store:2 f64.store:3 i32.store8:0 i32.store16:1'],
  [
    simd + 0,
    'i',
    '',
    'v128.load:4 v128.load8x8_s:3 v128.load8x8_u:3 v128.load16x4_s:3 v128.load16x4_u:3 v128.load32x2_s:3 v128.load32x2_u:3 v128.load8_splat:0 v128.load16_splat:1 v128.load32_splat:2 v128.load64_splat:3 v128.store:4',
  ],
  [simd + 92, 'i', '', 'v128.load32_zero:2 v128.load64_zero:3'],
  [atomic + 0x00, 'ii', 'i', 'memory.atomic.notify:2'],
  [atomic + 0x01, 'iil', 'i', 'memory.atomic.wait32:2'],
  [atomic + 0x10, 'i', 'i', 'i32.atomic.load:2'],
  [atomic + 0x11, 'i', 'l', 'i64.atomic.load:3'],
  [atomic + 0x17, 'ii', '', 'i32.atomic.store:2'],
  [atomic + 0x18, 'il', '', 'i64.atomic.store:3'],
  [atomic + 0x1e, 'ii', 'i', 'i32.atomic.rmw.add:2'],
  [atomic + 0x48, 'iii', 'i', 'i32.atomic.rmw.cmpxchg:2'],
  [atomic + 0x49, 'ill', 'l', 'i64.atomic.rmw.cmpxchg:3'],
];

const memoryLanes: readonly Rows[] = [
  [simd + 84, 'iv', 'v', 'v128.load8_lane:0 v128.load16_lane:1 v128.load32_lane:2 v128.load64_lane:3'],
  [simd + 88, 'iv', '', 'v128.store8_lane:0 v128.store16_lane:1 v128.store32_lane:2 v128.store64_lane:3'],
];

const lanes: readonly Rows[] = [
  [simd + 27, 'v', 'i', 'i32x4.extract_lane'],
  [simd + 28, 'vi', 'v', 'i32x4.replace_lane'],
  [simd + 29, 'v', 'l', 'i64x2.extract_lane'],
  [simd + 30, 'vl', 'v', 'i64x2.replace_lane'],
  [simd + 31, 'v', 'f', 'f32x4.extract_lane'],
  [simd + 32, 'vf', 'v', 'f32x4.replace_lane'],
  [simd + 33, 'v', 'd', 'f64x2.extract_lane'],
  [simd + 34, 'vd', 'v', 'f64x2.replace_lane'],
];

const prefixTypes: Readonly<Record<string, ValueType>> = { i32: 'i', i64: 'l', f32: 'f', f64: 'd' };

/** Loads and stores say their type in their name. */
function accessTypes(name: string, takes: string, gives: string): readonly [string, string] {
  if (gives !== '' || takes.length > 1) return [takes, gives];
  const type = prefixTypes[name.split('.')[0]!] ?? 'v';
  return name.includes('.store') ? [takes + type, gives] : [takes, type];
}

function read(): ReadonlyMap<string, Instruction> {
  const table = new Map<string, Instruction>();
  const groups: readonly (readonly [Immediate, readonly Rows[]])[] = [
    ['none', plain],
    ['memory', memory],
    ['memoryLane', memoryLanes],
    ['lane', lanes],
  ];
  for (const [immediate, rows] of groups) {
    for (const [first, takes, gives, names] of rows) {
      names.split(' ').forEach((entry, i) => {
        const [name, align] = entry.split(':') as [string, string?];
        if (name === '-') return;
        const [taken, given] = immediate === 'memory' ? accessTypes(name, takes, gives) : [takes, gives];
        table.set(name, {
          code: first + i,
          takes: taken,
          gives: given,
          immediate,
          align: Number(align ?? 0),
        });
      });
    }
  }
  return table;
}

let table: ReadonlyMap<string, Instruction> | undefined;
/** All instructions by name, except those that shape control flow or name a local, a function or a constant. */
export const instructions = (): ReadonlyMap<string, Instruction> => (table ??= read());
