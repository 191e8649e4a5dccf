/** State: tensors whose content programs read and overwrite. */
import {
  ArgumentError,
  DTypeError,
  checkFills,
  checkSizes,
  isFloat,
  kindOf,
  numbersIn,
  numel,
  requireDType,
  type DType,
  type Shape,
  type TypedArray,
} from '../core/index.js';
import { Cell, gradientsEnabled, outsideTrace, refuseInTrace } from '../runtime/index.js';
import { Tensor } from './tensor.generated.js';
import { arrayFrom } from './creation.js';

/** Initial content: a tensor, or values on the host. */
export type Initial =
  Tensor | { readonly data: TypedArray | readonly number[]; readonly shape: Shape; readonly dtype?: DType };

/** Initial content of zeros, which takes no memory yet. */
interface ZeroContent {
  readonly zeros: true;
  readonly shape: Shape;
  readonly dtype: DType;
}

export interface StateOptions {
  readonly requiresGrad?: boolean;
  /** What errors, drawings and state dicts call it. */
  readonly name?: string;
}

function cellOf(initial: Initial | ZeroContent, name: string | undefined): Cell {
  if (typeof initial !== 'object' || (initial as unknown) === null || !('shape' in initial)) {
    throw new ArgumentError(
      'Parameter',
      `expected a tensor, not ${kindOf(initial)}`,
      'new Parameter(tensor(...))',
    );
  }
  checkSizes('Parameter', initial.shape);
  if ('zeros' in initial) return Cell.zeros(initial.shape, initial.dtype, name);
  return outsideTrace(() => {
    if (initial instanceof Tensor) {
      const { storage, shape, dtype } = initial.materialise();
      return new Cell(storage.copy(), shape, dtype, name);
    }
    const { data, shape } = initial;
    const dtype = initial.dtype ?? 'float32';
    requireDType('Parameter', dtype);
    checkFills(
      'Parameter',
      shape,
      numbersIn('Parameter', data as readonly number[], 'data is an array').length,
    );
    const array = arrayFrom('Parameter', data, dtype);
    return new Cell(array === data ? array.slice() : array, shape, dtype, name);
  });
}

class StateTensor extends Tensor {
  constructor(initial: Initial | ZeroContent, { requiresGrad = false, name }: StateOptions) {
    const cell = cellOf(initial, name);
    if (requiresGrad && !isFloat(cell.dtype)) {
      throw new DTypeError(
        'Parameter',
        `only floating tensors have gradients, not ${cell.dtype}`,
        'use a Buffer',
      );
    }
    cell.requiresGrad = requiresGrad;
    super(cell);
  }

  /** What errors and drawings call it. */
  get name(): string | undefined {
    return this.value.cell!.name;
  }
  set name(name: string | undefined) {
    if (name === undefined) delete this.value.cell!.name;
    else this.value.cell!.name = name;
  }
}

/**
 * A tensor that training changes: a cell of state that accumulates gradients (torch.nn.Parameter).
 * @example const weight = new Parameter(zeros(3, 4));
 */
export class Parameter extends StateTensor {
  constructor(initial: Initial | ZeroContent, options: StateOptions = {}) {
    refuseInTrace('new Parameter', 'make modules and parameters outside of the compiled function');
    super(initial, { requiresGrad: true, ...options });
  }
}

/** A tensor that a program remembers without learning it: running statistics, step counts (torch.nn.Buffer). */
export class Buffer extends StateTensor {
  constructor(initial: Initial | ZeroContent, options: StateOptions = {}) {
    super(initial, options);
  }
}

/** Zeros as state of a shape. */
export function zeroState(shape: Shape, dtype: DType = 'float32'): ZeroContent {
  checkSizes('zeros', shape);
  return { zeros: true, shape, dtype };
}

/** One number everywhere as state of a shape. */
export function filledState(shape: Shape, value: number, dtype: DType = 'float32'): Initial {
  checkSizes('full', shape);
  return { data: new Array<number>(numel(shape)).fill(value), shape, dtype };
}

/** Whether gradients flow through what is computed now (torch.is_grad_enabled). */
export const isGradEnabled = gradientsEnabled;
