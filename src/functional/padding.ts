/** Padding: a constant, or the tensor's own elements reflected, repeated or wrapped around. All of it is views. */
import { ArgumentError, ShapeError, formatShape } from '../core/index.js';
import { g } from '../graph/index.js';
import type { Value } from './operands.js';

export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

interface Side {
  readonly op: string;
  readonly axis: number;
  readonly amount: number;
  readonly size: number;
  readonly x: Value;
}

function limited({ op, axis, amount, x }: Side, limit: number, mode: string): void {
  if (amount <= limit) return;
  throw new ShapeError(
    op,
    `padding of ${amount} at dim ${axis} of ${formatShape(x.shape)} is too large: mode '${mode}' allows ${limit}`,
  );
}

/** What each mode puts before and after an axis. */
const sides: Readonly<
  Record<Exclude<PadMode, 'constant'>, { before(side: Side): Value; after(side: Side): Value }>
> = {
  reflect: {
    before: (side) => {
      limited(side, side.size - 1, 'reflect');
      return g.sliceAxis(side.x, side.axis, side.amount, side.amount, -1);
    },
    after: (side) => {
      limited(side, side.size - 1, 'reflect');
      return g.sliceAxis(side.x, side.axis, side.size - 2, side.amount, -1);
    },
  },
  replicate: {
    before: ({ x, axis, amount }) => g.expand(g.sliceAxis(x, axis, 0, 1), x.shape.with(axis, amount)),
    after: ({ x, axis, amount, size }) =>
      g.expand(g.sliceAxis(x, axis, size - 1, 1), x.shape.with(axis, amount)),
  },
  circular: {
    before: (side) => {
      limited(side, side.size, 'circular');
      return g.sliceAxis(side.x, side.axis, side.size - side.amount, side.amount);
    },
    after: (side) => {
      limited(side, side.size, 'circular');
      return g.sliceAxis(side.x, side.axis, 0, side.amount);
    },
  },
};

function extend(
  op: string,
  x: Value,
  axis: number,
  low: number,
  high: number,
  mode: PadMode,
  value: number,
): Value {
  if (mode === 'constant') return g.padAxis(x, axis, low, high, 0, value);
  const size = x.shape[axis]!;
  if (size === 0 && low + high > 0)
    throw new ShapeError(op, `dim ${axis} of ${formatShape(x.shape)} is empty`);
  const before = low > 0 ? [sides[mode].before({ op, axis, amount: low, size, x })] : [];
  const after = high > 0 ? [sides[mode].after({ op, axis, amount: high, size, x })] : [];
  return g.concat([...before, x, ...after], axis);
}

/**
 * Elements added around a tensor, or cropped where an amount is negative. PyTorch: `F.pad`.
 * @namespace F
 * @param amounts Amounts before and after the last dimension, then those of the last but one, and so on.
 * @param options `mode`: 'constant' puts `value`; 'reflect' mirrors without the edge; 'replicate' repeats the edge;
 *   'circular' wraps around.
 * @throws ArgumentError for an odd number of amounts or an unknown mode; ShapeError for too many or too large ones.
 * @example F.pad(tensor([1, 2]), [1, 1]) // [0, 1, 2, 0]
 */
export function pad(
  input: Value,
  amounts: readonly number[],
  options: { mode?: PadMode | undefined; value?: number | undefined } = {},
): Value {
  const op = 'pad';
  const { mode = 'constant', value = 0 } = options;
  if (mode !== 'constant' && !Object.hasOwn(sides, mode))
    throw new ArgumentError(op, `'${String(mode)}' is not a mode`);
  if (amounts.length % 2 !== 0) throw new ArgumentError(op, 'padding length must be divisible by 2');
  if (amounts.length > 2 * input.shape.length) {
    throw new ShapeError(op, `padding length ${amounts.length} is too large for ${formatShape(input.shape)}`);
  }
  let x = input;
  for (let i = 0; i < amounts.length / 2; i++) {
    const axis = x.shape.length - 1 - i;
    const [low, high] = [amounts[2 * i]!, amounts[2 * i + 1]!];
    if (x.shape[axis]! + low + high < 0) {
      throw new ShapeError(
        op,
        `cropping ${low} and ${high} leaves nothing of dim ${axis} of ${formatShape(x.shape)}`,
      );
    }
    const wide = extend(op, x, axis, Math.max(low, 0), Math.max(high, 0), mode, value);
    const start = Math.max(-low, 0);
    x = g.sliceAxis(wide, axis, start, wide.shape[axis]! - start - Math.max(-high, 0));
  }
  return x;
}

/**
 * `pad` with a constant. PyTorch: `torch.constant_pad_nd`.
 * @function
 * @throws ArgumentError for an odd number of amounts; ShapeError for too many.
 * @example constantPadNd(tensor([1, 2]), [1, 0], { value: 9 }) // [9, 1, 2]
 */
export function constantPadNd(
  input: Value,
  amounts: readonly number[],
  options: { value?: number | undefined } = {},
): Value {
  return pad(input, amounts, options);
}
