/** Notes the first index found out of range: (failure address, check, index, position). */
import type { Local } from '../assembler/index.js';
import type { LibraryFunction } from './index.js';

export const reportFunction: LibraryFunction = {
  takes: 'iiii',
  gives: '',
  emit: (c) => {
    const [failure, check, index, position] = c.params as [Local, Local, Local, Local];
    c.get(failure).memory('i32.load').op('i32.eqz').if();
    c.get(failure).get(check).i32(1).op('i32.add').memory('i32.store');
    c.get(failure).get(index).memory('i32.store', 4);
    c.get(failure).get(position).memory('i32.store', 8);
    c.end();
  },
};
