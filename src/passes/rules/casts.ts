/** Conversions that change nothing. */
import { dtypes, isFloat, type DType } from '../../core/index.js';
import { g, node } from '../../graph/index.js';
import { rule } from '../rule.js';

/** Bits of precision and of range: how large an integer a floating dtype holds exactly. */
const exactBits: Partial<Record<DType, number>> = { float64: 53, float32: 24, float16: 11, bfloat16: 8 };

/** Whether `wide` has every value of `narrow`. */
export function holds(wide: DType, narrow: DType): boolean {
  if (wide === narrow || narrow === 'bool') return true;
  const [w, n] = [dtypes[wide], dtypes[narrow]];
  const valueBits = n.bytes * 8 - Number(n.signed);
  if (n.kind === 'int') {
    if (isFloat(wide)) return valueBits <= exactBits[wide]!;
    return w.kind === 'int' && (w.signed || !n.signed) && valueBits <= w.bytes * 8 - Number(w.signed);
  }
  return w.kind === 'float' && w.bytes > n.bytes;
}

export const casts = [
  rule('cast', 'x as its own dtype = x', ([x], { dtype }) => x.dtype === dtype && x),
  rule('cast', '(x as wider) as d = x as d', ([x], { dtype }) => {
    if (x.op !== 'cast') return undefined;
    const source = x.inputs[0]!;
    // Integers wrap into integers, but saturate from floats: the detour shows unless the value fits.
    const saturates = !isFloat(source.dtype) && isFloat(x.dtype) && dtypes[dtype].kind === 'int';
    return (
      holds(x.dtype, source.dtype) && (!saturates || holds(dtype, source.dtype)) && g.cast(source, dtype)
    );
  }),
  rule('bitcast', 'bits of x as its own dtype = x', ([x], { dtype }) => x.dtype === dtype && x),
  rule('bitcast', 'bits of the bits of x = bits of x', ([x], { dtype }) => {
    // Truth values have one bit that counts.
    if (x.op !== 'bitcast' || x.dtype === 'bool') return undefined;
    const source = x.inputs[0]!;
    return source.dtype === dtype ? source : node('bitcast', [source], { dtype });
  }),
];
