/** A progress bar for training: one line redrawn on a terminal, plain lines at intervals anywhere else. */

export interface ProgressOptions {
  /** Steps in the whole run. */
  total: number;
  /** Samples a step. */
  batchSize: number;
  stream?: { isTTY?: boolean; columns?: number; write(text: string): unknown };
  /** Milliseconds in a monotonic clock. */
  now?: () => number;
}

const REDRAW_MS = { terminal: 100, lines: 5000 };
const BAR_WIDTH = 24;

export class Progress {
  private readonly stream;
  private readonly now;
  private readonly started: number;
  private drawn = -Infinity;

  constructor(private readonly options: ProgressOptions) {
    this.stream = options.stream ?? process.stdout;
    this.now = options.now ?? (() => performance.now());
    this.started = this.now();
  }

  /** Seconds since the bar was made. */
  get seconds(): number {
    return (this.now() - this.started) / 1000;
  }

  /** Shows the state after `step` steps, unless the last drawing is too recent. */
  update(step: number, metrics: { loss: number; accuracy: number }): void {
    const { total } = this.options;
    const interval = this.stream.isTTY ? REDRAW_MS.terminal : REDRAW_MS.lines;
    if (step < total && this.now() - this.drawn < interval) return;
    this.drawn = this.now();
    const line = this.line(step, metrics);
    if (!this.stream.isTTY) this.stream.write(`${line}\n`);
    else
      this.stream.write(
        `\r\x1b[2K${line.slice(0, (this.stream.columns ?? 120) - 1)}${step < total ? '' : '\n'}`,
      );
  }

  private line(step: number, { loss, accuracy }: { loss: number; accuracy: number }): string {
    const { total, batchSize } = this.options;
    const rate = step / Math.max(this.seconds, 1e-9);
    const filled = Math.round((BAR_WIDTH * step) / total);
    const bar = this.stream.isTTY ? `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ` : '';
    const time = step < total ? `${clock((total - step) / rate)} left` : `${clock(this.seconds)} in all`;
    return [
      `${bar}${String(step).padStart(String(total).length)}/${total}`,
      `loss ${loss.toFixed(3)}`,
      `accuracy ${(100 * accuracy).toFixed(1)} %`,
      `${Math.round(rate * batchSize)} samples/s`,
      time,
    ].join('  ');
  }
}

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
