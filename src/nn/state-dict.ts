/** Loading a state dict: everything is checked before anything is written. */
import { ArgumentError, formatShape, sameShape } from '../core/index.js';
import { assignAll, noGrad, type Tensor } from '../tensor/index.js';

/** Tensors by name. */
export type StateDict = Readonly<Record<string, Tensor>>;

/** What a state dict and a module did not have in common. */
export interface LoadResult {
  readonly missingKeys: readonly string[];
  readonly unexpectedKeys: readonly string[];
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

/** Writes the values of `source` into the cells of `target`: all of them, or none. */
export function loadState(owner: string, target: StateDict, source: StateDict, strict: boolean): LoadResult {
  const missingKeys = Object.keys(target).filter((name) => !Object.hasOwn(source, name));
  const unexpectedKeys = Object.keys(source).filter((name) => !(name in target));
  const shared = Object.keys(target).filter((name) => Object.hasOwn(source, name));
  const problems = shared
    .filter((name) => !sameShape(source[name]!.shape, target[name]!.shape))
    .map((name) => {
      const [given, own] = [source[name]!, target[name]!].map(({ shape }) => formatShape(shape));
      return `size mismatch for ${name}: the state dict has ${given}, the module ${own}`;
    });
  if (strict && unexpectedKeys.length > 0) problems.unshift(`unexpected: ${quoted(unexpectedKeys)}`);
  if (strict && missingKeys.length > 0) problems.unshift(`missing: ${quoted(missingKeys)}`);
  if (problems.length > 0) {
    throw new ArgumentError(
      'loadStateDict',
      `the state dict does not fit ${owner}\n${problems.map((problem) => `    ${problem}`).join('\n')}`,
      strict ? 'pass { strict: false } to load the names that both have' : undefined,
    );
  }
  noGrad(() => {
    // A tied parameter has several names and is written once.
    const values = new Map(shared.map((name) => [target[name]!, source[name]!.to(target[name]!.dtype)]));
    assignAll([...values]);
  });
  return { missingKeys, unexpectedKeys };
}
