/** Overwriting the content of state from the host, outside of any program. */
import {
  FusegradError,
  ShapeError,
  dtypes,
  formatShape,
  isFloat,
  isHalf,
  numel,
  type DType,
  type TypedArray,
} from '../core/index.js';
import { encode } from '../ops/index.js';
import { Later, flushPending, refuseInTrace, type Cell } from '../runtime/index.js';
import type { TensorBase } from './base.js';

export const noState = (op: string, { shape }: TensorBase): FusegradError =>
  new FusegradError(`${op}: a tensor ${formatShape(shape)} is no state`, 'assign to a Parameter or Buffer');

/** The cell of a parameter or buffer that is about to be overwritten. */
function writable(tensor: TensorBase): Cell {
  refuseInTrace('set');
  const { cell } = tensor.value;
  if (!cell) throw noState('set', tensor);
  flushPending();
  return cell;
}

/** Values as memory of a dtype, which may be the values themselves. */
function contentOf(values: ArrayLike<number>, dtype: DType): TypedArray {
  const { array: Constructor } = dtypes[dtype];
  if (!isHalf(dtype) && values instanceof Constructor) return values;
  const array = new Constructor(values.length);
  for (let i = 0; i < values.length; i++) array[i] = encode(values[i]!, dtype) as never;
  return array;
}

/** Overwrites the content of `tensor` at once, with one number or with one for each element. */
export function setContent(tensor: TensorBase, values: ArrayLike<number> | number): void {
  const cell = writable(tensor);
  const { dtype, storage } = cell;
  const size = numel(cell.shape);
  if (typeof values === 'number') {
    storage.write(new dtypes[dtype].array(size).fill(encode(values, dtype) as never) as TypedArray);
  } else {
    if (values.length !== size) {
      throw new ShapeError('set', `${values.length} values for shape ${formatShape(tensor.shape)}`);
    }
    storage.write(contentOf(values, dtype));
  }
  cell.written();
}

/**
 * Overwrites the content of `tensor` with what `make` returns, an element for each. On the host that is called when the
 * content is first needed, and not at all if it is overwritten before.
 */
export function setLater(tensor: TensorBase, make: () => Float32Array): void {
  const cell = writable(tensor);
  const content = (): TypedArray => contentOf(make(), cell.dtype);
  // What may be refused is refused at once.
  if (cell.storage.onHost && isFloat(cell.dtype)) cell.storage.moveTo(new Later(content));
  else cell.storage.write(content());
  cell.written();
}
