/** Whole tensors compared: answers for the host. */
import { sameShape } from '../core/index.js';
import { isclose } from './functions.generated.js';
import type { Tensor } from './tensor.generated.js';

/** Whether two tensors have the same shape and the same values; NaN equals nothing (torch.equal). */
export const equal = async (x: Tensor, y: Tensor): Promise<boolean> =>
  sameShape(x.shape, y.shape) && (await x.eq(y).all().item()) === 1;

/** Whether all values are as close as `isclose` asks (torch.allclose). */
export const allclose = async (
  x: Tensor,
  y: Tensor,
  options: { rtol?: number | undefined; atol?: number | undefined; equalNan?: boolean | undefined } = {},
): Promise<boolean> => (await isclose(x, y, options).all().item()) === 1;
