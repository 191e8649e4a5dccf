export * from './autograd.js';
export { TensorBase, assignAll } from './base.js';
export * from './compile.js';
export { fromTypedArray, tensor, type NestedValues, type TensorOptions } from './creation.js';
export * from './functions.generated.js';
export * from './random.js';
export * from './state.js';
export { Tensor, type Named, type Operand } from './tensor.generated.js';
export type { Nested, Numbers } from './values.js';
