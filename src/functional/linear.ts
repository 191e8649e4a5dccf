/** Linear and bilinear maps of the last dimension. */
import { DTypeError, ShapeError, formatShape, sameShape } from '../core/index.js';
import { g } from '../graph/index.js';
import type { Value } from './operands.js';

function addBias(op: string, y: Value, bias: Value | undefined): Value {
  if (bias === undefined) return y;
  if (
    bias.shape.length > 1 ||
    (bias.shape.length === 1 && bias.shape[0] !== y.shape.at(-1) && bias.shape[0] !== 1)
  ) {
    throw new ShapeError(op, `bias ${formatShape(bias.shape)} does not fit ${y.shape.at(-1)} outputs`);
  }
  return g.add(y, g.expandTo(bias, y.shape));
}

/**
 * `x weight^T + bias` over the last dimension. PyTorch: `F.linear`.
 * @namespace F
 * @param input [..., I].
 * @param weight [O, I], of the input's dtype; [I] gives one output without a dimension.
 * @param bias [O].
 * @returns [..., O].
 * @throws ShapeError when the sizes do not fit; DTypeError when the dtypes differ.
 * @example F.linear(tensor([1, 2]), tensor([[3, 4]])) // [11]
 */
export function linear(input: Value, weight: Value, bias?: Value): Value {
  const op = 'linear';
  const last = input.shape.length - 1;
  if (
    last < 0 ||
    weight.shape.length < 1 ||
    weight.shape.length > 2 ||
    input.shape[last] !== weight.shape.at(-1)
  ) {
    throw new ShapeError(
      op,
      `input ${formatShape(input.shape)} and weight ${formatShape(weight.shape)} do not fit: the input's last ` +
        `dimension is ${input.shape[last] ?? 'missing'}, the weight takes ${weight.shape.at(-1) ?? 'none'}`,
      'weight is [out, in]',
    );
  }
  if (input.dtype !== weight.dtype) {
    throw new DTypeError(
      op,
      `input is ${input.dtype}, weight ${weight.dtype}`,
      `x.to('${weight.dtype}') fits`,
    );
  }
  const contract = {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [last],
    rhsContract: [weight.shape.length - 1],
  };
  return addBias(op, g.dot(input, weight, contract), bias);
}

/**
 * `x1^T weight[o] x2 + bias[o]` for each output o. PyTorch: `F.bilinear`.
 * @namespace F
 * @param input1 [..., I].
 * @param input2 [..., J], with the same leading dimensions.
 * @param weight [O, I, J].
 * @param bias [O].
 * @returns [..., O].
 * @throws ShapeError when the sizes do not fit.
 * @example F.bilinear(tensor([1, 2]), tensor([3]), tensor([[[1], [1]]])) // [9]
 */
export function bilinear(input1: Value, input2: Value, weight: Value, bias?: Value): Value {
  const op = 'bilinear';
  const lead = input1.shape.slice(0, -1);
  if (!sameShape(lead, input2.shape.slice(0, -1)) || input1.shape.length === 0 || input2.shape.length === 0) {
    throw new ShapeError(
      op,
      `inputs ${formatShape(input1.shape)} and ${formatShape(input2.shape)} differ in their leading dimensions`,
    );
  }
  const [o, i, j] = weight.shape;
  if (weight.shape.length !== 3 || input1.shape.at(-1) !== i || input2.shape.at(-1) !== j) {
    throw new ShapeError(
      op,
      `input sizes ${input1.shape.at(-1)} and ${input2.shape.at(-1)} do not match weight ${formatShape(weight.shape)}`,
      'weight is [out, in1, in2]',
    );
  }
  const left = g.dot(input1, weight, {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [lead.length],
    rhsContract: [1],
  });
  const shape = [...lead, o!, j!];
  const right = g.expand(g.reshape(input2, [...lead, 1, j!]), shape);
  return addBias(op, g.sum(g.mul(left, right), [lead.length + 1]), bias);
}
