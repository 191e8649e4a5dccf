/** The assembler against wabt and the engine: every instruction, encodings, checks, levels. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instructions, type Code, type Local } from '../../../src/backends/wasm/assembler/index.js';
import { signed, signed64, unsigned } from '../../../src/backends/wasm/assembler/bytes.js';
import { InternalError } from '../../../src/core/index.js';
import { engine, moduleOf, run, wabtInstructions } from './harness.js';

/** Writes an instruction of the table, its operands taken from the parameters. */
function emit(code: Code, name: string): void {
  for (const param of code.params) code.get(param);
  const { immediate } = instructions().get(name)!;
  if (immediate === 'none') code.op(name);
  else if (immediate === 'memory') code.memory(name, 8);
  else if (immediate === 'memoryLane') code.memoryLane(name, 8, 1);
  else code.lane(name, 1);
}

describe('the instruction table', () => {
  it.each([...instructions()])('%s', (name, { takes, gives, immediate, align }) => {
    const bytes = moduleOf(takes, gives, (code) => emit(code, name), { relaxed: true, shared: true });
    expect(engine.validate(bytes)).toBe(true);
    // wabt leaves the alignment out where it is the natural one: atomic accesses alone say that.
    const aligned = align === 0 || name.includes('atomic') ? '' : ' align=1';
    const immediates = {
      none: '',
      memory: ` offset=8${aligned}`,
      memoryLane: ` offset=8${aligned} 1`,
      lane: ' 1',
    };
    expect(wabtInstructions(bytes).at(-1)).toBe(name + immediates[immediate]);
  });

  it('says the natural alignment of every access', () => {
    // The engine and wabt refuse an alignment above the natural one, and atomic accesses any other.
    for (const [name, { immediate, takes, gives, align }] of instructions()) {
      if (!immediate.startsWith('memory') || name.includes('atomic')) continue;
      const bytes = moduleOf(takes, gives, (code) => emit(code, name));
      // The alignment stands before the offset, the lane and the function's end; the name section has 13 bytes.
      const at = bytes.length - 13 - 1 - (immediate === 'memoryLane' ? 1 : 0) - 2;
      expect([name, ...bytes.slice(at, at + 2)]).toEqual([name, 0, 8]);
      for (const [by, valid] of [
        [align, true],
        [align + 1, false],
      ] as const) {
        const changed = Uint8Array.from(bytes);
        changed[at] = by;
        expect([name, by, engine.validate(changed)]).toEqual([name, by, valid]);
      }
    }
  });
});

describe('instructions outside the table', () => {
  it('constants', () => {
    const values = [0, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, 0x7fffffff, -0x80000000, 0xffffffff];
    for (const value of values) expect(run(moduleOf('', 'i', (code) => code.i32(value)))).toBe(value | 0);
    for (const shift of [0n, 6n, 7n, 31n, 32n, 53n, 62n, 63n])
      for (const value of [1n << shift, -(1n << shift), (1n << shift) - 1n])
        expect(run(moduleOf('', 'l', (code) => code.i64(value)))).toBe(BigInt.asIntN(64, value));
    for (const value of [0, -0, 1.5, -1e-300, 5e-324, Infinity, NaN]) {
      expect(run(moduleOf('', 'd', (code) => code.f64(value)))).toBe(value);
      expect(run(moduleOf('', 'f', (code) => code.f32(value)))).toBe(Math.fround(value));
    }
  });

  it('vector constants of every lane type, set once', () => {
    const lanes = moduleOf('', 'v', (code) => {
      const half = code.vector('f32', 0.5);
      expect(code.vector('f32', 0.5, 0.5, 0.5, 0.5)).toBe(half);
      code.vector('f64', 1, -2);
      code.vector('i32', 1, -2, 3, -4);
      code.vector('i64', 1n, -2n);
      expect(code.vector('f32', -0)).not.toBe(code.vector('f32', 0));
      code.get(half);
    });
    expect(wabtInstructions(lanes).filter((line) => line.startsWith('v128.const'))).toEqual([
      'v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000',
      'v128.const i32x4 0x00000000 0x3ff00000 0x00000000 0xc0000000',
      'v128.const i32x4 0x00000001 0xfffffffe 0x00000003 0xfffffffc',
      'v128.const i32x4 0x00000001 0x00000000 0xfffffffe 0xffffffff',
      'v128.const i32x4 0x80000000 0x80000000 0x80000000 0x80000000',
      'v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000',
    ]);
  });

  it('i8x16.shuffle', () => {
    const order = [0, 17, 2, 19, 4, 21, 6, 23, 8, 25, 10, 27, 12, 29, 14, 31];
    const bytes = moduleOf('vv', 'v', (code) => {
      code.get(code.params[0]!).get(code.params[1]!).shuffle(order);
    });
    expect(wabtInstructions(bytes).at(-1)).toBe(`i8x16.shuffle ${order.join(' ')}`);
  });

  it.each(['i', 'l', 'f', 'd'] as const)('select of %s', (type) => {
    const bytes = moduleOf(`${type}${type}i`, type, (code) => {
      for (const param of code.params) code.get(param);
      code.select(type);
    });
    const [a, b] = type === 'l' ? [3n, 4n] : [3, 4];
    expect([run(bytes, [a, b, 1]), run(bytes, [a, b, 0])]).toEqual([a, b]);
  });

  it('select of v128', () => {
    const bytes = moduleOf('i', 'i', (code) => {
      const [a, b] = [code.vector('i32', 3), code.vector('i32', 4)];
      code.get(a).get(b).get(code.params[0]!).select('v').lane('i32x4.extract_lane', 2);
    });
    expect([run(bytes, [1]), run(bytes, [0])]).toEqual([3, 4]);
    expect(wabtInstructions(bytes)).toContain('select (result v128)');
  });

  it('memory.copy and memory.fill', () => {
    const memory = new engine.Memory({ initial: 1, maximum: 65536 });
    const bytes = moduleOf('', '', (code) => {
      code.i32(4).i32(7).i32(3).fillMemory();
      code.i32(5).i32(3).i32(4).copyMemory();
    });
    run(bytes, [], memory);
    expect([...new Uint8Array(memory.buffer, 0, 11)]).toEqual([0, 0, 0, 0, 7, 0, 7, 7, 7, 0, 0]);
  });

  it('drop, memory accesses at large offsets', () => {
    const bytes = moduleOf('', 'i', (code) => {
      code.f64(1).drop();
      code.i32(4).i32(42).memory('i32.store', 65528);
      code.i32(65532).memory('i32.load');
    });
    expect(run(bytes)).toBe(42);
    expect(wabtInstructions(bytes)).toContain('i32.store offset=65528 align=1');
  });
});

describe('LEB128', () => {
  /** By the definition: seven bits a byte, least first. */
  function decode(bytes: readonly number[], isSigned: boolean): bigint {
    const value = bytes.reduce((sum, byte, i) => sum + (BigInt(byte % 128) << BigInt(7 * i)), 0n);
    return isSigned ? BigInt.asIntN(7 * bytes.length, value) : value;
  }
  const written = <T>(write: (into: number[], value: T) => void, value: T): number[] => {
    const bytes: number[] = [];
    write(bytes, value);
    bytes.forEach((byte, i) => expect(byte >= 128).toBe(i < bytes.length - 1));
    return bytes;
  };

  it('examples of the DWARF standard', () => {
    expect([2, 127, 128, 129, 12857].map((value) => written(unsigned, value))).toEqual([
      [2],
      [127],
      [0x80, 1],
      [0x81, 1],
      [0xb9, 0x64],
    ]);
    expect([2, -2, 127, -127, 128, -128, 129, -129].map((value) => written(signed, value))).toEqual([
      [2],
      [0x7e],
      [0xff, 0],
      [0x81, 0x7f],
      [0x80, 1],
      [0x80, 0x7f],
      [0x81, 1],
      [0xff, 0x7e],
    ]);
  });

  it('any value', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (value) => {
        expect(decode(written(unsigned, value), false)).toBe(BigInt(value));
      }),
    );
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(decode(written(signed, value), true)).toBe(BigInt(value));
      }),
    );
    fc.assert(
      fc.property(fc.bigInt(-(1n << 63n), (1n << 63n) - 1n), (value) => {
        expect(decode(written(signed64, value), true)).toBe(value);
      }),
    );
  });

  it('refuses what is no unsigned 32-bit number', () => {
    for (const value of [-1, 2 ** 32, NaN]) expect(() => unsigned([], value)).toThrow(InternalError);
  });
});

describe('control flow', () => {
  it('branches through levels to every label', () => {
    // A chain of blocks, each in a level of its own; the parameter says how many to leave.
    const bytes = moduleOf('i', 'i', (code) => {
      const result = code.local('i');
      const labels: number[] = [];
      for (let i = 0; i < 4; i++) {
        labels.push(code.block());
        code.openLevel();
      }
      code.i32(4).set(result);
      labels.forEach((label, i) => code.get(code.params[0]!).i32(i).op('i32.eq').brIf(label));
      for (let i = 3; i >= 0; i--) {
        code.closeLevel();
        code.end();
        // What follows block i runs unless a block around it was left.
        code.get(result).i32(10).op('i32.mul').i32(i).op('i32.add').set(result);
      }
      code.get(result);
    });
    expect([0, 1, 2, 3, 9].map((leave) => run(bytes, [leave]))).toEqual([40, 410, 4210, 43210, 43210]);
  });

  it('br leaves a loop and the function, with values', () => {
    const bytes = moduleOf('i', 'i', (code) => {
      const n = code.params[0]!;
      const found = code.block('i');
      const again = code.loop();
      code.get(n).i32(100).op('i32.gt_s').if();
      code.get(n).br(0);
      code.drop().end();
      code.get(n).get(n).i32(7).op('i32.rem_s').op('i32.eqz').brIf(found).drop();
      code.get(n).i32(1).op('i32.add').set(n);
      code.br(again).end();
      code.op('unreachable').i32(0).end();
      code.i32(1000).op('i32.add');
    });
    expect([1, 7, 8, 99, 101].map((n) => run(bytes, [n]))).toEqual([1007, 1007, 1014, 101, 101]);
  });

  it('if and else give a value', () => {
    const bytes = moduleOf('i', 'f', (code) => {
      code.get(code.params[0]!).if('f');
      code.f32(1).else().f32(2).end();
    });
    expect([run(bytes, [5]), run(bytes, [0])]).toEqual([1, 2]);
  });

  it.each([
    [0, 5, 1],
    [5, 5, 1],
    [7, 5, 1],
    [0, 7, 3],
    [4, 0, -1],
    [6, 0, -2],
    [-1, 0, -1],
  ])('count from %i to %i by %i', (start, end, step) => {
    let expected = 0;
    for (let i = start; step > 0 ? i < end : i >= end; i += step) expected = expected * 10 + i + 1;
    const write = (from: (code: Code) => number | Local, to: (code: Code) => number | Local) =>
      moduleOf('ii', 'i', (code) => {
        const sum = code.local('i');
        code.i32(0).set(sum);
        code.count(from(code), to(code), step, (i) => {
          code.get(sum).i32(10).op('i32.mul').get(i).op('i32.add').i32(1).op('i32.add').set(sum);
        });
        code.get(sum);
      });
    const known = write(
      () => start,
      () => end,
    );
    const given = write(
      (code) => code.params[0]!,
      (code) => code.params[1]!,
    );
    expect(run(known)).toBe(expected);
    expect(run(given, [start, end])).toBe(expected);
  });
});

describe('peephole', () => {
  it('a set and a get of the same local become a tee', () => {
    const bytes = moduleOf('i', 'i', (code) => {
      const x = code.local('i');
      code.get(code.params[0]!).set(x).get(x).get(x).op('i32.mul');
    });
    expect(wabtInstructions(bytes)).toEqual(['local.get 0', 'local.tee 1', 'local.get 1', 'i32.mul']);
    expect(run(bytes, [7])).toBe(49);
  });

  it('not across a branch target, a level or another instruction', () => {
    const bytes = moduleOf('i', 'i', (code) => {
      const [n, x] = [code.params[0]!, code.local('i')];
      code.block();
      code.i32(1).set(x).end().get(x).set(n);
      code.i32(2).set(x).loop();
      code.get(x).drop().end();
      code.i32(3).set(x);
      code.openLevel();
      code.get(x).set(n);
      code.closeLevel();
      code.get(n);
    });
    expect(wabtInstructions(bytes).filter((line) => line.includes('tee'))).toEqual([]);
    expect(run(bytes, [0])).toBe(3);
  });
});

describe('checks', () => {
  const f =
    (write: (code: Code) => void, gives = '') =>
    () =>
      moduleOf('ifv', gives, write);
  const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['an operand of another type', f((c) => c.i32(1).f32(1).op('i32.add')), /f: i32\.add expects i/],
    ['a missing operand', f((c) => c.i32(1).op('i32.add')), /f: i32\.add expects i and finds nothing/],
    ['an operand of a block around', f((c) => (c.i32(1), c.block(), c.op('i32.eqz'))), /f: i32\.eqz/],
    ['an operand of a level around', f((c) => (c.i32(1), c.openLevel(), c.op('i32.eqz'))), /f: i32\.eqz/],
    ['a set of another type', f((c) => c.i32(1).set(c.params[1]!)), /f: local\.set expects f and finds i/],
    ['a store of another type', f((c) => c.i32(1).f32(1).memory('i32.store')), /f: i32\.store/],
    ['other immediates', f((c) => c.i32(1).op('i32.load')), /f: i32\.load takes other immediates/],
    ['no such instruction', f((c) => c.op('i32.nothing')), /f: there is no instruction i32\.nothing/],
    ['no such lane', f((c) => c.get(c.params[2]!).lane('f32x4.extract_lane', 4)), /f: f32x4\.extract_lane/],
    [
      'no such stored lane',
      f((c) => c.i32(0).get(c.params[2]!).memoryLane('v128.store64_lane', 0, 2)),
      /store64_lane/,
    ],
    [
      'no such shuffled lane',
      f((c) => c.get(c.params[2]!).get(c.params[2]!).shuffle(Array(16).fill(32))),
      /shuffle/,
    ],
    ['select of two types', f((c) => c.i32(1).f32(1).i32(1).select('i')), /f: select/],
    ['a condition that is no i32', f((c) => c.f32(1).if()), /f: if expects i/],
    ['a branch without its condition', f((c) => c.brIf(c.block())), /f: br_if expects i/],
    ['a branch without its value', f((c) => c.br(c.block('i'))), /f: br expects i/],
    ['a branch to a closed block', f((c) => ((l) => c.end().br(l))(c.block())), /f: br to a block/],
    ['values left in a block', f((c) => (c.block(), c.i32(1).end())), /f: end leaves values/],
    ['a block without its value', f((c) => (c.block('i'), c.end())), /f: end expects i/],
    ['an if with a value and no else', f((c) => (c.i32(1).if('i'), c.i32(1).end())), /f: end of an if/],
    ['else without if', f((c) => (c.block(), c.else())), /f: else/],
    ['two elses', f((c) => (c.i32(1).if(), c.else().else())), /f: else/],
    ['end without a block', f((c) => c.end()), /f: end without a block/],
    ['a missing end', f((c) => c.block()), /f: end is missing/],
    ['a missing result', f(() => undefined, 'i'), /f: end expects i and finds nothing/],
    ['a result of another type', f((c) => c.f32(1), 'i'), /f: end expects i and finds f/],
    ['values left at the end', f((c) => c.i32(1)), /f: end leaves values/],
    ['nothing to drop', f((c) => c.drop()), /f: nothing to drop/],
    ['nothing to keep', f((c) => c.keep()), /f: nothing to keep/],
    ['a level left open', f((c) => c.openLevel()), /f: end is missing/],
    ['a level closed with values', f((c) => (c.openLevel(), c.i32(1), c.closeLevel())), /f: open level/],
    ['no level to close', f((c) => c.closeLevel()), /f: open level/],
    ['hoisted code that leaves a value', f((c) => c.at(0, () => c.i32(1))), /f: code at level 0/],
    ['no such level', f((c) => c.at(1, () => 0)), /f: level 1 is not around/],
    ['a local of another function', f((c) => c.get({ index: 9, type: 'i', level: 0 })), /f: local\.get/],
  ];
  it.each(cases)('%s', (_, write, message) => {
    expect(write).toThrow(InternalError);
    expect(write).toThrow(message);
  });
});
