export * from './attrs.js';
export * from './families.js';
export * from './infer.js';
export * from './scalar.js';
export * from './special.js';
export { summaries } from './summaries.js';
