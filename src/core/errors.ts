/**
 * What fusegrad throws. Every message names the op, the operands' facts, the user's file and line, the module path
 * when there is one, and a likely fix.
 */
import { currentModulePath, userFrames, userSite } from './callsite.js';

/** Base class of all errors fusegrad throws on purpose. */
export class FusegradError extends Error {
  override name = 'FusegradError';
  /** The user's file and line, when a stack showed it. */
  declare readonly site: string | undefined;
  /** The likely way out. */
  declare readonly hint: string | undefined;

  constructor(message: string, hint?: string, site = userSite()) {
    const path = currentModulePath();
    const where = [site && `at ${site}`, path && `in ${path}`].filter(Boolean).join(' ');
    super([message, where && `  ${where}`, hint && `  hint: ${hint}`].filter(Boolean).join('\n'));
    // The message says both: they need not stand below it once more.
    Object.defineProperties(this, { site: { value: site }, hint: { value: hint } });
    // A stack begins where the user can do something about it.
    const frames = userFrames();
    if (frames !== '') this.stack = `${new.target.name}: ${this.message}\n${frames}`;
  }
}

/** What an error calls a value of the wrong kind. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return `the string '${value}'`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object') return `a ${typeof value}`;
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== 'Object' ? `a ${name}` : 'an object';
}

/** Operands whose shapes do not fit the operation. */
export class ShapeError extends FusegradError {
  override name = 'ShapeError';
  constructor(op: string, detail: string, hint?: string) {
    super(`${op}: ${detail}`, hint);
  }
}

/** A dimension number outside the tensor's rank. */
export class AxisError extends FusegradError {
  override name = 'AxisError';
  constructor(op: string, axis: number, rank: number) {
    const limit = Math.max(rank, 1);
    super(
      `${op}: dim ${axis} is out of range for a ${rank}-d tensor`,
      `dim must be in [${-limit}, ${limit - 1}]`,
    );
  }
}

/** An operand of a dtype the operation does not take. */
export class DTypeError extends FusegradError {
  override name = 'DTypeError';
  constructor(op: string, detail: string, hint?: string, site?: string) {
    super(`${op}: ${detail}`, hint, site);
  }
}

/** An index beyond the dimension it selects from. */
export class IndexError extends FusegradError {
  override name = 'IndexError';
}

/** A derivative that does not exist or was asked for in a way that cannot work. */
export class GradientError extends FusegradError {
  override name = 'GradientError';
}

/** Something done while a function is traced that needs values, or a traced tensor used outside its trace. */
export class TraceError extends FusegradError {
  override name = 'TraceError';
}

/** A lazy value whose inputs were overwritten before it was read. */
export class StaleError extends FusegradError {
  override name = 'StaleError';
}

/** Something a backend cannot do. */
export class BackendError extends FusegradError {
  override name = 'BackendError';
}

/** An argument of the wrong kind or outside its range. */
export class ArgumentError extends FusegradError {
  override name = 'ArgumentError';
  constructor(op: string, detail: string, hint?: string) {
    super(`${op}: ${detail}`, hint);
  }
}

/** A broken promise inside fusegrad itself: never the user's fault. */
export class InternalError extends FusegradError {
  override name = 'InternalError';
  constructor(message: string) {
    super(message, 'this is a mistake in fusegrad: please report it');
    this.stack = new Error(this.message).stack ?? '';
  }
}

/** Checks an invariant of the compiler. */
export function invariant(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new InternalError(typeof message === 'string' ? message : message());
}
