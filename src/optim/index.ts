/** Optimizers with PyTorch's names, options and defaults (torch.optim). */
export { Adam, AdamW, type AdamOptions, type MomentOptions } from './adam.js';
export * from './adam-variants.js';
export * from './adaptive.js';
export * from './averaged.js';
export type { ParamGroup, ParamGroupInit, Params } from './group.js';
export { Optimizer, type OptimizerState } from './optimizer.js';
export type { CommonOptions, Rule } from './rule.js';
export * from './sgd.js';
