/** What the page and its worker tell each other. */
import type { BackendName } from 'fusegrad';

export type ModelName = 'mlp' | 'cnn';

/** Grey values of 28 x 28 pixels, row by row, from 0 to 1. */
export type Image = Float32Array<ArrayBuffer>;

/** What the page asks for. */
export type Request =
  /** Comes first. Another model, or the same from new weights, gets a worker of its own. */
  | { kind: 'load'; model: ModelName; backend: BackendName; digits: string }
  | { kind: 'train' }
  | { kind: 'pause' }
  /** Go on, with the same weights, on another backend. */
  | { kind: 'use'; backend: BackendName }
  /** Classify this from now on. */
  | { kind: 'draw'; image: Image | undefined }
  /** Show a digit that training does not see. */
  | { kind: 'pick' };

/** What the worker has to say. */
export type Reply =
  | { kind: 'compiled'; backend: BackendName; program: Program }
  /** Some steps more are done. */
  | {
      kind: 'progress';
      /** Of each of them. */
      losses: number[];
      /** How often the training digits have been gone through so far. */
      epochs: number;
      /** Unknown until the first steps, which are slow, are done. */
      samplesPerSecond: number | undefined;
      /** Kernels that the WebGPU device has run so far, where it is in use. */
      dispatches: number | undefined;
    }
  /** Part of the held-out digits that are told right. */
  | { kind: 'accuracy'; accuracy: number }
  /** Of the ten digits, for what was drawn last. */
  | { kind: 'probabilities'; probabilities: number[] }
  | { kind: 'picked'; image: Image; label: number }
  | { kind: 'failed'; message: string };

/** The training step as it was compiled. */
export interface Program {
  parameters: number;
  kernels: number;
  bytes: string;
  bytesUnfused: string;
  /** Its kernels in Graphviz's language. */
  dot: string;
}
