export { checkpoint } from './checkpoint.js';
export { customGradient, registerGradientRule, type CustomRule } from './custom.js';
export { gradients, type GradientOptions } from './reverse.js';
export { gradientRules, type GradientRule, type GradientTable, type NoGradient } from './rules/index.js';
export {
  grad,
  jvp,
  unitCotangent,
  valueAndGrad,
  vjp,
  type GradOptions,
  type NodeFunction,
} from './transforms.js';
