/**
 * Integer operations that have no vector instruction, lane by lane. All are total: division by 0 gives 0, the least
 * number divided by -1 wraps, a shift by the width or more gives what shifting out all bits gives.
 */
import type { Code, Local } from '../assembler/index.js';
import type { LibraryFunction } from './index.js';

export type IntegerName =
  | `${'div' | 'rem'}${'32s' | '32u' | '64'}`
  | `pow${'32s' | '32u' | '64'}`
  | `${'shl' | 'shr'}64`
  | 'shl32'
  | `shr32${'s' | 'u'}`;

type Scalar = (c: Code, x: Local, y: Local, width: Local | undefined) => void;

/** (vector, vector[, i32]) to vector, each lane through `scalar`, which leaves its result on the stack. */
const lanewise = (type: 'i32' | 'i64', extra: '' | 'i', scalar: Scalar): LibraryFunction => ({
  takes: `vv${extra}`,
  gives: 'v',
  emit: (c) => {
    const [a, b, width] = c.params as [Local, Local, Local?];
    const lanes = type === 'i32' ? 4 : 2;
    const kind = `${type}x${lanes}` as const;
    const out = c.local('v');
    const [x, y] = [c.local(type === 'i32' ? 'i' : 'l'), c.local(type === 'i32' ? 'i' : 'l')];
    for (let lane = 0; lane < lanes; lane++) {
      c.get(a).lane(`${kind}.extract_lane`, lane).set(x);
      c.get(b).lane(`${kind}.extract_lane`, lane).set(y);
      c.get(lane === 0 ? a : out);
      scalar(c, x, y, width);
      c.lane(`${kind}.replace_lane`, lane).set(out);
    }
    c.get(out);
  },
});

const zero = (c: Code, type: 'i32' | 'i64'): Code => (type === 'i32' ? c.i32(0) : c.i64(0n));
const minusOne = (c: Code, type: 'i32' | 'i64'): Code => (type === 'i32' ? c.i32(-1) : c.i64(-1n));
const letter = { i32: 'i', i64: 'l' } as const;

const divide =
  (type: 'i32' | 'i64', name: 'div' | 'rem', sign: 's' | 'u'): Scalar =>
  (c, x, y) => {
    c.get(y).op(`${type}.eqz`).if(letter[type]);
    zero(c, type);
    c.else();
    if (sign === 's') {
      minusOne(c.get(y), type).op(`${type}.eq`).if(letter[type]);
      zero(c, type);
      if (name === 'div') c.get(x).op(`${type}.sub`);
      c.else();
    }
    c.get(x).get(y).op(`${type}.${name}_${sign}`);
    if (sign === 's') c.end();
    c.end();
  };

/** By squaring; a negative exponent gives the truncated reciprocal. */
const power =
  (type: 'i32' | 'i64', sign: 's' | 'u'): Scalar =>
  (c, x, y) => {
    const result = c.local(letter[type]);
    const one = (): Code => (type === 'i32' ? c.i32(1) : c.i64(1n));
    one().set(result);
    zero(c.get(y), type).op(`${type}.lt_${sign}`).if();
    // Only 1 and -1 have a reciprocal that is not cut to 0.
    minusOne(c.get(x), type).op(`${type}.eq`).if();
    one();
    c.get(y);
    one().op(`${type}.and`);
    one().op(`${type}.shl`).op(`${type}.sub`).set(result);
    c.else();
    zero(c, type);
    one();
    c.get(x);
    one().op(`${type}.ne`).select(letter[type]);
    c.set(result).end();
    c.else();
    c.block();
    const out = c.loop() - 1;
    c.get(y).op(`${type}.eqz`).brIf(out);
    c.get(result);
    c.get(x);
    one();
    c.get(y);
    one().op(`${type}.and`);
    if (type === 'i64') c.op('i32.wrap_i64');
    c.select(letter[type]).op(`${type}.mul`).set(result);
    c.get(x).get(x).op(`${type}.mul`).set(x);
    c.get(y);
    one().op(`${type}.shr_u`).set(y);
    c.br(out + 1);
    c.end().end().end();
    c.get(result);
  };

/** Shift amounts are compared as unsigned numbers: negative ones are too large. */
const shift32 =
  (name: 'shl' | 'shr_s' | 'shr_u'): Scalar =>
  (c, x, y, width) => {
    c.get(x).get(y).op(`i32.${name}`);
    if (name === 'shr_s') c.get(x).i32(31).op('i32.shr_s');
    else c.i32(0);
    c.get(y).get(width!).op('i32.lt_u').select('i');
  };
const shift64 =
  (name: 'shl' | 'shr_s'): Scalar =>
  (c, x, y) => {
    c.get(x).get(y).op(`i64.${name}`);
    if (name === 'shr_s') c.get(x).i64(63n).op('i64.shr_s');
    else c.i64(0n);
    c.get(y).i64(64n).op('i64.lt_u').select('l');
  };

export const integerFunctions: Readonly<Record<IntegerName, LibraryFunction>> = {
  div32s: lanewise('i32', '', divide('i32', 'div', 's')),
  div32u: lanewise('i32', '', divide('i32', 'div', 'u')),
  rem32s: lanewise('i32', '', divide('i32', 'rem', 's')),
  rem32u: lanewise('i32', '', divide('i32', 'rem', 'u')),
  div64: lanewise('i64', '', divide('i64', 'div', 's')),
  rem64: lanewise('i64', '', divide('i64', 'rem', 's')),
  pow32s: lanewise('i32', '', power('i32', 's')),
  pow32u: lanewise('i32', '', power('i32', 'u')),
  pow64: lanewise('i64', '', power('i64', 's')),
  shl32: lanewise('i32', 'i', shift32('shl')),
  shr32s: lanewise('i32', 'i', shift32('shr_s')),
  shr32u: lanewise('i32', 'i', shift32('shr_u')),
  shl64: lanewise('i64', '', shift64('shl')),
  shr64: lanewise('i64', '', shift64('shr_s')),
};
