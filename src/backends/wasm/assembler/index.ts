/** A typed WebAssembly assembler: instructions, functions, modules. */
export { Code, type Callee, type Local } from './function.js';
export { ModuleBuilder, type Declared, type ModuleOptions } from './module.js';
export { instructions, type ValueType } from './opcodes.js';
