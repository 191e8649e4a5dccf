export * from './dtype.js';
export * from './errors.js';
export * from './half.js';
export * from './shape.js';
export * from './callsite.js';
