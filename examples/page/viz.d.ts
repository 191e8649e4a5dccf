/** What the page uses of `@aduh95/viz.js`, whose own types its `exports` hide. */
declare module '@aduh95/viz.js' {
  export default class Viz {
    constructor(options: { worker: Worker });
    renderString(dot: string): Promise<string>;
    terminateWorker(): void;
  }
}
declare module '@aduh95/viz.js/worker' {
  /** Answers requests of a `Viz` in the worker that calls it. */
  export default function start(options: { locateFile: () => string }): Promise<unknown>;
}
