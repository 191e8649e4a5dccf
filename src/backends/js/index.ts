/** The plain JavaScript backend: runs wherever JavaScript does, and its source is what a person reads. */
import type { Program } from '../../plan/program.js';
import type { Backend } from '../backend.js';
import { load } from './executable.js';
import { emitProgram } from './program.js';
import { jsTarget } from './target.js';

export { instantiate, type Executable, type Memory } from './instantiate.js';
export { jsTarget };

/** A program as one JavaScript source text: the body of a function that returns `step`. */
export const emit = (program: Program): string => emitProgram(program, false);

export const jsBackend: Backend = {
  name: 'js',
  target: jsTarget,
  emit: (program) => ({ source: emit(program) }),
  load,
};
