/** The page: what the visitor chooses goes to the worker, and what the worker says is shown. */
import type { BackendName } from 'fusegrad';
import { Bars } from './bars.js';
import { Curve } from './curve.js';
import { showGraph } from './graph.js';
import { Pad } from './pad.js';
import type { Image, ModelName, Reply, Request } from './protocol.js';
import { findAdapter } from './webgpu.js';

const backendNames: Record<BackendName, string> = { js: 'JavaScript', wasm: 'WebAssembly', webgpu: 'WebGPU' };

const find = <T extends Element = HTMLElement>(id: string): T => document.querySelector<T>(`#${id}`)!;
const tell = (id: string, text: string): void => void (find(id).textContent = text);
const number = (value: number, digits = 0): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const controls = find<HTMLFormElement>('controls');
const chosen = <T extends string>(name: string): T => new FormData(controls).get(name) as T;
const curve = new Curve(find<SVGSVGElement>('curve'));
const bars = new Bars(find('digits'));
const pad = new Pad(find<HTMLCanvasElement>('pad'), drawn);

let worker: Worker | undefined;
let adapter = '';
let running = false;
let image: Image | undefined;
let label: number | undefined;

const ask = (request: Request): void => worker?.postMessage(request);

/** A new worker with new weights; the one before is given up with all it holds. */
function begin(): void {
  worker?.terminate();
  worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data, currentTarget }: MessageEvent<Reply>) => {
    if (currentTarget === worker) show(data);
  });
  worker.addEventListener('error', ({ message }) => show({ kind: 'failed', message }));
  curve.clear();
  for (const figure of ['loss', 'accuracy', 'speed', 'epochs']) tell(figure, '–');
  setRunning(false);
  tell('status', 'Loading digits, compiling the training step …');
  ask({
    kind: 'load',
    model: chosen<ModelName>('model'),
    backend: chosen<BackendName>('backend'),
    digits: new URL('digits.bin', document.baseURI).href,
  });
  ask({ kind: 'draw', image });
}

function setRunning(run: boolean): void {
  running = run;
  tell('run', run ? 'Pause' : 'Start');
}

const shown: { [K in Reply['kind']]: (reply: Extract<Reply, { kind: K }>) => void } = {
  compiled({ backend, program }) {
    const { parameters, kernels, bytes, bytesUnfused } = program;
    tell('status', `${number(parameters)} parameters, compiled for ${backendNames[backend]}.`);
    tell(
      'program',
      `Each frame is a kernel, each arrow a value that goes through memory. ${kernels} kernels move ${bytes}; ` +
        `with one for every operation it would be ${bytesUnfused}.`,
    );
    void showGraph(find('graph'), program.dot);
  },
  progress({ losses, epochs, samplesPerSecond, dispatches }) {
    curve.add(losses);
    tell('loss', number(losses.reduce((sum, loss) => sum + loss, 0) / losses.length, 3));
    tell('speed', samplesPerSecond === undefined ? '–' : number(samplesPerSecond));
    tell('epochs', number(epochs, 1));
    if (dispatches !== undefined) tell('adapter', `${adapter} has run ${number(dispatches)} kernels.`);
  },
  accuracy({ accuracy }) {
    tell('accuracy', `${number(100 * accuracy, 1)} %`);
  },
  probabilities({ probabilities }) {
    if (!image) return;
    bars.show(probabilities);
    const best = probabilities.indexOf(Math.max(...probabilities));
    tell(
      'answer',
      label === undefined ? `It looks like a ${best}.` : `It looks like a ${best}; it is a ${label}.`,
    );
  },
  picked(reply) {
    pad.show(reply.image);
    label = reply.label;
  },
  failed({ message }) {
    setRunning(false);
    tell('status', `It failed: ${message}\nReset starts again, with new weights.`);
  },
};

const show = (reply: Reply): void => shown[reply.kind](reply as never);

function drawn(next: Image | undefined): void {
  image = next;
  label = undefined;
  if (!image) {
    bars.show(undefined);
    tell('answer', 'Pick one shows a digit that training does not see.');
  }
  ask({ kind: 'draw', image });
}

find('run').addEventListener('click', () => {
  setRunning(!running);
  ask({ kind: running ? 'train' : 'pause' });
});
find('reset').addEventListener('click', begin);
find('clear').addEventListener('click', () => pad.clear());
find('pick').addEventListener('click', () => ask({ kind: 'pick' }));
controls.addEventListener('change', ({ target }) => {
  if ((target as HTMLInputElement).name === 'model') begin();
  else ask({ kind: 'use', backend: chosen<BackendName>('backend') });
});

begin();
try {
  adapter = await findAdapter();
  controls.querySelector<HTMLInputElement>('[value=webgpu]')!.disabled = false;
  tell('adapter', `WebGPU would run on ${adapter}.`);
} catch (error) {
  tell('adapter', `WebGPU is not to be had: ${(error as Error).message}.`);
}
