/** A progress bar for training: one line redrawn on a terminal, plain lines at intervals anywhere else. */
import type { StepResult } from './train.js';

export interface ProgressOptions {
  /** Samples a step. */
  batchSize: number;
  stream?: { isTTY?: boolean; columns?: number; write(text: string): unknown };
  /** Milliseconds in a monotonic clock. */
  now?: () => number;
}

const REDRAW_MS = { terminal: 100, lines: 5000 };
const BAR_WIDTH = { most: 24, least: 6 };
/** Losses and accuracies are shown as means over as many steps. */
const WINDOW = 100;

export class Progress {
  private readonly stream;
  private readonly now;
  private readonly batchSize;
  private readonly started: number;
  private readonly recent: StepResult[] = [];
  /** When the first step ended: it compiles, so speed is measured from there. */
  private warm: number | undefined;
  private drawn = -Infinity;
  /** The bar only shrinks, so that it does not tremble as numbers beside it gain and lose digits. */
  private barWidth = BAR_WIDTH.most;

  constructor({ batchSize, stream = process.stdout, now = () => performance.now() }: ProgressOptions) {
    this.batchSize = batchSize;
    this.stream = stream;
    this.now = now;
    this.started = now();
  }

  /** Shows how far training is, unless the last drawing is too recent. */
  update(result: StepResult): void {
    const { done, total } = result;
    const now = this.now();
    this.recent.push(result);
    if (this.recent.length > WINDOW) this.recent.shift();
    this.warm ??= now;
    const interval = this.stream.isTTY ? REDRAW_MS.terminal : REDRAW_MS.lines;
    if (done < total && (done === 1 || now - this.drawn < interval)) return;
    this.drawn = now;
    const text = this.text(result, now);
    if (!this.stream.isTTY) this.stream.write(`${text}\n`);
    else this.stream.write(`\r\x1b[2K${this.fit(text, done / total)}${done < total ? '' : '\n'}`);
  }

  private text({ done, total }: StepResult, now: number): string {
    const speed = (done - 1) / Math.max(now - (this.warm ?? now), 1e-6); // steps a millisecond
    return [
      `${String(done).padStart(String(total).length)}/${total}`,
      `loss ${this.mean('loss').toFixed(3)}`,
      `accuracy ${(100 * this.mean('accuracy')).toFixed(1)} %`,
      `${Math.round(1000 * speed * this.batchSize)} samples/s`,
      done < total ? `${clock((total - done) / speed)} left` : `${clock(now - this.started)} in all`,
    ].join('  ');
  }

  private mean(metric: 'loss' | 'accuracy'): number {
    return this.recent.reduce((sum, result) => sum + result[metric], 0) / this.recent.length;
  }

  /** The text after a bar as wide as the terminal allows. A terminal that tells no width (0) is taken for a usual one. */
  private fit(text: string, share: number): string {
    const columns = (this.stream.columns || 80) - 1;
    this.barWidth = Math.min(this.barWidth, columns - text.length - 1);
    if (this.barWidth < BAR_WIDTH.least) return text.slice(0, columns);
    const filled = Math.round(this.barWidth * share);
    return `${'█'.repeat(filled)}${'░'.repeat(this.barWidth - filled)} ${text}`;
  }
}

function clock(milliseconds: number): string {
  const whole = Math.round(milliseconds / 1000);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
