export * from './index-expr.js';
export * from './nest.js';
export * from './views.js';
export * from './collapse.js';
export * from './operands.js';
export * from './origins.js';
