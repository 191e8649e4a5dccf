/**
 * Workers that share a device's memory. They start when the first program that can use them is loaded, take part as soon
 * as they are there, sleep between jobs, and keep no process alive.
 */
import { InternalError } from '../../../core/index.js';
import type { CompiledModule } from '../engine.js';
import type { Device } from '../memory.js';
import { control } from './control.js';
import { cores, maySleep, startWorker, type Hand } from './host.js';
import { workerSource, type Mail, type Start } from './worker.js';

/** Milliseconds a worker looks for the next job before it sleeps, and looks that take the first thread as long. */
const patience = { milliseconds: 0.002, looks: 500 };

const word = (address: number): number => address / 4;

export class Pool {
  readonly #hands: Hand[] = [];
  readonly #numbers = new WeakMap<CompiledModule, number>();
  readonly #modules = new Map<number, WeakRef<CompiledModule>>();
  readonly #dropped = new FinalizationRegistry<number>((number) => {
    this.#modules.delete(number);
    this.#tell({ number, module: null });
  });
  #next = 1;
  #mail = 0;
  #lost = false;

  readonly #cores = cores();
  readonly #maySleep = maySleep();

  constructor(
    readonly device: Device,
    /** Told once, when workers cannot start or one has died: from then on there is one thread. */
    readonly onLoss: (reason: string) => void,
    readonly source = workerSource,
  ) {}

  /** A module's `step` with up to `threads` threads, whose workers start now if there are too few. */
  join(module: CompiledModule, threads: number, step: (table: number) => void): (table: number) => void {
    const number = this.#add(module);
    while (!this.#lost && this.#hands.length < threads - 1) this.#start();
    return (table) => this.#run(number, threads, step, table);
  }

  /** The number that workers know a module by. */
  #add(module: CompiledModule): number {
    const known = this.#numbers.get(module);
    const number = known ?? this.#next++;
    if (known === undefined) {
      this.#numbers.set(module, number);
      this.#modules.set(number, new WeakRef(module));
      this.#dropped.register(module, number);
      this.#tell({ number, module });
    }
    return number;
  }

  #run(number: number, threads: number, step: (table: number) => void, table: number): void {
    const { words } = this.device;
    Atomics.store(words, word(control.module), number);
    Atomics.store(words, word(control.threads), this.#lost ? 1 : threads);
    const spare = this.#lost ? 0 : threads < this.#cores ? patience.looks : 0;
    words[word(control.patience)] = this.#maySleep ? spare : -1;
    try {
      step(table);
    } catch (error) {
      // Workers may still be at a job that nobody waits for any more.
      this.#lose(`a run failed: ${String(error)}`);
      throw error;
    }
    if (words[word(control.trouble)] === 0) return;
    words[word(control.trouble)] = 0;
    throw new InternalError('a worker failed while it ran a kernel');
  }

  /** Ends all workers: programs go on with one thread. */
  stop(): void {
    this.#lost = true;
    for (const hand of this.#hands) hand.stop();
    this.#hands.length = 0;
  }

  #start(): void {
    const modules = [...this.#modules].flatMap(([number, held]): [number, CompiledModule][] => {
      const module = held.deref();
      return module ? [[number, module]] : [];
    });
    const thread = this.#hands.length + 1;
    const start: Start = {
      memory: this.device.memory,
      thread,
      mail: this.#mail,
      patience: thread + 1 < this.#cores ? patience.milliseconds : 0,
      modules,
    };
    try {
      const hand = startWorker(this.source, { failed: (reason) => this.#lose(reason) });
      this.#hands.push(hand);
      hand.post(start);
    } catch (error) {
      this.#lose(String(error));
    }
  }

  #tell(message: Mail): void {
    if (this.#hands.length === 0) return;
    for (const hand of this.#hands) hand.post(message);
    const { words } = this.device;
    Atomics.store(words, word(control.mail), ++this.#mail);
    // A change of the number is what a sleeping worker waits for. No job is under way.
    Atomics.add(words, word(control.number), 1);
    Atomics.notify(words, word(control.number));
  }

  #lose(reason: string): void {
    if (this.#lost) return;
    this.stop();
    this.onLoss(reason);
  }
}
