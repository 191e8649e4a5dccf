/** Trains away from the page, in bursts of steps; between them it does what the page has asked for. */
import type { BackendName } from 'fusegrad';
import { loadDigits, type Digits } from './digits.js';
import { Pace } from './pace.js';
import type { Image, Reply, Request } from './protocol.js';
import { Trainer } from './trainer.js';

/** Held-out digits are classified every so many milliseconds, unless that takes more than this part of the time. */
const PERIOD = 1000;
const SHARE = 0.2;

const say = (reply: Reply): void => postMessage(reply);

/** Why nothing can be computed, while the digits or the backend are not to be had. */
let unready: unknown;
let digits: Digits;
let trainer: Trainer;
/** Whether the digits are there. */
let loaded = false;
let training = false;
let drawn: Image | undefined;
let samples = 0;

// Of the backend in use:
let pace: Pace;
/** When held-out digits are due. */
let due = 0;
/** Whether classifying them is still to be compiled: the time of that says nothing. */
let cold = true;
/** Counts the kernels that a WebGPU device has run. */
let dispatches: (() => number) | undefined;

const handlers: { [K in Request['kind']]: (request: Extract<Request, { kind: K }>) => Promise<void> } = {
  async load({ model, backend, digits: url }) {
    digits = await loadDigits(url);
    trainer = new Trainer(model, digits);
    loaded = true;
    await use(backend);
  },
  async use({ backend }) {
    await use(backend);
    await classify();
  },
  async train() {
    training = true;
  },
  async pause() {
    training = false;
    await evaluate();
  },
  async draw({ image }) {
    drawn = image;
    await classify();
  },
  async pick() {
    const [image, label] = digits.heldOut.at(Math.floor(Math.random() * digits.heldOut.length))!;
    say({ kind: 'picked', image: Float32Array.from(await image.data(), Number), label: await label.item() });
  },
};

async function use(backend: BackendName): Promise<void> {
  dispatches = undefined;
  if (backend === 'webgpu') {
    const { initWebGPU, webgpuCounters } = await import('fusegrad/webgpu');
    await initWebGPU();
    dispatches = () => webgpuCounters().dispatches;
  }
  await trainer.use(backend);
  say({ kind: 'compiled', backend, program: trainer.program() });
  pace = new Pace();
  due = performance.now() + PERIOD;
  cold = true;
}

async function burst(): Promise<void> {
  const { steps } = pace;
  const started = performance.now();
  const losses = await trainer.train(steps);
  pace.took(performance.now() - started);
  samples += steps * trainer.batchSize;
  say({
    kind: 'progress',
    losses,
    epochs: samples / digits.train.length,
    samplesPerSecond: pace.stepsPerSecond && pace.stepsPerSecond * trainer.batchSize,
    dispatches: dispatches?.(),
  });
  await classify();
}

async function evaluate(): Promise<void> {
  const started = performance.now();
  say({ kind: 'accuracy', accuracy: (await trainer.countCorrect()) / digits.heldOut.length });
  const ended = performance.now();
  due = ended + (cold ? PERIOD : Math.max(PERIOD, (ended - started) / SHARE));
  cold = false;
}

async function classify(): Promise<void> {
  if (drawn) say({ kind: 'probabilities', probabilities: await trainer.classify(drawn) });
}

const inbox: Request[] = [];
let wake = (): void => undefined;
addEventListener('message', ({ data }: MessageEvent<Request>) => {
  inbox.push(data);
  wake();
});

/** Lets messages come in: waits for one, in training just for a moment. */
const listen = (): Promise<void> =>
  new Promise((resolve) => {
    wake = resolve;
    if (training || inbox.length > 0) setTimeout(resolve);
  });

/** Does something, or says why not: what was asked for besides goes on. */
async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    training = false;
    say({ kind: 'failed', message: (error as Error).message });
  }
}

async function answer(request: Request): Promise<void> {
  const prepares = request.kind === 'load' || (request.kind === 'use' && loaded);
  if (unready && !prepares) throw unready;
  try {
    await handlers[request.kind](request as never);
    if (prepares) unready = undefined;
  } catch (error) {
    if (prepares) unready = error;
    throw error;
  }
}

for (;;) {
  await listen();
  for (const request of inbox.splice(0)) await attempt(() => answer(request));
  await attempt(async () => {
    if (training) await burst();
    if (training && due < performance.now()) await evaluate();
  });
}
