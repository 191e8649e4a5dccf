/** A drawing as MNIST has digits: scaled to 20 pixels in its longer direction, its centre of mass in the middle of 28 x 28. */
import type { Image } from './protocol.js';

const SIZE = 28;
const BOX = 20;
/** Where the middle pixel has its own middle. */
const MIDDLE = 14.5;

/**
 * @param ink Row by row from 0 to 1, `width` values a row.
 * @returns undefined where there is no ink.
 */
export function centred(ink: ArrayLike<number>, width: number): Image | undefined {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  let [mass, massX, massY] = [0, 0, 0];
  for (let i = 0; i < ink.length; i++) {
    const value = ink[i]!;
    if (value === 0) continue;
    const x = i % width;
    const y = Math.floor(i / width);
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
    mass += value;
    massX += value * (x + 0.5);
    massY += value * (y + 0.5);
  }
  if (mass === 0) return undefined;

  /** Pixels of the drawing for one of the image. */
  const scale = Math.max(right - left + 1, bottom - top + 1) / BOX;
  const samples = Math.ceil(scale);
  const image = new Float32Array(SIZE * SIZE);
  for (let i = 0; i < image.length; i++) {
    const x = massX / mass + ((i % SIZE) - MIDDLE) * scale;
    const y = massY / mass + (Math.floor(i / SIZE) - MIDDLE) * scale;
    image[i] = mean(samples, (u, v) => at(ink, width, x + u * scale, y + v * scale));
  }
  return image;
}

const at = (ink: ArrayLike<number>, width: number, x: number, y: number): number =>
  x < 0 || x >= width || y < 0 ? 0 : (ink[Math.floor(y) * width + Math.floor(x)] ?? 0);

/** Of a function over the unit square, taken at `count` by `count` points. */
function mean(count: number, of: (u: number, v: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) sum += of((j + 0.5) / count, (i + 0.5) / count);
  }
  return sum / count ** 2;
}
