/** Tensors from values on the host. */
import {
  ArgumentError,
  DTypeError,
  ShapeError,
  bfloat16ToBits,
  checkFills,
  dtypes,
  float16ToBits,
  formatShape,
  isHalf,
  kindOf,
  requireDType,
  atSite,
  type DType,
  type Shape,
  type TypedArray,
} from '../core/index.js';
import { Data, activeTrace, outsideTrace } from '../runtime/index.js';
import { Tensor } from './tensor.generated.js';

/** Nested arrays of numbers, booleans or bigints of one shape; rows may be typed arrays. */
export type NestedValues = number | boolean | bigint | TypedArray | readonly NestedValues[];

export interface TensorOptions {
  /** Default: a typed array's own dtype, bool for booleans, int64 for bigints, float32 for numbers. */
  readonly dtype?: DType;
  /** Shape of flat data; default: the nesting of arrays. */
  readonly shape?: Shape;
  readonly requiresGrad?: boolean;
}

const dtypeOfArray = new Map<unknown, DType>([
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
  [Int32Array, 'int32'],
  [Int16Array, 'int16'],
  [Int8Array, 'int8'],
  [Uint8Array, 'uint8'],
  [Uint8ClampedArray, 'uint8'],
  [Uint32Array, 'uint32'],
  [BigInt64Array, 'int64'],
]);

/** Values as memory of a dtype; a typed array that already is such memory comes back as it is. */
export function arrayFrom(
  op: string,
  values: ArrayLike<number | bigint | boolean>,
  dtype: DType,
): TypedArray {
  const { array: Constructor } = dtypes[dtype];
  const sameKind = values instanceof Constructor && dtypeOfArray.get(values.constructor) === dtype;
  if (sameKind && !isHalf(dtype)) return values as unknown as TypedArray;
  const array = new Constructor(values.length);
  const convert = converter(op, dtype);
  for (let i = 0; i < values.length; i++) array[i] = convert(values[i]!) as never;
  return array;
}

function converter(op: string, dtype: DType): (value: number | bigint | boolean) => number | bigint {
  if (dtype === 'float16') return (value) => float16ToBits(Number(value));
  if (dtype === 'bfloat16') return (value) => bfloat16ToBits(Number(value));
  if (dtype === 'bool') return (value) => (value ? 1 : 0);
  if (dtypes[dtype].kind !== 'int') return Number;
  const whole = (value: number | bigint | boolean): number => {
    const number = Number(value);
    if (Number.isNaN(number) || !Number.isFinite(number))
      throw new DTypeError(op, `${number} is no ${dtype}`);
    return Math.trunc(number);
  };
  return dtype === 'int64' ? (value) => (typeof value === 'bigint' ? value : BigInt(whole(value))) : whole;
}

function flatten(op: string, values: NestedValues, into: (number | bigint | boolean)[]): number[] {
  if (typeof values === 'number' || typeof values === 'boolean' || typeof values === 'bigint') {
    into.push(values);
    return [];
  }
  const isRow = ArrayBuffer.isView(values);
  if (!Array.isArray(values) && !isRow) {
    throw new ArgumentError(
      op,
      `expected numbers, booleans or bigints, found ${kindOf(values)}`,
      (values as unknown) instanceof Tensor ? 'stack(list) joins tensors' : undefined,
    );
  }
  const parts = Array.from<NestedValues, number[]>(values as readonly NestedValues[], (each) =>
    flatten(op, each, into),
  );
  const first = parts[0] ?? [];
  const odd = parts.findIndex((shape) => formatShape(shape) !== formatShape(first));
  if (odd > 0) {
    throw new ShapeError(
      op,
      `nested arrays are ragged: element 0 has shape ${formatShape(first)}, element ${odd} ${formatShape(parts[odd]!)}`,
    );
  }
  return [parts.length, ...first];
}

/**
 * A tensor of the given values, copied (torch.tensor).
 * @throws ShapeError for ragged arrays or a shape that does not fit the number of values.
 * @example tensor([[1, 2], [3, 4]])
 */
export function tensor(values: NestedValues | TypedArray | Tensor, options: TensorOptions = {}): Tensor {
  return atSite(() => {
    if (values instanceof Tensor) {
      const copy = options.dtype ? values.to(options.dtype) : values.clone();
      return options.requiresGrad ? copy.detach().requiresGrad_() : copy;
    }
    let flat: ArrayLike<number | bigint | boolean>;
    let natural: number[];
    let dtype = options.dtype;
    if (ArrayBuffer.isView(values)) {
      flat = values as TypedArray;
      natural = [flat.length];
      dtype ??= dtypeOfArray.get(values.constructor);
    } else {
      const list: (number | bigint | boolean)[] = [];
      natural = flatten('tensor', values, list);
      flat = list;
      const all = (type: string): boolean => list.length > 0 && list.every((value) => typeof value === type);
      dtype ??= all('boolean') ? 'bool' : all('bigint') ? 'int64' : 'float32';
    }
    requireDType('tensor', (dtype ??= 'float32'));
    const shape = options.shape ?? natural;
    checkFills('tensor', shape, flat.length);
    const converted = arrayFrom('tensor', flat, dtype);
    const array = converted === (values as unknown) ? converted.slice() : converted;
    const result = new Tensor(new Data(array, shape, dtype));
    return options.requiresGrad ? result.requiresGrad_() : result;
  });
}

/**
 * A tensor that looks at a typed array without copying it: the caller promises not to change it (torch.from_numpy).
 * @param dtype What the elements are: float16 and bfloat16 are the bits in a Uint16Array, bool 0 and 1 in a Uint8Array.
 * @throws ShapeError for a shape that does not fit the number of elements; DTypeError for an array of another dtype.
 * @example fromTypedArray(new Float32Array([1, 2]), [2], 'float32')
 */
export function fromTypedArray(array: TypedArray, shape: Shape, dtype: DType): Tensor {
  const op = 'fromTypedArray';
  requireDType(op, dtype);
  const { array: Typed } = dtypes[dtype];
  // By name: it may come from another realm. A canvas has clamped bytes.
  const name = ArrayBuffer.isView(array) ? array[Symbol.toStringTag] : kindOf(array);
  if (name !== Typed.name && !(dtype === 'uint8' && (name as string) === 'Uint8ClampedArray')) {
    throw new DTypeError(op, `a ${dtype} tensor looks at a ${Typed.name}, not ${name}`);
  }
  checkFills(op, shape, array.length);
  const view = array instanceof Typed ? array : new Typed(array.buffer, array.byteOffset, array.length);
  const make = (): Tensor => new Tensor(new Data(view, shape, dtype));
  return activeTrace() ? outsideTrace(make) : make();
}
