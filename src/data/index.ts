/** Datasets and batches (torch.utils.data). */
export { collate, type Collated } from './collate.js';
export {
  Subset,
  TensorDataset,
  randomSplit,
  type BatchedDataset,
  type Dataset,
  type Rows,
} from './dataset.js';
export { DataLoader, type DataLoaderOptions } from './loader.js';
