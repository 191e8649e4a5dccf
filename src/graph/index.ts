export * as g from './build.js';
export * from './decompose.js';
export * from './graph.js';
export * from './key.js';
export * from './node.js';
export * from './print.js';
export * from './random.js';
