/** The loss over the steps, as a drawing. */

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 240;
const MARGIN = { left: 44, right: 12, top: 12, bottom: 28 };
/** Losses are drawn on a logarithmic scale, which goes on showing progress when most of it is made. */
const TICKS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

type Attributes = Readonly<Record<string, string | number>>;

export class Curve {
  #losses: number[] = [];

  constructor(readonly svg: SVGSVGElement) {
    new ResizeObserver(() => this.#draw()).observe(svg);
  }

  clear(): void {
    this.#losses = [];
    this.#draw();
  }

  add(losses: readonly number[]): void {
    this.#losses.push(...losses);
    this.#draw();
  }

  #draw(): void {
    const width = this.svg.clientWidth;
    const plotted = means(this.#losses, Math.max(1, Math.floor((width - MARGIN.left - MARGIN.right) / 2)));
    const values = plotted.map(({ mean }) => mean);
    const low = TICKS.findLast((tick) => tick <= Math.min(0.5, ...values)) ?? TICKS[0]!;
    const high = TICKS.find((tick) => tick >= Math.max(2, ...values)) ?? TICKS.at(-1)!;
    const steps = Math.max(this.#losses.length, 100);

    const x = (step: number): number => MARGIN.left + (step / steps) * (width - MARGIN.left - MARGIN.right);
    const y = (loss: number): number => {
      const height = Math.log(Math.max(loss, low) / low) / Math.log(high / low);
      return HEIGHT - MARGIN.bottom - height * (HEIGHT - MARGIN.top - MARGIN.bottom);
    };

    const rows = TICKS.filter((tick) => tick >= low && tick <= high).flatMap((tick) => [
      element('line', { class: 'grid', x1: MARGIN.left, x2: width - MARGIN.right, y1: y(tick), y2: y(tick) }),
      element('text', { x: MARGIN.left - 8, y: y(tick) + 4, 'text-anchor': 'end' }, String(tick)),
    ]);
    const columns = roundSteps(steps).map((step) =>
      element(
        'text',
        { x: x(step), y: HEIGHT - 8, 'text-anchor': step === 0 ? 'start' : 'middle' },
        step.toLocaleString('en'),
      ),
    );
    const path = plotted.map(({ step, mean }, i) => `${i ? 'L' : 'M'}${x(step)},${y(mean)}`).join('');
    this.svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    this.svg.replaceChildren(...rows, ...columns, element('path', { class: 'loss', d: path }));
  }
}

function element(name: string, attributes: Attributes, text = ''): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  return made;
}

/** Means of equally many losses each, in at most `most` groups, with the step in the middle of each. */
function means(losses: readonly number[], most: number): { step: number; mean: number }[] {
  const size = Math.ceil(losses.length / most);
  return Array.from({ length: Math.ceil(losses.length / Math.max(size, 1)) }, (_, i) => {
    const group = losses.slice(i * size, (i + 1) * size);
    const mean = group.reduce((sum, loss) => sum + loss, 0) / group.length;
    return { step: i * size + group.length / 2, mean };
  });
}

/** Four to nine round numbers from 0 to `steps`. */
function roundSteps(steps: number): number[] {
  const power = 10 ** Math.floor(Math.log10(steps / 4));
  const [distance] = [1, 2, 5, 10].map((by) => by * power).filter((by) => steps / by < 5);
  return Array.from({ length: Math.floor(steps / distance!) + 1 }, (_, i) => i * distance!);
}
