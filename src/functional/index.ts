/** Composites over graph values: every operation a user can name, made of primitives. */
export * from './composites.generated.js';
export { resultType, toValue, type Scalar } from './operands.js';
export { alphaDropoutWith, dropoutWith } from './dropout.js';
