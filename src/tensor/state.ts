/** State: tensors whose content programs read and overwrite. */
import {
  ArgumentError,
  DTypeError,
  checkSizes,
  isFloat,
  kindOf,
  numel,
  type DType,
  type Shape,
  type TypedArray,
} from '../core/index.js';
import { Cell, gradientsEnabled, outsideTrace, refuseInTrace } from '../runtime/index.js';
import { Tensor } from './tensor.generated.js';
import { arrayFrom } from './creation.js';

/** Initial content: a tensor, values on the host, or what `zeroState` gives. */
export type Initial =
  | Tensor
  | { readonly data: TypedArray | readonly number[]; readonly shape: Shape; readonly dtype?: DType }
  | ZeroState;

export interface StateOptions {
  readonly requiresGrad?: boolean;
  /** What errors, drawings and state dicts call it. */
  readonly name?: string;
}

class ZeroState {
  constructor(
    readonly shape: Shape,
    readonly dtype: DType,
  ) {}
}

function cellOf(initial: Initial, name: string | undefined): Cell {
  if (initial instanceof ZeroState) return Cell.zeros(initial.shape, initial.dtype, name);
  if (Array.isArray(initial) || typeof initial !== 'object') {
    throw new ArgumentError(
      'Parameter',
      `expected a tensor, not ${kindOf(initial)}`,
      'new Parameter(tensor(...))',
    );
  }
  checkSizes('Parameter', initial.shape);
  return outsideTrace(() => {
    if (initial instanceof Tensor) {
      const { storage, shape, dtype } = initial.materialise();
      return new Cell(storage.copy(), shape, dtype, name);
    }
    const dtype = initial.dtype ?? 'float32';
    const array = arrayFrom('Parameter', initial.data, dtype);
    return new Cell(array === initial.data ? array.slice() : array, initial.shape, dtype, name);
  });
}

class StateTensor extends Tensor {
  constructor(initial: Initial, { requiresGrad = false, name }: StateOptions) {
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
  constructor(initial: Initial, options: StateOptions = {}) {
    refuseInTrace('new Parameter', 'make modules and parameters outside of the compiled function');
    super(initial, { requiresGrad: true, ...options });
  }
}

/** A tensor that a program remembers without learning it: running statistics, step counts (torch.nn.Buffer). */
export class Buffer extends StateTensor {
  constructor(initial: Initial, options: StateOptions = {}) {
    super(initial, options);
  }
}

/** Zeros as state of a shape. */
export function zeroState(shape: Shape, dtype: DType = 'float32'): Initial {
  checkSizes('zeros', shape);
  return new ZeroState(shape, dtype);
}

/** One number everywhere as state of a shape. */
export function filledState(shape: Shape, value: number, dtype: DType = 'float32'): Initial {
  checkSizes('full', shape);
  return { data: new Array<number>(numel(shape)).fill(value), shape, dtype };
}

/** Whether gradients flow through what is computed now (torch.is_grad_enabled). */
export const isGradEnabled = gradientsEnabled;
