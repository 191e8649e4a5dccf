/** Random nested loops with values hoisted out of them, against the same program without hoisting. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Code, Local } from '../../../src/backends/wasm/assembler/index.js';
import { moduleOf, run } from './harness.js';

const ops = {
  'i32.add': (a: number, b: number) => (a + b) | 0,
  'i32.sub': (a: number, b: number) => (a - b) | 0,
  'i32.mul': Math.imul,
  'i32.xor': (a: number, b: number) => a ^ b,
} as const;
type Op = keyof typeof ops;

/** Numbers choose among the values known at that place. */
type Statement =
  | { readonly kind: 'let'; readonly op: Op; readonly a: number; readonly b: number; readonly out: number }
  | { readonly kind: 'sum'; readonly a: number; readonly trips: number; readonly out: number }
  | { readonly kind: 'use'; readonly a: number }
  | {
      readonly kind: 'loop';
      readonly trips: number;
      readonly known: boolean;
      readonly body: readonly Statement[];
    };

const choice = fc.nat(1000);
const { block } = fc.letrec<{ block: readonly Statement[]; statement: Statement }>((tie) => ({
  block: fc.array(tie('statement'), { minLength: 1, maxLength: 6 }),
  statement: fc.oneof(
    { depthSize: 'medium', maxDepth: 6 },
    fc.record({ kind: fc.constant('use' as const), a: choice }),
    fc.record({
      kind: fc.constant('let' as const),
      op: fc.constantFrom(...(Object.keys(ops) as Op[])),
      a: choice,
      b: choice,
      out: choice,
    }),
    fc.record({ kind: fc.constant('sum' as const), a: choice, trips: fc.nat(3), out: choice }),
    fc.record({
      kind: fc.constant('loop' as const),
      trips: fc.nat(3),
      known: fc.boolean(),
      body: tie('block'),
    }),
  ),
}));

/** A value: its local, the outermost level it may be computed at, and what it is for some counters. */
interface Value {
  readonly local: Local;
  readonly level: number;
  readonly is: (counters: ReadonlyMap<number, number>) => number;
}

/** What the program does, without levels or locals. */
type Step = (state: { sum: number; readonly counters: Map<number, number> }) => void;

const mixed = (sum: number, value: number): number => (Math.imul(sum, 31) + value) | 0;

/** Writes a program, and gives what it does. */
function write(code: Code, statements: readonly Statement[], sum: Local, outer: readonly Value[]): Step[] {
  let values = [...outer];
  const pick = (n: number): Value => values[n % values.length]!;
  /** A level between the outermost possible and the one being written. */
  const between = (level: number, out: number): number => level + (out % (code.level - level + 1));
  let loops = 0;
  const block = (statements: readonly Statement[]): Step[] => statements.map(statementStep);
  const statementStep = (statement: Statement): Step => {
    switch (statement.kind) {
      case 'use': {
        const { local, is } = pick(statement.a);
        code.get(sum).i32(31).op('i32.mul').get(local).op('i32.add').set(sum);
        return (state) => (state.sum = mixed(state.sum, is(state.counters)));
      }
      case 'let': {
        const [a, b] = [pick(statement.a), pick(statement.b)];
        const level = between(Math.max(a.level, b.level), statement.out);
        const local = code.at(level, () => code.v(statement.op, a.local, b.local));
        values.push({ local, level, is: (at) => ops[statement.op](a.is(at), b.is(at)) });
        return () => undefined;
      }
      case 'sum': {
        // A whole loop is hoisted.
        const { trips } = statement;
        const a = pick(statement.a);
        const level = between(a.level, statement.out);
        const local = code.at(level, () => {
          const total = code.local('i');
          code.get(a.local).set(total);
          code.count(0, trips, 1, (i) => {
            const square = code.v('i32.mul', i, i);
            code.get(total).i32(31).op('i32.mul').get(square).op('i32.add').set(total);
          });
          return total;
        });
        const is: Value['is'] = (at) => {
          let total = a.is(at);
          for (let i = 0; i < trips; i++) total = mixed(total, i * i);
          return total;
        };
        values.push({ local, level, is });
        return () => undefined;
      }
      case 'loop': {
        const { trips } = statement;
        const loop = loops++;
        let body: Step[] = [];
        const end = statement.known ? trips : code.i32(trips).keep();
        const here = code.level;
        code.count(0, end, 1, (counter) => {
          // The counter changes in the loop: what is made of it stays in there.
          values.push({ local: counter, level: here + 1, is: (at) => at.get(loop)! });
          body = block(statement.body);
        });
        // Values of the levels that are closed now are gone; those hoisted further are still there.
        values = values.filter((value) => value.level <= here);
        return (state) => {
          for (let i = 0; i < trips; i++) {
            state.counters.set(loop, i);
            for (const step of body) step(state);
          }
        };
      }
    }
  };
  return block(statements);
}

describe('levels', () => {
  it('hoisted values and locals used again give what the plain program gives', () => {
    fc.assert(
      fc.property(block, fc.integer(), fc.integer(), (statements, p, q) => {
        let steps: Step[] = [];
        const bytes = moduleOf('ii', 'i', (code) => {
          const sum = code.local('i');
          code.i32(0).set(sum);
          const values = [p, q].map((value, i) => ({ local: code.params[i]!, level: 0, is: () => value }));
          steps = write(code, statements, sum, values);
          code.get(sum);
        });
        const state = { sum: 0, counters: new Map<number, number>() };
        for (const step of steps) step(state);
        expect(run(bytes, [p, q])).toBe(state.sum);
      }),
      { numRuns: 400 },
    );
  });

  it('puts what is hoisted ahead of the loop, and uses locals of closed levels again', () => {
    const locals: number[] = [];
    moduleOf('i', '', (code) => {
      for (let i = 0; i < 3; i++)
        code.count(0, 4, 1, (counter) => locals.push(code.v('i32.mul', counter, counter).index));
    });
    expect(new Set(locals).size).toBe(1);
  });

  it('a local of a loop closed inside an open level is not used ahead of that level', () => {
    // 3 is computed ahead of everything, although the loop that was closed before would overwrite a local of its own.
    const bytes = moduleOf('i', 'i', (code) => {
      const sum = code.local('i');
      code.i32(0).set(sum);
      code.count(0, 2, 1, () => {
        code.count(0, 2, 1, (j) => void code.v('i32.add', j, j));
        const three = code.at(0, () => code.get(code.params[0]!).i32(1).op('i32.add').keep());
        code.get(sum).get(three).op('i32.add').set(sum);
      });
      code.get(sum);
    });
    expect(run(bytes, [2])).toBe(6);
  });
});
