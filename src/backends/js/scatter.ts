import { dtypes, isHalf } from '../../core/index.js';
import { collapse, type OpaqueNest, type ScatterNest } from '../../loops/index.js';
import { apply } from './arithmetic.js';
import { element } from './code.js';
import { FunctionBuilder, callOf, type Launch, type Module } from './kernel.js';
import { foldInto } from './reduce.js';
import { Section } from './section.js';
import { decode, encode } from './value.js';

/** The base is written, then one element after another is added or put in its place. */
export function emitScatter(module: Module, given: ScatterNest): Launch {
  const nest = collapse(given);
  const fn = new FunctionBuilder(module, nest.name, nest.buffers);
  nest.buffers.forEach((_, number) => fn.buffer(number));
  const w = fn.writer;
  w.loop(nest.base.axes);
  new Section(fn).write(nest.base.body, nest.base.stores);
  w.closeTo(0);

  w.loop(nest.axes);
  const section = new Section(fn);
  const { dtype } = nest.buffers[nest.buffer]!;
  section.run(nest.body, [nest.value], new Set([nest.indirect.id]));
  const found = section.allowed([], [nest.indirect], w.level)!;
  const value = section.value(nest.value);
  const at = section.position(nest.index, [nest.indirect]);
  const target = element(fn.buffer(nest.buffer), at);
  w.open(`if (${found.text})`);
  if (nest.combine === 'add' && !isHalf(dtype)) foldInto(target, 'sum', value, fn);
  else {
    const old = decode(target, dtype, fn.use);
    const result = nest.combine === 'set' ? value : apply('add', [old, value], dtype, dtype, fn.use);
    w.line(`${target.text} = ${encode(result, fn.use).text};`);
  }
  fn.finish([], nest.comment);
  return callOf(fn);
}

/** Each line is gathered, an order found for it, and what was asked for written back. */
export function emitSort(module: Module, nest: OpaqueNest): Launch {
  const { outer, size, inner, descending } = nest;
  const fn = new FunctionBuilder(module, nest.name, nest.buffers);
  const [input, output] = [fn.buffer(nest.input), fn.buffer(nest.output)];
  const { dtype } = nest.buffers[nest.input]!;
  const keys = module.scratch(
    'keys',
    dtypes[dtype].kind === 'int' && dtype !== 'int64' ? 'float64' : dtype === 'bool' ? 'float64' : dtype,
    size,
  );
  const order = module.scratch('order', 'int32', size);
  const spare = module.scratch('spare', 'int32', size);
  const w = fn.writer;
  w.open(`for (let line = 0; line < ${outer * inner}; line++)`);
  w.line(
    inner === 1
      ? `const start = line * ${size};`
      : `const start = Math.floor(line / ${inner}) * ${size * inner} + (line % ${inner});`,
  );
  const at = `start + i${inner === 1 ? '' : ` * ${inner}`}`;
  const key =
    dtype === 'bool'
      ? `${input}[${at}]`
      : decode({ text: `${input}[${at}]`, binds: 14 }, dtype, fn.use).code.text;
  w.line(`for (let i = 0; i < ${size}; i++) ${keys}[i] = ${key};`);
  w.line(`const sorted = ${fn.use('sortOrder')}(${keys}, ${order}, ${spare}, ${size}, ${descending});`);
  const result =
    nest.op === 'argsort' ? 'sorted[i]' : `${input}[start + sorted[i]${inner === 1 ? '' : ` * ${inner}`}]`;
  w.line(`for (let i = 0; i < ${size}; i++) ${output}[${at}] = ${result};`);
  fn.finish([], nest.comment);
  return callOf(fn);
}
