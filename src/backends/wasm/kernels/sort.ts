/**
 * Sorting along the middle of [outer, size, inner]: each line's keys are made int64 numbers of the same order, sorted by
 * position, and what was asked for is written back.
 */
import { dtypes, isFloat, type DType } from '../../../core/index.js';
import type { OpaqueNest } from '../../../loops/index.js';
import type { Code, Local } from '../assembler/index.js';
import type { Library } from '../library/index.js';
import { loadSplat } from '../vector/access.js';
import { cast } from '../vector/convert.js';
import { KernelCode } from '../vector/kernel-code.js';
import { simpleLaunch, threadWork, type Launch } from './launch.js';

/** Leaves the key of the element at `address` on the stack: greater numbers have greater keys, and NaN the greatest. */
function key(c: Code, address: Local, dtype: DType, descending: boolean): void {
  const value = loadSplat(c, { local: address, offset: 0 }, dtype);
  if (!isFloat(dtype)) c.get(cast(c, value, 'int64').parts[0]!).lane('i64x2.extract_lane', 0);
  else {
    const [wide] = cast(c, value, 'float64').parts as [Local];
    // The bits of a positive number grow with it; those of a negative one shrink. Adding 0 makes -0 a 0.
    const bits = c
      .get(wide)
      .lane('f64x2.extract_lane', 0)
      .f64(0)
      .op('f64.add')
      .op('i64.reinterpret_f64')
      .keep();
    c.i64(2n ** 63n - 1n);
    c.get(bits).get(bits).i64(63n).op('i64.shr_s').i64(1n).op('i64.shr_u').op('i64.xor');
    c.get(wide)
      .lane('f64x2.extract_lane', 0)
      .get(wide)
      .lane('f64x2.extract_lane', 0)
      .op('f64.ne')
      .select('l');
  }
  if (descending) c.i64(-1n).op('i64.xor');
}

export function emitSort(library: Library, nest: OpaqueNest): Launch[] {
  const { outer, size, inner, descending } = nest;
  if (outer * size * inner === 0) return [];
  const k = new KernelCode(library, nest.name, nest.buffers, 'ii');
  const { c } = k;
  const from = nest.buffers[nest.input]!.dtype;
  const to = nest.buffers[nest.output]!.dtype;
  const [read, written] = [dtypes[from].bytes, dtypes[to].bytes];
  const keys = k.scratch;
  const order = c
    .get(keys)
    .i32(size * 8)
    .op('i32.add')
    .keep();
  const spare = c
    .get(order)
    .i32(size * 4)
    .op('i32.add')
    .keep();
  k.count(k.parameter(0), k.parameter(1), 1, (line) => {
    const start = c.local('i');
    if (inner === 1) c.get(line).i32(size).op('i32.mul').set(start);
    else {
      c.get(line)
        .i32(inner)
        .op('i32.div_u')
        .i32(size * inner)
        .op('i32.mul');
      c.get(line).i32(inner).op('i32.rem_u').op('i32.add').set(start);
    }
    /** Address of element `i` of the line. */
    const at = (pointer: Local, i: Local, bytes: number): Local => {
      c.get(pointer).get(start).get(i).i32(inner).op('i32.mul').op('i32.add');
      return c.i32(bytes).op('i32.mul').op('i32.add').keep();
    };
    k.count(0, size, 1, (i) => {
      c.get(order).get(i).i32(2).op('i32.shl').op('i32.add').get(i).memory('i32.store');
      const address = at(k.pointer(nest.input), i, read);
      c.get(keys).get(i).i32(3).op('i32.shl').op('i32.add');
      key(c, address, from, descending);
      c.memory('i64.store');
    });
    c.get(keys).get(order).get(spare).i32(size).call(library.function('sort'));
    k.count(0, size, 1, (i) => {
      const position = c.get(order).get(i).i32(2).op('i32.shl').op('i32.add').memory('i32.load').keep();
      const target = at(k.pointer(nest.output), i, written);
      if (nest.op === 'argsort') {
        c.get(target).get(position);
        if (to === 'int64') c.op('i64.extend_i32_s').memory('i64.store');
        else c.memory('i32.store');
        return;
      }
      const source = at(k.pointer(nest.input), position, read);
      c.get(target).get(source);
      if (read === 8) c.memory('i64.load').memory('i64.store');
      else if (read === 4) c.memory('i32.load').memory('i32.store');
      else c.memory(`i32.load${read * 8}_u`).memory(`i32.store${read * 8}`);
    });
  });
  const work = size * Math.ceil(Math.log2(size + 1));
  return [{ ...simpleLaunch(k, outer * inner, Math.ceil(threadWork / work)), scratchBytes: size * 16 }];
}
