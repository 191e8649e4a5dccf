/** Whether a computed value agrees with a recorded one, by the rules and bounds of the packs' README. */
import { dtypes, formatShape, isFloat, type DType } from '../../src/core/index.js';
import type { TensorValues } from './packs.js';

/** `|a - b| <= atol + rtol * |b|`, b the recorded value. */
export interface Bound {
  readonly rtol: number;
  readonly atol: number;
}

/** What is being compared: derivatives carry more rounding. */
export type Kind = 'out' | 'grad' | 'second';

const half: Readonly<Partial<Record<DType, Bound>>> = {
  float64: { rtol: 1e-9, atol: 1e-9 },
  float16: { rtol: 2e-3, atol: 1e-3 },
  bfloat16: { rtol: 1e-2, atol: 1e-2 },
};

/** The README's bounds by kind and floating dtype. */
export const bounds: Readonly<Record<Kind, Readonly<Partial<Record<DType, Bound>>>>> = {
  out: { ...half, float32: { rtol: 1e-5, atol: 1e-5 } },
  grad: { ...half, float32: { rtol: 1e-4, atol: 1e-5 } },
  second: { ...half, float32: { rtol: 1e-3, atol: 1e-4 } },
};

export interface Verdict {
  /** Greatest error, in units of what is allowed: passes up to 1. */
  readonly worst: number;
  /** Why it does not agree. */
  readonly reason?: string;
}

export const agreed: Verdict = { worst: 0 };
export const disagreed = (reason: string): Verdict => ({ worst: Infinity, reason });

/** Whether our dtype stands for the recorded one: index values and labels are int32 where PyTorch has int64. */
export const sameDType = (ours: DType, recorded: DType): boolean =>
  ours === recorded || (ours === 'int32' && recorded === 'int64');

/** The worse of several verdicts, keeping the first reason. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  const worst = Math.max(0, ...verdicts.map((verdict) => verdict.worst));
  const reason = verdicts.find((verdict) => verdict.reason !== undefined)?.reason;
  return reason === undefined ? { worst } : { worst, reason };
}

/**
 * Compares a computed tensor with the recorded one. `noise` is the recorded rounding noise of PyTorch itself, of which
 * four times is allowed.
 */
export function compare(ours: TensorValues, recorded: TensorValues, bound: Bound | Kind, noise = 0): Verdict {
  const mismatch = compareForm(ours, recorded);
  if (mismatch) return disagreed(mismatch);
  const limit = typeof bound === 'string' ? bounds[bound][recorded.dtype] : bound;
  const tolerance = isFloat(recorded.dtype) ? limit : undefined;
  const [a, b] = [ours.values(), recorded.values()];
  let worst = 0;
  let at = -1;
  for (let i = 0; i < b.length; i++) {
    const error = tolerance
      ? floatError(Number(a[i]), Number(b[i]), tolerance, noise)
      : integerError(a[i]!, b[i]!);
    if (error > worst) [worst, at] = [error, i];
  }
  if (worst <= 1) return { worst };
  return { worst, reason: `element ${at} is ${a[at]}, recorded ${b[at]}` };
}

/** How shape or dtype differ, if they do. */
export function compareForm(ours: TensorValues, recorded: TensorValues): string | undefined {
  if (formatShape(ours.shape) !== formatShape(recorded.shape)) {
    return `shape is ${formatShape(ours.shape)}, recorded ${formatShape(recorded.shape)}`;
  }
  if (!sameDType(ours.dtype, recorded.dtype)) return `dtype is ${ours.dtype}, recorded ${recorded.dtype}`;
  return undefined;
}

function floatError(a: number, b: number, { rtol, atol }: Bound, noise: number): number {
  if (Number.isNaN(b) || !Number.isFinite(b)) return Object.is(a, b) ? 0 : Infinity;
  const allowed = Math.max(atol + rtol * Math.abs(b), 4 * noise * (1 + Math.abs(b)));
  const error = Math.abs(a - b);
  return Number.isNaN(error) ? Infinity : error === 0 ? 0 : error / allowed;
}

const integerError = (a: number | bigint, b: number | bigint): number =>
  BigInt(a) === BigInt(b) ? 0 : Infinity;

/** Zeros of a recorded tensor's shape and dtype: what "no gradient flows" amounts to. */
export const isZero = (data: TensorValues): boolean =>
  dtypes[data.dtype].kind === 'float' && Array.from(data.values(), Number).every((value) => value === 0);
