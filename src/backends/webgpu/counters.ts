/** Counts of what a device was given to do. */

/** What has been done so far. */
export interface DeviceCounters {
  /** Runs of programs. */
  runs: number;
  dispatches: number;
  copies: number;
  submits: number;
  /** Arrays sent to the device. */
  uploads: number;
  /** Contents read back. */
  reads: number;
  buffersCreated: number;
  pipelinesCreated: number;
}

export const noCounts: DeviceCounters = {
  runs: 0,
  dispatches: 0,
  copies: 0,
  submits: 0,
  uploads: 0,
  reads: 0,
  buffersCreated: 0,
  pipelinesCreated: 0,
};
