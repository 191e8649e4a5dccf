/** Functions that kernels share: made when the first kernel asks for one. */
import { InternalError } from '../../../core/index.js';
import type { Callee, Code, Local, ModuleBuilder } from '../assembler/index.js';
import { math32, math64, type MathName } from '../math/index.js';
import { integerFunctions, type IntegerName } from './integers.js';
import { microFunction, microName, type MicroKernel } from './micro.js';
import { reportFunction } from './report.js';
import { sortFunction } from './sort.js';
import { threefryFunctions, type ThreefryName } from './threefry.js';

export type LibraryName = IntegerName | ThreefryName | 'report' | 'sort';

/** A function of the module: its types and its body. */
export interface LibraryFunction {
  readonly takes: string;
  readonly gives: string;
  readonly emit: (c: Code) => void;
}

const functions: Readonly<Record<LibraryName, LibraryFunction>> = {
  ...integerFunctions,
  ...threefryFunctions,
  report: reportFunction,
  sort: sortFunction,
};

export class Library {
  readonly #made = new Map<string, Callee>();

  constructor(readonly module: ModuleBuilder) {}

  #make(name: string, takes: string, gives: string, emit: (c: Code) => void): Callee {
    const known = this.#made.get(name);
    if (known) return known;
    const declared = this.module.function(name, takes, gives);
    this.#made.set(name, declared);
    emit(declared.code);
    return declared;
  }

  function(name: LibraryName): Callee {
    const { takes, gives, emit } = functions[name];
    return this.#make(name, takes, gives, emit);
  }

  /** A function that some kernels share, under a name that says everything its code depends on. */
  shared(name: string, takes: string, gives: string, emit: (c: Code) => void): Callee {
    return this.#make(name, takes, gives, emit);
  }

  /** The innermost function of products. */
  micro(kernel: MicroKernel): Callee {
    const { takes, gives, emit } = microFunction(kernel);
    return this.#make(microName(kernel), takes, gives, emit);
  }

  /** A floating function of one part: put inline where it is small, else called. */
  math(c: Code, lanes: 'f32' | 'f64', name: string, args: readonly Local[]): Local {
    const found = (lanes === 'f32' ? math32 : math64)[name as MathName];
    if (!found) throw new InternalError(`there is no function ${name}`);
    if (found.inline) return found.emit(c, ...args);
    const callee = this.#make(`${name}_${lanes}`, 'v'.repeat(args.length), 'v', (own) => {
      own.get(found.emit(own, ...own.params));
    });
    for (const arg of args) c.get(arg);
    return c.call(callee).keep();
  }
}
