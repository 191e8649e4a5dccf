/** The gradient of every primitive: the type checker refuses an op with neither a rule nor the mark that it has none. */
import type { OpName } from '../../ops/index.js';
import { contract } from './contract.js';
import { elementwise } from './elementwise.js';
import { indexing } from './indexing.js';
import { marker } from './marker.js';
import { reduce } from './reduce.js';
import type { GradientTable } from './rule.js';
import { view } from './view.js';

export type { Decomposed, GradientRule, GradientTable, NoGradient } from './rule.js';

export const gradientRules: GradientTable<OpName> = {
  ...elementwise,
  ...reduce,
  ...contract,
  ...view,
  ...indexing,
  ...marker,
};
