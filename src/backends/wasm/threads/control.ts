/** Where threads meet: addresses in shared memory, below the first region. */

/**
 * `job` is one i64: the chunks that nobody has taken yet, and in its upper half the number of the job. What describes a job
 * is written before its number and stays until all its chunks are done, so whoever takes a chunk by exchanging the
 * whole i64 has read what belongs to it.
 */
export const control = {
  job: 64,
  number: 68,
  /** Chunks that are done. */
  done: 128,
  /** Threads that sleep until the number of the job changes. */
  asleep: 192,
  /** Messages posted to each worker: one that has read fewer goes back to its event loop. */
  mail: 196,
  /** Set by a worker that failed while it ran a chunk. */
  trouble: 200,
  /** Guards the note of an index out of range. */
  lock: 204,
  // What a run sets.
  /** Whose jobs they are. */
  module: 256,
  /** Threads that may take part: each has scratch of its own. */
  threads: 260,
  /** How often the first thread looks whether all is done before it sleeps; -1: it must not sleep. */
  patience: 264,
  // What a job sets.
  table: 320,
  launch: 324,
  units: 328,
  chunk: 332,
  chunks: 336,
  /** The unit before which an index out of range is noted: the first one counts, whoever finds it. */
  before: 340,
} as const;
