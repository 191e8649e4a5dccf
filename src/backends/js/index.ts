/** The plain JavaScript backend: runs wherever JavaScript does, and its source is what a person reads. */
import type { Program } from '../../plan/program.js';
import { emitProgram } from './program.js';

export { instantiate, type Executable, type KernelTime, type Memory } from './instantiate.js';
export { jsTarget } from './target.js';

/** A program as one JavaScript source text: the body of a function that returns `step`. */
export const emit = (program: Program): string => emitProgram(program, false);
