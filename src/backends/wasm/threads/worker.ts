/**
 * What a worker runs. It is text, so that no user has to copy a file, and no bundler to find one.
 *
 * A worker sleeps in Atomics.wait, where no message reaches it: whoever posts one counts it in `mail`, and the worker then
 * goes back to its event loop, which hands it over.
 */
import { control } from './control.js';

/** The first message: what a worker needs to begin. */
export interface Start {
  readonly memory: object;
  readonly thread: number;
  /** Messages posted to the others before. */
  readonly mail: number;
  /** Milliseconds it looks for the next job before it sleeps. */
  readonly patience: number;
  readonly modules: readonly (readonly [number: number, module: object])[];
}

/** Later ones. */
export type Mail =
  { readonly number: number; readonly module: object } | { readonly number: number; readonly module: null };

const word = (address: number): number => address / 4;

export const workerSource = `'use strict';
const port = typeof require === 'function' ? require('node:worker_threads').parentPort : undefined;
const helpers = new Map();
let words, memory, thread, patience, received = -1;

function add(number, module) {
  const env = { memory, start() {}, stop() {} };
  helpers.set(number, new WebAssembly.Instance(module, { env }).exports.help);
}

function receive(message) {
  if (received < 0) {
    ({ memory, thread, patience, mail: received } = message);
    words = new Int32Array(memory.buffer, 0, 256);
    for (const [number, module] of message.modules) add(number, module);
  } else {
    received++;
    if (message.module) add(message.number, message.module);
    else helpers.delete(message.number);
  }
  work();
}

function work() {
  while (Atomics.load(words, ${word(control.mail)}) === received) {
    // Whose jobs they are is set before the number changes: read in this order, it is right for this number or no chunk is left.
    const number = Atomics.load(words, ${word(control.number)});
    if (thread < Atomics.load(words, ${word(control.threads)})) {
      const help = helpers.get(Atomics.load(words, ${word(control.module)}));
      if (help) run(help, number);
    }
    if (patience > 0) {
      const until = performance.now() + patience;
      while (Atomics.load(words, ${word(control.number)}) === number && performance.now() < until);
    }
    Atomics.add(words, ${word(control.asleep)}, 1);
    if (Atomics.load(words, ${word(control.mail)}) === received) Atomics.wait(words, ${word(control.number)}, number);
    Atomics.sub(words, ${word(control.asleep)}, 1);
  }
}

/** A failure must not leave the first thread waiting. */
function run(help, number) {
  try {
    help(thread, number);
  } catch (error) {
    Atomics.store(words, ${word(control.trouble)}, 1);
    Atomics.add(words, ${word(control.done)}, 1);
    Atomics.notify(words, ${word(control.done)});
    throw error;
  }
}

if (port) port.on('message', receive);
else globalThis.onmessage = ({ data }) => receive(data);
`;
