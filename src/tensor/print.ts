/** Tensors printed as PyTorch prints them: aligned columns, four digits, long dimensions summarised. */
import { numel, type DType, type Shape } from '../core/index.js';
import type { Numbers } from './values.js';

const threshold = 1000;
const edge = 3;

type Format = (value: number | bigint) => string;

/** One format for all values shown, as PyTorch chooses it. */
function chooseFormat(values: (number | bigint)[], dtype: DType): Format {
  if (dtype === 'bool') return (value) => (value ? 'True' : 'False');
  const numbers = values.map(Number).filter((value) => Number.isFinite(value) && value !== 0);
  if (dtype.includes('int')) return String;
  const named: Format = (value) => (Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf');
  const special =
    (format: (value: number) => string): Format =>
    (value) =>
      Number.isFinite(Number(value)) ? format(Number(value)) : named(value);
  if (numbers.length === 0 || numbers.every(Number.isInteger)) {
    const large = numbers.some((value) => Math.abs(value) >= 1e8);
    return special((value) => (large ? exponent(value) : `${value}.`));
  }
  const sizes = numbers.map(Math.abs);
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
  const scientific = high / low > 1000 || high > 1e8 || low < 1e-4;
  return special((value) => (scientific ? exponent(value) : value.toFixed(4)));
}

function exponent(value: number): string {
  const [mantissa, power] = value.toExponential(4).split('e') as [string, string];
  return `${mantissa}e${power[0]}${power.slice(1).padStart(2, '0')}`;
}

export function formatTensor(values: Numbers, shape: Shape, dtype: DType, requiresGrad = false): string {
  const summarise = numel(shape) > threshold;
  const shown: (number | bigint)[] = [];
  const visible = (size: number): number[] =>
    summarise && size > 2 * edge
      ? [...Array(edge).keys(), -1, ...Array.from({ length: edge }, (_, i) => size - edge + i)]
      : [...Array(size).keys()];
  const walk = (dim: number, offset: number, leaf: (value: number | bigint) => void): void => {
    if (dim === shape.length) return leaf(values[offset]!);
    const stride = numel(shape.slice(dim + 1));
    for (const i of visible(shape[dim]!)) if (i >= 0) walk(dim + 1, offset + i * stride, leaf);
  };
  walk(0, 0, (value) => shown.push(value));
  const format = chooseFormat(shown, dtype);
  const width = Math.max(0, ...shown.map((value) => format(value).length));
  const perLine = Math.max(1, Math.floor((80 - 7) / (width + 2)));
  const text = (dim: number, offset: number): string => {
    if (dim === shape.length) return format(values[offset]!).padStart(shape.length === 0 ? 0 : width);
    const stride = numel(shape.slice(dim + 1));
    const parts = visible(shape[dim]!).map((i) => (i < 0 ? '...' : text(dim + 1, offset + i * stride)));
    const indent = ' '.repeat(8 + dim);
    if (dim < shape.length - 1) return `[${parts.join(`,${'\n'.repeat(shape.length - 1 - dim)}${indent}`)}]`;
    const lines: string[] = [];
    for (let i = 0; i < parts.length; i += perLine) lines.push(parts.slice(i, i + perLine).join(', '));
    return `[${lines.join(`,\n${indent}`)}]`;
  };
  const notes = [
    numel(shape) === 0 && shape.length > 1 ? `, size=(${shape.join(', ')})` : '',
    dtype === 'float32' || dtype === 'bool' || dtype === 'int32' ? '' : `, dtype=${dtype}`,
    requiresGrad ? ', requiresGrad=true' : '',
  ];
  return `tensor(${numel(shape) === 0 ? '[]' : text(0, 0)}${notes.join('')})`;
}
