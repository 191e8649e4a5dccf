/** Milliseconds that a burst of steps should take. */
const BURST = 100;

/** How many steps make a burst, and how fast they go. */
export class Pace {
  /** Steps of the next burst. */
  steps = 1;
  /** Unknown until a burst has run that did not wait for kernels to be compiled. */
  stepsPerSecond: number | undefined;
  #warm = false;

  /** @param milliseconds what a burst of `steps` took */
  took(milliseconds: number): void {
    if (this.#warm) {
      const now = (1000 * this.steps) / milliseconds;
      this.stepsPerSecond = 0.8 * (this.stepsPerSecond ?? now) + 0.2 * now;
      this.steps = Math.max(1, Math.min(2 * this.steps, Math.floor((now * BURST) / 1000)));
    }
    this.#warm = true;
  }
}
