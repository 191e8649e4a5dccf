/** Random tensors: every draw advances the generator once, inside compiled functions too. */
import { ArgumentError, atSite, checkSizes, numbersIn, numel, type DType } from '../core/index.js';
import { withoutOptions, type SizesWith } from '../functional/creation.js';
import * as f from '../functional/index.js';
import { g, node, uniformOf, type Node } from '../graph/index.js';
import { defaultGenerator, type Generator } from '../runtime/index.js';
import { expectTensor } from './arguments.js';
import { Tensor, leaf } from './tensor.generated.js';

export interface RandomOptions {
  readonly dtype?: DType;
  readonly generator?: Generator;
  /** Whether the result is a leaf that accumulates a gradient. */
  readonly requiresGrad?: boolean;
}

type SizeArguments =
  readonly [readonly number[], RandomOptions?] | readonly (number | RandomOptions | undefined)[];

/** `rand(2, 3)`, `rand([2, 3])` and both with options. */
function sizesOf(op: string, args: SizeArguments): { shape: number[]; options: RandomOptions } {
  const { sizes, options = {} } = withoutOptions(args as SizesWith<RandomOptions>);
  const shape = sizes.flatMap((size: number | readonly number[] | undefined) =>
    typeof size === 'number' ? size : [...numbersIn(op, size === undefined ? [] : size)],
  );
  checkSizes(op, shape);
  return { shape, options };
}

function uniformNode(
  shape: readonly number[],
  { dtype = 'float32', generator = defaultGenerator }: RandomOptions,
): Node {
  const words = generator.bits(numel(shape));
  return g.cast(g.reshape(uniformOf(words), shape), dtype);
}

/**
 * Uniform numbers in [0, 1) (torch.rand).
 * @example rand(2, 3)
 */
export function rand(...args: SizeArguments): Tensor {
  return atSite(() => {
    const { shape, options } = sizesOf('rand', args);
    return leaf(new Tensor(uniformNode(shape, options)), options);
  });
}

function normalNode(shape: readonly number[], options: RandomOptions): Node {
  const { dtype = 'float32' } = options;
  const uniform = uniformNode(shape, { ...options, dtype: 'float32' });
  // From (-1, 1): the lowest value is moved up so that erfinv stays finite.
  const low = -0.99999994;
  const spread = g.withScalar('max', g.withScalar('add', g.scale(uniform, 2), low), low);
  return g.cast(g.scale(f.erfinv(spread), Math.SQRT2), dtype);
}

/**
 * Numbers of the standard normal distribution (torch.randn), by the inverse of the error function.
 * @example randn(2, 3)
 */
export function randn(...args: SizeArguments): Tensor {
  return atSite(() => {
    const { shape, options } = sizesOf('randn', args);
    return leaf(new Tensor(normalNode(shape, options)), options);
  });
}

/** Uniform numbers in [0, 1) of x's shape and dtype (torch.rand_like). */
export const randLike = (x: Tensor): Tensor => rand([...x.shape], { dtype: x.dtype });
/** Standard normal numbers of x's shape and dtype (torch.randn_like). */
export const randnLike = (x: Tensor): Tensor => randn([...x.shape], { dtype: x.dtype });

/**
 * Integers in [low, high), from 0 where `low` is left out; int32 by default (torch.randint).
 * @throws ArgumentError for an empty range.
 */
export function randint(high: number, sizes: readonly number[], options?: RandomOptions): Tensor;
export function randint(low: number, high: number, sizes: readonly number[], options?: RandomOptions): Tensor;
export function randint(
  ...args: readonly (number | readonly number[] | RandomOptions | undefined)[]
): Tensor {
  const [low, high, sizes, options = {}] = (typeof args[1] === 'number' ? args : [0, ...args]) as [
    number,
    number,
    readonly number[],
    RandomOptions?,
  ];
  return atSite(() => {
    if (!(high > low)) throw new ArgumentError('randint', `[${low}, ${high}) is empty`);
    const least = -(2 ** 31);
    if (!Number.isInteger(low) || !Number.isInteger(high) || low < least || high > -least) {
      throw new ArgumentError('randint', `draws int32, which [${low}, ${high}) goes beyond`);
    }
    checkSizes('randint', sizes);
    const { dtype = 'int32', generator = defaultGenerator } = options;
    const words = generator.bits(numel(sizes));
    const span = high - low;
    // All of int32 is one number more than a uint32 holds.
    const rest = span === 2 ** 32 ? words : g.binary('fmod', words, g.full(words.shape, span, 'uint32'));
    const value = g.withScalar('add', g.cast(rest, 'int32'), low);
    return new Tensor(g.cast(g.reshape(value, sizes), dtype));
  });
}

/** The integers 0 to n - 1 in random order, int32 (torch.randperm). */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  return atSite(() => {
    checkSizes('randperm', [n]);
    const { generator = defaultGenerator } = options;
    return new Tensor(node('argsort', [generator.bits(n)], { axis: 0, descending: false }));
  });
}

/** true with probability `p` of each element, as 1 and 0 of p's dtype (torch.bernoulli). */
export function bernoulli(p: Tensor, options: RandomOptions = {}): Tensor {
  return atSite(() => {
    expectTensor(p, 'bernoulli', 'p');
    const uniform = uniformNode(p.shape, options);
    return new Tensor(g.cast(g.lt(uniform, g.cast(p.node, uniform.dtype)), p.dtype));
  });
}

/**
 * x with each element set to 0 with probability `p` while training, and the rest scaled by 1 / (1 - p)
 * (torch.nn.functional.dropout).
 */
export function dropout(x: Tensor, options: { p?: number; training?: boolean } = {}): Tensor {
  const { p = 0.5, training = true } = options;
  return atSite(() => {
    expectTensor(x, 'dropout', 'x');
    if (!training) return x;
    if (p <= 0 || p >= 1) return new Tensor(f.dropoutWith(x.node, g.constant(0, x.dtype), { p }));
    return new Tensor(f.dropoutWith(x.node, uniformNode(x.shape, { dtype: 'float32' }), { p }));
  });
}
