/** torch.nn.functional: the generated functions, and those that draw random numbers. */
export * from './F.generated.js';
export { scaledDotProductAttention, type AttentionOptions } from './attention.js';
export { dropout } from './random.js';
