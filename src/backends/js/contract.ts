/**
 * Contractions. Both operands are packed, block by block, into panels of four rows and four columns, with everything
 * that was fused into them evaluated on the way; one small function multiplies panels into a block of sums; the epilogue
 * runs over the finished block. Thin and tiny products skip the packing.
 */
import { isFloat } from '../../core/index.js';
import { collapse, type ContractNest, type Instr } from '../../loops/index.js';
import { atom } from './code.js';
import { batchParameters, panel, sizeOf } from './contract-common.js';
import { directProduct } from './contract-direct.js';
import { packFunction } from './contract-pack.js';
import { FunctionBuilder, callOf, type Launch, type Module } from './kernel.js';
import { eachPosition, eachRun } from './ranges.js';
import { fromScratch } from './reduce.js';
import { Section } from './section.js';
import { roundedValue } from './value.js';

/** Rows, columns and depth of a block: two packed operands and the sums of 256 x 256 doubles lie in a 2 MB cache. */
const blockRows = 256;
const blockColumns = 256;
const blockDepth = 256;
const thin = 4;
const tiny = 4096;

const powerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(n));
const inPanels = (n: number): number => Math.ceil(n / panel) * panel;

/** One block after another, or all at once when one is enough. */
function blocks(
  w: FunctionBuilder['writer'],
  name: string,
  total: number,
  size: number,
): readonly [string, string] {
  if (total <= size) return ['0', String(total)];
  const start = w.fresh(name);
  const end = w.fresh(`${name}_end`);
  w.open(`for (let ${start} = 0; ${start} < ${total}; ${start} += ${size})`);
  w.line(`const ${end} = Math.min(${start} + ${size}, ${total});`);
  return [start, end];
}

export function emitContract(module: Module, given: ContractNest): Launch {
  const nest = collapse(given);
  const [rows, columns, depth] = [sizeOf(nest.m), sizeOf(nest.n), sizeOf(nest.k)];
  const fn = new FunctionBuilder(module, nest.name, nest.buffers);
  nest.buffers.forEach((_, number) => fn.buffer(number));
  const w = fn.writer;
  const direct =
    !isFloat(nest.dtype) || Math.min(rows, columns) < thin || rows * columns * depth < tiny || depth === 0;
  const stride = Math.min(blockColumns * (direct ? 4 : 1), inPanels(columns));
  const height = Math.min(direct ? 64 : blockRows, inPanels(rows));
  const sums = module.scratch('sums', nest.dtype, height * stride);
  const zero = nest.dtype === 'int64' ? '0n' : '0';
  const clear = `${sums}.fill(${zero}, 0, ${height * stride});`;
  const epilogue = epilogueFunction(module, nest, sums, stride);

  w.loop(nest.batch);
  const batch = nest.batch.map(({ axis }) => w.axis(axis).text);
  const run = (other: FunctionBuilder, ...parameters: readonly string[]): void =>
    w.line(callWith(other, fn, [...parameters, ...batch]));

  if (direct) {
    const product = directProduct(module, nest, sums, stride);
    const [m, mEnd] = blocks(w, 'm', rows, height);
    const [n, nEnd] = blocks(w, 'n', columns, stride);
    if (product.accumulates) w.line(clear);
    run(product.fn, m, mEnd, n, nEnd);
    run(epilogue, m, mEnd, n, nEnd);
  } else {
    const deep = Math.min(blockDepth, depth);
    const panelsA = module.scratch('panels_a', 'float64', powerOfTwo(height * deep));
    const panelsB = module.scratch('panels_b', 'float64', powerOfTwo(stride * deep));
    const packA = packFunction(module, nest, 'a', panelsA);
    const packB = packFunction(module, nest, 'b', panelsB);
    const [m, mEnd] = blocks(w, 'm', rows, height);
    const once = depth <= deep;
    if (once) run(packA, m, mEnd, '0', String(depth));
    const [n, nEnd] = blocks(w, 'n', columns, stride);
    w.line(clear);
    const level = w.level;
    const [k, kEnd] = blocks(w, 'k', depth, deep);
    if (!once) run(packA, m, mEnd, k, kEnd);
    run(packB, n, nEnd, k, kEnd);
    const difference = (end: string, start: string): string => (start === '0' ? end : `${end} - ${start}`);
    w.line(
      `${fn.use('multiplyPanels')}(${[difference(mEnd, m), difference(nEnd, n), difference(kEnd, k), stride].join(', ')});`,
    );
    w.closeTo(level);
    run(epilogue, m, mEnd, n, nEnd);
  }
  fn.finish([], nest.comment);
  return callOf(fn);
}

/** Calls a function of this kernel with the kernel's own buffers. */
const callWith = (other: FunctionBuilder, from: FunctionBuilder, parameters: readonly string[]): string =>
  `${other.name}(${[...other.buffers.map((number) => from.buffer(number)), ...parameters].join(', ')});`;

/** Everything after the sum, element by element of a block. */
function epilogueFunction(module: Module, nest: ContractNest, sums: string, stride: number): FunctionBuilder {
  const fn = new FunctionBuilder(module, `${nest.name}_store`, nest.buffers);
  const w = fn.writer;
  const batch = batchParameters(fn, nest.batch);
  const bounds = ['m0', 'm1', 'n0', 'n1'].map((name) => w.fresh(name));
  const [m0, m1, n0, n1] = bounds as [string, string, string, string];
  const m = eachPosition(w, nest.m, 'm', m0, m1);
  const start = w.declare(w.level, 'sums_row', atom(`(${m.text} - ${m0}) * ${stride} - ${n0}`));
  const n = eachRun(w, nest.n, 'n', n0, n1);
  const section = new Section(fn);
  const sum = fromScratch(
    atom(`${sums}[${start.text} + ${n.text}]`),
    nest.dtype,
    !isFloat(nest.dtype) || nest.dtype === 'float64',
  );
  const value = roundedValue(sum, fn.use);
  const used = usesOf(
    nest.body,
    nest.stores.map((store) => store.value),
    nest.sum,
  );
  section.define(nest.sum, used > 1 ? { ...value, code: w.declare(w.level, 'sum', value.code) } : value);
  section.write(nest.body, nest.stores);
  fn.finish([...bounds, ...batch]);
  return fn;
}

function usesOf(body: readonly Instr[], stored: readonly number[], id: number): number {
  const inBody = body.flatMap((instr) =>
    instr.kind === 'compute' ? instr.args : instr.kind === 'guard' ? [instr.value, instr.otherwise] : [],
  );
  return [...inBody, ...stored].filter((other) => other === id).length;
}
