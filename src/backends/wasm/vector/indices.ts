/** Indices that a kernel has read or computed: each is looked at before anything is accessed through it. */
import type { IndexExpr, Indirect } from '../../../loops/index.js';
import type { Local } from '../assembler/index.js';
import { extract } from './access.js';
import { cast } from './convert.js';
import type { KernelCode } from './kernel-code.js';
import { valueOf, type Value } from './value.js';

/** What a section knows of its values. */
export interface Known {
  value(id: number): Value;
  levelOf(id: number): number;
  /** Whether lanes may differ. */
  varies(id: number): boolean;
  /** Where it was read. */
  placeOf(id: number): IndexExpr;
}

export interface Found {
  /** Lanes that are inside. */
  readonly mask: Local | undefined;
  /** 0: all lanes have the same indices. */
  readonly step: 0 | undefined;
  readonly first: (bytes: number, pointer: Local) => Local;
  readonly add: (lane: number, bytes: number) => void;
}

/**
 * Looks at loaded indices: reports those out of bounds and gives the lanes that are inside. `first` is an address with
 * the indices of the first lane added, when all lanes have the same; `add` adds those of one lane to the address on the stack.
 * Indices outside count as 0.
 */
export function lookAt(
  k: KernelCode,
  indirect: readonly Indirect[],
  given: Local | undefined,
  known: Known,
): Found {
  const { c } = k;
  const uniform = !given && indirect.every(({ id }) => !known.varies(id));
  const level = given ? c.level : Math.max(...indirect.map(({ id }) => known.levelOf(id)));
  const valid = uniform ? 1 : (k.lanes?.valid ?? 1);
  const checked = indirect.map((each) =>
    check(k, known, each, given, given ? level : known.levelOf(each.id), valid),
  );
  const mask = checked.reduce<Local | undefined>(
    (all, { inside }) =>
      all
        ? k.memo(
            level,
            `inside ${all.index} ${inside.index}`,
            () => void c.get(all).get(inside).op('v128.and'),
          )
        : inside,
    undefined,
  );
  return {
    mask,
    step: uniform ? 0 : undefined,
    first: (bytes, pointer) =>
      checked.reduce(
        (sum, { numbers }, i) =>
          k.memo(level, `row ${sum.index} ${numbers[0]!.index} ${indirect[i]!.coeff * bytes}`, () => {
            c.get(sum)
              .get(numbers[0]!)
              .i32(indirect[i]!.coeff * bytes)
              .op('i32.mul')
              .op('i32.add');
          }),
        pointer,
      ),
    add: (lane, bytes) =>
      checked.forEach(({ numbers }, i) => {
        const number = numbers[valid === 1 ? 0 : lane]!;
        c.get(number)
          .i32(indirect[i]!.coeff * bytes)
          .op('i32.mul')
          .op('i32.add');
      }),
  };
}

/** One loaded index in each lane, 0 where it is outside, and which lanes are inside. */
function check(
  k: KernelCode,
  known: Known,
  { id, bound, check: number }: Indirect,
  given: Local | undefined,
  level: number,
  valid: number,
): { inside: Local; numbers: readonly Local[] } {
  const { c } = k;
  const value = known.value(id);
  const numbers: Local[] = [];
  const make = (): void => {
    const small = cast(c, value, 'int32').parts[0]!;
    let within = c.v('i32x4.lt_u', small, c.vector('i32', bound));
    if (value.dtype === 'int64') {
      const back = cast(c, valueOf('int32', [small]), 'int64');
      const equal = back.parts.map((part, i) => c.v('i64x2.eq', part, value.parts[i]!));
      within = c.v('v128.and', within, cast(c, valueOf('int64', equal), 'bool').parts[0]!);
    }
    const positions = positionsOf(k, known.placeOf(id), valid);
    const inside = given ? c.v('v128.and', within, given) : within;
    for (let lane = 0; lane < valid; lane++) {
      c.get(within).lane('i32x4.extract_lane', lane).op('i32.eqz');
      if (given) c.get(given).lane('i32x4.extract_lane', lane).op('i32.and');
      c.if();
      c.get(k.failure).i32(number);
      extract(c, valueOf('int32', [small]), lane);
      c.get(positions[lane] ?? positions[0]!).call(k.library.function('report'));
      c.end();
      numbers[lane] = c
        .get(c.v('v128.and', small, inside))
        .lane('i32x4.extract_lane', lane)
        .keep();
    }
    c.get(inside);
  };
  if (given || level === c.level) {
    make();
    return { inside: c.keep(), numbers };
  }
  const key = `check ${value.parts[0]!.index} ${number}`;
  const inside = k.memo(level, key, make);
  const all = Array.from({ length: valid }, (_, lane) =>
    k.memo(level, `${key} lane ${lane}`, () => void c.get(numbers[lane]!)),
  );
  return { inside, numbers: all };
}

/** Where an index was read: its place in the array of indices. */
function positionsOf(k: KernelCode, place: IndexExpr, valid: number): Local[] {
  if (valid === 1) return [k.materialise(k.index(place))];
  return k.perLane(place).map((operand) => k.materialise(operand));
}
