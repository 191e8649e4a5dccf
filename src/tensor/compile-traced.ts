/** compile() with `step.trace` at hand: what everything but a browser's bundle gets. */
import { trace } from '../inspect/index.js';
import {
  compile as compileOnly,
  compileAsync as compileOnlyAsync,
  type Compiled,
  type FunctionOptions,
} from './compile.js';

/**
 * Compiles a function of tensors: forward pass, gradients, optimizer and random state become one program.
 * A call runs at once and returns tensors whose values are there. The function is traced again when shapes, dtypes or other arguments
 * change, and when a mode or option that it read has changed.
 * @param options.fusion false gives every operation a kernel of its own.
 * @throws TraceError for an async function.
 * @example const step = compile((x: Tensor) => model(x).sum());
 */
export function compile<A extends unknown[], R>(
  fn: (...args: A) => R,
  options: FunctionOptions = {},
): Compiled<A, R> {
  const compiled = compileOnly(fn, options);
  return withTrace(compiled);
}

/**
 * compile() for these arguments without blocking: the page stays responsive, and browsers compile large programs on
 * their main thread in no other way. Nothing runs. For other shapes there is `await step.prepare(...)`.
 * @example const step = await compileAsync(trainStep, [images, labels]);
 */
export async function compileAsync<A extends unknown[], R>(
  fn: (...args: A) => R,
  inputs: A,
  options: FunctionOptions = {},
): Promise<Compiled<A, R>> {
  return withTrace(await compileOnlyAsync(fn, inputs, options));
}

function withTrace<A extends unknown[], R>(compiled: Compiled<A, R>): Compiled<A, R> {
  return Object.assign(compiled, { trace: (...args: A) => trace(compiled, ...args) });
}
