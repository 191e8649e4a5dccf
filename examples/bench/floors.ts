/** How many times faster than the others a workload has to be: what the project promises. */
export interface Floor {
  /** Against the fastest JavaScript library that can do it. */
  readonly js: number;
  /** Against PyTorch 1.13 on the CPU, one thread. */
  readonly torch: number;
  /** Part of the peak of f32x4 arithmetic. */
  readonly peak?: number;
}

export const floors: Readonly<Record<string, Floor>> = {
  'W1 mlp': { js: 2.8, torch: 0.75 },
  'W2 textcnn': { js: 5, torch: 0.6 },
  'W3 cnn': { js: 2.8, torch: 0.5 },
  'W4 gpt': { js: 3, torch: 0.5 },
  'W5 chain fwd': { js: 4, torch: 2.3 },
  'W5 chain grad': { js: 6, torch: 3.5 },
  'W6 matmul256': { js: 1.45, torch: 0.43, peak: 0.8 },
  'W6 matmul512': { js: 1.45, torch: 0.43, peak: 0.8 },
  'W6 matmul1024': { js: 1.45, torch: 0.43, peak: 0.8 },
  'W7 ln+softmax': { js: 3.5, torch: 1.1 },
  'W8 conv3x3': { js: 1.4, torch: 0.4, peak: 0.8 },
  'W8 conv7x7s2': { js: 1.3, torch: 0.34 },
  'W8 depthwise3x3': { js: 1.5, torch: 0.4 },
  'W9 tiny': { js: 50, torch: 25 },
};

/** Process start to the end of the first MLP step, in ms, at most. */
export const coldStart = 200;

/** What two threads bring, where two processes side by side bring `machine`. */
export const twoThreads = {
  machine: 1.8,
  ratio: 1.6,
  workloads: ['W3 cnn', 'W4 gpt', 'W6 matmul1024'],
};
