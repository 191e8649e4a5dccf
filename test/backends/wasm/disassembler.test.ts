/** The disassembler: its text assembles, by wabt, to the bytes it was made of. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instructions, ModuleBuilder, type Code } from '../../../src/backends/wasm/assembler/index.js';
import { disassemble } from '../../../src/backends/wasm/disassembler/index.js';
import { assembleText, codeSection, moduleOf } from './harness.js';

/** Gives the text, once wabt has made the same code of it. */
function roundTrip(bytes: Uint8Array): string {
  const text = disassemble(bytes);
  expect(codeSection(assembleText(text))).toEqual(codeSection(bytes));
  return text;
}

describe('disassembler', () => {
  it('every instruction', () => {
    const builder = new ModuleBuilder({ relaxed: true, shared: true });
    for (const [name, { takes, gives, immediate }] of instructions()) {
      const { code } = builder.function(name, takes, gives);
      for (const param of code.params) code.get(param);
      if (immediate === 'none') code.op(name);
      else if (immediate === 'memory') code.memory(name, 70000);
      else if (immediate === 'memoryLane') code.memoryLane(name, 0, 1);
      else code.lane(name, 1);
    }
    const text = roundTrip(builder.encode());
    for (const name of instructions().keys()) expect(text).toContain(`(${name}`);
    expect(text).toContain('(import "env" "memory" (memory 1 65536 shared))');
    expect(text).toContain('(i32.store offset=70000 align=1 (local.get $p0) (local.get $p1))');
    expect(text).toContain('(v128.store16_lane align=1 1 (local.get $p0) (local.get $p1))');
  });

  it('folds expressions, indents blocks, names labels', () => {
    const bytes = moduleOf('i', 'i', (code) => {
      const sum = code.local('i');
      code.i32(0).set(sum);
      code.count(0, code.params[0]!, 4, (i) => {
        code.get(sum).get(i).memory('i32.load', 16).op('i32.add').set(sum);
      });
      code.get(sum);
    });
    expect(roundTrip(bytes)).toBe(`(module
  (import "env" "memory" (memory 1 65536))

  (func $f (export "f") (param $p0 i32) (result i32)
    (local $i1 i32) (local $i2 i32)
    (local.set $i1 (i32.const 0))
    (if $if1 (i32.lt_s (local.tee $i2 (i32.const 0)) (local.get $p0))
      (then
        (loop $loop2
          (local.set $i1 (i32.add (local.get $i1) (i32.load offset=16 align=1 (local.get $i2))))
          (br_if $loop2 (i32.lt_s (local.tee $i2 (i32.add (local.get $i2) (i32.const 4))) (local.get $p0))))))
    (local.get $i1)))
`);
  });

  it('everything that is not in the table', () => {
    const builder = new ModuleBuilder({ relaxed: false, shared: false });
    const imported = builder.import('a "name"\n', 'if', 'l');
    const empty = builder.function('nothing', '');
    const { code } = builder.function('kernel 1: é', 'iv', 'l');
    const [n, v] = code.params as [(typeof code.params)[0], (typeof code.params)[0]];
    const half = code.vector('f32', 0.5);
    const out = code.block('l');
    code.get(n).if();
    code.i64(-5n).br(out);
    code.drop().else();
    code.call(empty).end();
    code
      .get(v)
      .get(half)
      .get(n)
      .select('v')
      .get(v)
      .shuffle([...Array(16).keys()])
      .drop();
    code.i32(1).i32(2).i32(3).copyMemory();
    code.i32(1).i32(2).i32(3).fillMemory();
    code.get(n).if('l');
    code
      .i64(1n << 62n)
      .else()
      .get(n)
      .f32(0.1)
      .call(imported)
      .end();
    code.get(n).brIf(out);
    // A statement between the operands and their instruction.
    code.i64(2n).i32(7).set(n).op('i64.add').f64(1e100).drop();
    code.end();
    builder.export('run', { index: 2, name: '', takes: '', gives: '' });
    const text = roundTrip(builder.encode());
    expect(text).toContain(
      '(import "env" "a \\22name\\22\\0a" (func $a__name__ (param i32 f32) (result i64)))',
    );
    expect(text).toContain('(func $kernel_1:__ (export "run") (param $p0 i32) (param $p1 v128) (result i64)');
    expect(text).toContain('(br $block1 (i64.const -5))');
    expect(text).toContain('(call $nothing)');
    expect(text).toContain('(select (result v128) (local.get $p1) (local.get $v2) (local.get $p0))');
    expect(text).toContain('(memory.copy (i32.const 1) (i32.const 2) (i32.const 3))');
  });

  it('comments stand above their function, names stay apart', () => {
    const builder = new ModuleBuilder({ relaxed: false, shared: false });
    for (let i = 0; i < 3; i++) builder.function('same', '');
    builder.function('other', '');
    const text = disassemble(builder.encode(), new Map([['other', ['exp, add', 'model.ts:3\n(:4)']]]));
    expect(text).toBe(`(module
  (import "env" "memory" (memory 1 65536))

  (func $same)

  (func $same_1)

  (func $same_2)

  ;; exp, add
  ;; model.ts:3
  ;; (:4)
  (func $other))
`);
    assembleText(text);
  });

  it('scalar constants of any bits', () => {
    const bits = new DataView(new ArrayBuffer(8));
    const special = fc.constantFrom(0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0x3f800000);
    const word = fc.oneof(fc.nat(0xffffffff), special);
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word), { minLength: 1, maxLength: 40 }), (words) => {
        const bytes = moduleOf('', '', (code) => {
          for (const [low, high] of words) {
            bits.setUint32(0, low, true);
            bits.setUint32(4, high, true);
            code.f32(bits.getFloat32(0, true)).drop().f64(bits.getFloat64(0, true)).drop();
            code.i32(low).drop().i64(bits.getBigInt64(0, true)).drop();
          }
        });
        roundTrip(bytes);
      }),
    );
  });

  it('vector constants of any bits', () => {
    const word = fc.oneof(
      fc.nat(0xffffffff),
      fc.constantFrom(0, 0x7fc00000, 0x7f800001, 0xffffffff),
      fc.nat(9),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word, word, word), { minLength: 1 }), (vectors) => {
        roundTrip(
          moduleOf('', '', (code) => {
            for (const lanes of vectors) code.vector('i32', ...lanes);
          }),
        );
      }),
    );
  });

  it.each([
    ['f32x4 0 0 0 0', (code: Code) => code.vector('f32', 0)],
    ['f32x4 1.5 1.5 1.5 1.5', (code: Code) => code.vector('f32', 1.5)],
    ['f32x4 0.1 2 -3 1e-7', (code: Code) => code.vector('f32', 0.1, 2, -3, 1e-7)],
    ['f32x4 inf inf inf inf', (code: Code) => code.vector('f32', Infinity)],
    ['f64x2 0.1 0.1', (code: Code) => code.vector('f64', 0.1)],
    ['f64x2 1 1', (code: Code) => code.vector('f64', 1)],
    ['i32x4 0 1 2 3', (code: Code) => code.vector('i32', 0, 1, 2, 3)],
    ['i32x4 -1 -1 -1 -1', (code: Code) => code.vector('i32', -1)],
    ['i32x4 2147483647 2147483647 2147483647 2147483647', (code: Code) => code.vector('i32', 0x7fffffff)],
    ['i64x2 -2 7', (code: Code) => code.vector('i64', -2n, 7n)],
  ])('%s', (text, write) => {
    const bytes = moduleOf('', '', (code) => void write(code));
    expect(roundTrip(bytes)).toContain(`(v128.const ${text})`);
  });
});
