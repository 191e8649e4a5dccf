/** The error for an index out of range, found on the host or reported by a kernel. */
import { IndexError } from '../core/index.js';
import type { Check } from '../lower/index.js';

export function outOfRange(check: Check, index: number, position: number): IndexError {
  const where = check.module ? ` in ${check.module}` : '';
  // Kernels report 32 bits.
  const met = check.dtype === 'uint32' ? index >>> 0 : index;
  return new IndexError(
    `${check.op}: index ${met} at position ${position} is out of range for ${check.bound} entries${where}`,
    `indices must be in [0, ${check.bound - 1}]`,
    check.site,
  );
}
