/** Results of the peers' harness, read back: results.json as peers/run_all.mjs writes it. */
import { readFileSync } from 'node:fs';

export interface Line {
  readonly peer: string;
  readonly threads: number;
  readonly workload: string;
  /** null: it failed. */
  readonly ms: number | null;
  readonly cpu_ms?: number;
  readonly gflops?: number;
  readonly losses?: readonly number[];
  readonly probe?: readonly number[];
  readonly run?: string;
  readonly note?: string;
}

interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
}

interface File {
  readonly lines: readonly Line[];
  readonly machine: Machine;
  readonly peak?: number;
  readonly sideBySide?: number;
}

/** A line with a time, and what a step costs: of a pinned process no more than its CPU time. */
export type Timed = Line & { readonly cost: number };

const torch = 'torch-1.13.1';
/** Bound of the relative difference between a library's losses or results and PyTorch's. */
const tolerance = 1e-3;

export class PeerResults {
  readonly #file: File;

  constructor(path: string) {
    this.#file = JSON.parse(readFileSync(path, 'utf8')) as File;
  }

  get machine(): Machine {
    return this.#file.machine;
  }
  /** GFLOP/s of wasm_peak.mjs with relaxed SIMD. */
  get peak(): number | undefined {
    return this.#file.peak;
  }
  /** What two processes side by side reach together, one alone being 1. */
  get sideBySide(): number | undefined {
    return this.#file.sideBySide;
  }

  /** Whether PyTorch multiplied with an optimised BLAS; undefined where it did not run. */
  get torchIsFast(): boolean | undefined {
    const info = this.#file.lines.find((line) => line.peer === torch && line.workload === 'INFO');
    return info && /openblas|mkl|blis/.test(info.note ?? '');
  }

  of(peer: string, threads: number, workload: string): Timed | undefined {
    const line = this.#file.lines.find(
      (each) => each.peer === peer && each.threads === threads && each.workload === workload,
    );
    return line && timed(line);
  }

  torch(workload: string): Timed | undefined {
    return this.of(torch, 1, workload);
  }

  /** The fastest JavaScript library on one thread, among those that compute what PyTorch computes. */
  bestPeer(workload: string): Timed | undefined {
    return this.#file.lines
      .filter(({ peer, threads }) => threads === 1 && !/^(fusegrad|torch|ort-node)/.test(peer))
      .filter((line) => line.workload === workload || line.workload === `${workload} no-jit`)
      .map(timed)
      .filter((line) => line !== undefined)
      .filter((line) => this.#agrees(line, workload))
      .sort((a, b) => a.cost - b.cost)[0];
  }

  /** Whether losses and results are PyTorch's; true where there is nothing to compare with. */
  #agrees(line: Line, workload: string): boolean {
    return this.difference(line, workload) < tolerance;
  }

  /** The largest relative difference between a line's losses and results and PyTorch's. */
  difference(line: Line, workload = line.workload): number {
    const expected = this.torch(workload);
    const between = (found?: readonly number[], wanted?: readonly number[]): number[] =>
      found && wanted ? wanted.map((x, i) => Math.abs(found[i]! - x) / Math.max(1, Math.abs(x))) : [];
    const all = [...between(line.losses, expected?.losses), ...between(line.probe, expected?.probe)];
    return Math.max(0, ...all.map((x) => (Number.isNaN(x) ? Infinity : x)));
  }
}

function timed(line: Line): Timed | undefined {
  if (line.ms === null) return undefined;
  return { ...line, cost: line.threads === 1 ? Math.min(line.ms, line.cpu_ms ?? Infinity) : line.ms };
}
