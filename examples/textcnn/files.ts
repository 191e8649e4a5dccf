/** Where training leaves its results, and what `classify` needs of them. */
import { join } from 'node:path';

export const FOLDER = join('out', 'textcnn');
export const files = {
  loss: join(FOLDER, 'loss.svg'),
  graph: join(FOLDER, 'graph.svg'),
  fused: join(FOLDER, 'fused.svg'),
  weights: join(FOLDER, 'weights.safetensors'),
  vocabulary: join(FOLDER, 'vocab.json'),
  report: join(FOLDER, 'report.json'),
} as const;
