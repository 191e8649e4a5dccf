/** Workers and cores, as Node and browsers have them. */

export interface Hooks {
  /** The worker could not start, or has died. */
  failed(reason: string): void;
}

/** A running or starting worker. */
export interface Hand {
  post(message: object): void;
  stop(): void;
}

interface NodeWorker {
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'exit', listener: (code: number) => void): void;
  postMessage(message: object): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

interface WebWorker {
  onerror: ((event: { readonly message?: string; preventDefault?(): void }) => void) | null;
  postMessage(message: object): void;
  terminate(): void;
}

interface Host {
  readonly process?: { readonly getBuiltinModule?: (id: string) => unknown };
  readonly Worker?: new (url: string) => WebWorker;
  readonly Blob?: new (parts: readonly string[], options: { type: string }) => object;
  readonly URL: { createObjectURL?(blob: object): string; revokeObjectURL?(url: string): void };
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly crossOriginIsolated?: boolean;
  readonly SharedArrayBuffer?: unknown;
}

const host = globalThis as unknown as Host;

const node = <T>(id: string): T | undefined =>
  host.process?.getBuiltinModule?.(`node:${id}`) as T | undefined;

/** Cores that threads may run on. */
export const cores = (): number =>
  node<{ availableParallelism?(): number }>('os')?.availableParallelism?.() ??
  host.navigator?.hardwareConcurrency ??
  1;

/** Whether this thread may sleep: the one that draws a page may not, and is told so even where there is nothing to wait for. */
export function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}

/** Why memory cannot be shared here, if it cannot. */
export function whyNoThreads(): string | undefined {
  if (host.SharedArrayBuffer === undefined || host.crossOriginIsolated === false)
    return 'the page is not cross-origin isolated (Cross-Origin-Opener-Policy: same-origin, Cross-Origin-Embedder-Policy: require-corp)';
  if (!node('worker_threads') && !host.Worker) return 'there are no workers';
  return undefined;
}

/** Starts a worker that runs `source`. */
export function startWorker(source: string, hooks: Hooks): Hand {
  const threads = node<{ Worker: new (source: string, options: object) => NodeWorker }>('worker_threads');
  return threads ? startInNode(threads.Worker, source, hooks) : startInBrowser(source, hooks);
}

function startInNode(
  Worker: new (source: string, options: object) => NodeWorker,
  source: string,
  { failed }: Hooks,
): Hand {
  // Loaders that the process was started with would only delay it.
  const worker = new Worker(source, { eval: true, execArgv: [], name: 'fusegrad' });
  let stopped = false;
  worker.on('error', ({ message }) => failed(message));
  worker.on('exit', (code) => {
    if (!stopped) failed(`it ended with code ${code}`);
  });
  // No process waits for it.
  worker.unref();
  return {
    post: (message) => worker.postMessage(message),
    stop: () => {
      stopped = true;
      void worker.terminate();
    },
  };
}

/** From a blob: URL, or from a data: URL where the page's policy refuses the first. */
function startInBrowser(source: string, { failed }: Hooks): Hand {
  const { Worker, Blob, URL } = host;
  const posted: object[] = [];
  let worker: WebWorker | undefined;
  const attempt = (urls: readonly (() => string)[]): void => {
    const [make, ...others] = urls;
    const refused = (reason: string): void => (others.length > 0 ? attempt(others) : failed(reason));
    try {
      worker = new Worker!(make!());
    } catch (error) {
      refused(String(error));
      return;
    }
    worker.onerror = (event) => {
      event.preventDefault?.();
      refused(event.message ?? "the page's Content-Security-Policy may lack worker-src blob:");
    };
    for (const message of posted) worker.postMessage(message);
  };
  attempt([
    () => URL.createObjectURL!(new Blob!([source], { type: 'text/javascript' })),
    () => `data:text/javascript,${encodeURIComponent(source)}`,
  ]);
  return {
    post(message) {
      posted.push(message);
      worker?.postMessage(message);
    },
    stop: () => worker?.terminate(),
  };
}
