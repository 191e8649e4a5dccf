/** A typed WebAssembly assembler: instructions, functions, modules. */
export { Code, type Callee, type Local } from './function.js';
export { ModuleBuilder, type Declared, type ModuleOptions } from './module.js';
export { control, instructions, valueTypeCodes, type Instruction, type ValueType } from './opcodes.js';
