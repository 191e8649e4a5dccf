/** A canvas to draw a digit on. Its ink is black and what is empty transparent, however the theme shows it. */
import { centred } from './centre.js';
import type { Image } from './protocol.js';

/** Width of the pen as a part of the canvas. */
const PEN = 0.08;

export class Pad {
  readonly #context: CanvasRenderingContext2D;
  #last: DOMPoint | undefined;

  /** @param changed gets what a network would see, and nothing where nothing is drawn. */
  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly changed: (image: Image | undefined) => void,
  ) {
    this.#context = canvas.getContext('2d', { willReadFrequently: true })!;
    this.#context.lineWidth = PEN * canvas.width;
    this.#context.lineCap = this.#context.lineJoin = 'round';
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.#last = this.#place(event);
      this.#draw([event]);
    });
    canvas.addEventListener('pointermove', (event) => this.#draw(event.getCoalescedEvents()));
    canvas.addEventListener('lostpointercapture', () => (this.#last = undefined));
  }

  clear(): void {
    this.#context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.changed(undefined);
  }

  /** Shows an image as if it had been drawn. */
  show(image: Image): void {
    const grey = new ImageData(28, 28);
    for (const [i, value] of image.entries()) grey.data[4 * i + 3] = 255 * value;
    const small = new OffscreenCanvas(28, 28);
    small.getContext('2d')!.putImageData(grey, 0, 0);
    const { width, height } = this.canvas;
    this.#context.clearRect(0, 0, width, height);
    this.#context.drawImage(small, 0, 0, width, height);
    this.changed(image);
  }

  /** Where an event is on the canvas. */
  #place({ clientX, clientY }: PointerEvent): DOMPoint {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const { canvas } = this;
    return new DOMPoint(
      ((clientX - left) / width) * canvas.width,
      ((clientY - top) / height) * canvas.height,
    );
  }

  /** Goes on with the line, if one is being drawn. */
  #draw(events: readonly PointerEvent[]): void {
    if (!this.#last) return;
    const { width, height } = this.canvas;
    this.#context.beginPath();
    this.#context.moveTo(this.#last.x, this.#last.y);
    for (const event of events) {
      this.#last = this.#place(event);
      this.#context.lineTo(this.#last.x, this.#last.y);
    }
    this.#context.stroke();
    const { data } = this.#context.getImageData(0, 0, width, height);
    const ink = Float32Array.from({ length: width * height }, (_, i) => data[4 * i + 3]! / 255);
    this.changed(centred(ink, width));
  }
}
