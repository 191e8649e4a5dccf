/** `fusegrad` as a browser's bundle gets it: all but what draws and explains programs (`fusegrad/inspect`). */
export {
  ArgumentError,
  AxisError,
  BackendError,
  DTypeError,
  FusegradError,
  GradientError,
  IndexError,
  InternalError,
  ShapeError,
  StaleError,
  TraceError,
} from './core/errors.js';
export { dtypes, promote, type DType, type Dim, type Shape, type TypedArray } from './core/index.js';
export * from './tensor/index.js';
export * as F from './tensor/F.js';
export * as linalg from './tensor/linalg.generated.js';
export * as special from './tensor/special.generated.js';
export {
  Generator,
  compilationCount,
  getBackend,
  getNumThreads,
  manualSeed,
  setBackend,
  setNumThreads,
  type BackendName,
} from './runtime/index.js';
export * as nn from './nn/index.js';
export * as optim from './optim/index.js';
