// Written by `npm run codegen` from src/functional. Do not edit.
/** torch.special: special functions. */
import * as f from '../functional/index.js';

import { call } from './base.js';
import { lower, wrap, type Operand, type Tensor } from './tensor.generated.js';

/**
 * `x * log1p(y)`, 0 where `x` is 0 (NaN `y` stays NaN).
 */
export function xlog1py(x: Operand, y: Operand): Tensor {
  return call(() => wrap(f.xlog1py(lower(x), lower(y))));
}
