/**
 * fusegrad: a deep-learning library with PyTorch's vocabulary and a compiler underneath.
 * @module
 */
export * from './browser.js';
export { compile, compileAsync } from './tensor/compile-traced.js';
