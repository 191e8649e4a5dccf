/**
 * Stable merge sort of int64 keys, by order: (keys, order, spare, count). `order` holds 0, 1, ... at first and the
 * positions of the keys from least to greatest at the end; `spare` is as long.
 */
import type { Code, Local } from '../assembler/index.js';
import type { LibraryFunction } from './index.js';

/** The smaller of two i32 on the stack. */
const least = (c: Code, x: Local, y: Local): Code => c.get(x).get(y).get(x).get(y).op('i32.lt_s').select('i');

const element = (c: Code, array: Local, index: Local): Code =>
  c.get(array).get(index).i32(2).op('i32.shl').op('i32.add');

export const sortFunction: LibraryFunction = {
  takes: 'iiii',
  gives: '',
  emit: (c) => {
    const [keys, order, spare, count] = c.params as [Local, Local, Local, Local];
    const [width, low, middle, high] = [c.local('i'), c.local('i'), c.local('i'), c.local('i')];
    const [i, j, to, take] = [c.local('i'), c.local('i'), c.local('i'), c.local('i')];
    const keyAt = (index: Local): void => {
      c.get(keys);
      element(c, order, index).memory('i32.load').i32(3).op('i32.shl').op('i32.add').memory('i64.load');
    };
    c.i32(1).set(width);
    c.block();
    const widths = c.loop();
    c.get(width)
      .get(count)
      .op('i32.ge_s')
      .brIf(widths - 1);
    c.i32(0).set(low);
    c.block();
    const runs = c.loop();
    c.get(low)
      .get(count)
      .op('i32.ge_s')
      .brIf(runs - 1);
    c.get(low).get(width).op('i32.add').set(middle);
    least(c, middle, count).set(middle);
    c.get(middle).get(width).op('i32.add').set(high);
    least(c, high, count).set(high);
    c.get(low).set(i).get(middle).set(j).get(low).set(to);
    c.block();
    const merge = c.loop();
    c.get(to)
      .get(high)
      .op('i32.ge_s')
      .brIf(merge - 1);
    // From the first run where the second is used up, or where its key is not the greater one: equal keys stay in order.
    c.get(j).get(high).op('i32.ge_s').if('i');
    c.i32(1);
    c.else();
    c.get(i).get(middle).op('i32.ge_s').if('i');
    c.i32(0);
    c.else();
    keyAt(i);
    keyAt(j);
    c.op('i64.le_s').end().end().set(take);
    element(c, spare, to);
    c.get(order).get(i).get(j).get(take).select('i').i32(2).op('i32.shl').op('i32.add').memory('i32.load');
    c.memory('i32.store');
    c.get(i).get(take).op('i32.add').set(i);
    c.get(j).i32(1).get(take).op('i32.sub').op('i32.add').set(j);
    c.get(to).i32(1).op('i32.add').set(to);
    c.br(merge).end().end();
    c.get(high).set(low);
    c.br(runs).end().end();
    c.get(order).get(spare).get(count).i32(2).op('i32.shl').copyMemory();
    c.get(width).i32(1).op('i32.shl').set(width);
    c.br(widths).end().end();
  },
};
