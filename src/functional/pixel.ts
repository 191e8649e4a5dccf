/** Rearrangements of channels and pixels: reshapes and permutations. */
import { ShapeError, formatShape } from '../core/index.js';
import { g } from '../graph/index.js';
import { range, type Value } from './operands.js';

/** [..., C, H, W] as its leading dimensions and the last three. */
function planes(op: string, x: Value): { lead: readonly number[]; c: number; h: number; w: number } {
  if (x.shape.length < 3) {
    throw new ShapeError(op, `expects input to have at least 3 dimensions, but got ${formatShape(x.shape)}`);
  }
  const [c, h, w] = x.shape.slice(-3) as [number, number, number];
  return { lead: x.shape.slice(0, -3), c, h, w };
}

/**
 * Channels moved into pixels: [..., C r^2, H, W] to [..., C, H r, W r]. PyTorch: `F.pixel_shuffle`.
 * @namespace F
 * @function
 * @throws ShapeError when the channels are not divisible by the square of `upscaleFactor`.
 * @example F.pixelShuffle(ones(1, 4, 2, 2), 2).shape // [1, 1, 4, 4]
 */
export function pixelShuffle(input: Value, upscaleFactor: number): Value {
  const op = 'pixelShuffle';
  const { lead, c, h, w } = planes(op, input);
  const r = upscaleFactor;
  if (!Number.isInteger(r) || r < 1 || c % (r * r) !== 0) {
    throw new ShapeError(
      op,
      `expects its input's channel dimension to be divisible by the square of upscaleFactor, but ${c} is not by ${r}^2`,
    );
  }
  const n = lead.length;
  const split = g.reshape(input, [...lead, c / (r * r), r, r, h, w]);
  const order = [...range(n), n, n + 3, n + 1, n + 4, n + 2];
  return g.reshape(g.permute(split, order), [...lead, c / (r * r), h * r, w * r]);
}

/**
 * Pixels moved into channels: [..., C, H r, W r] to [..., C r^2, H, W]. PyTorch: `F.pixel_unshuffle`.
 * @namespace F
 * @function
 * @throws ShapeError when height or width are not divisible by `downscaleFactor`.
 * @example F.pixelUnshuffle(ones(1, 1, 4, 4), 2).shape // [1, 4, 2, 2]
 */
export function pixelUnshuffle(input: Value, downscaleFactor: number): Value {
  const op = 'pixelUnshuffle';
  const { lead, c, h, w } = planes(op, input);
  const r = downscaleFactor;
  if (!Number.isInteger(r) || r < 1 || h % r !== 0 || w % r !== 0) {
    throw new ShapeError(
      op,
      `expects height and width to be divisible by downscaleFactor, but ${h} x ${w} is not by ${r}`,
    );
  }
  const n = lead.length;
  const split = g.reshape(input, [...lead, c, h / r, r, w / r, r]);
  const order = [...range(n), n, n + 2, n + 4, n + 1, n + 3];
  return g.reshape(g.permute(split, order), [...lead, c * r * r, h / r, w / r]);
}

/**
 * Channels dealt out of `groups` groups in turn: [N, g C, ...] read as [g, C] and written as [C, g].
 * PyTorch: `F.channel_shuffle`.
 * @namespace F
 * @function
 * @throws ShapeError when the channels are not divisible by `groups`.
 * @example F.channelShuffle(images, 2)
 */
export function channelShuffle(input: Value, groups: number): Value {
  const op = 'channelShuffle';
  const [n, c, ...rest] = input.shape;
  if (n === undefined || c === undefined || rest.length === 0) {
    throw new ShapeError(
      op,
      `expects an input of more than 2 dimensions, but got ${formatShape(input.shape)}`,
    );
  }
  if (!Number.isInteger(groups) || groups < 1 || c % groups !== 0) {
    throw new ShapeError(
      op,
      `expects the number of channels to be divisible by groups, but ${c} is not by ${groups}`,
    );
  }
  return g.reshape(g.swapAxes(g.reshape(input, [n, groups, c / groups, ...rest]), 1, 2), input.shape);
}
