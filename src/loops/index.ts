export * from './index-expr.js';
export * from './nest.js';
export * from './views.js';
export { collapse, collapseOperand } from './collapse.js';
export * from './split.js';
export * from './operands.js';
export * from './origins.js';
