/** Tensors printed as PyTorch prints them: aligned columns, four digits, long dimensions summarised. */
import { dtypes, numel, type DType, type Shape } from '../core/index.js';
import type { Numbers } from './values.js';

const threshold = 1000;
const edge = 3;
const precision = 4;
const lineWidth = 80;
const prefix = 'tensor(';

type Format = (value: number | bigint) => string;
/** A format, and the width that lines are filled by. */
type Column = { readonly format: Format; readonly width: number };

/** Ties rounded to even, as C and Python round them; JavaScript's own formats round them up. */
function tiesToEven(format: (value: number) => string): (value: number) => string {
  return (value) => {
    const [text, below] = [format(value), format(value * (1 - Number.EPSILON))];
    return text !== below && /[13579]$/.test(text.replace(/e.*/, '')) ? below : text;
  };
}

const fixed = tiesToEven((value) => value.toFixed(precision));
const scientific = tiesToEven((value) => {
  const [mantissa, power] = value.toExponential(precision).split('e') as [string, string];
  return `${mantissa}e${power[0]}${power.slice(1).padStart(2, '0')}`;
});
const whole = (value: number): string => `${BigInt(value)}.`;

function chooseFloatFormat(sizes: readonly number[]): (value: number) => string {
  const low = Math.min(...sizes);
  const high = Math.max(...sizes);
  const integers = sizes.every(Number.isInteger);
  if (high / low > 1000 || high > 1e8 || (low < 1e-4 && !integers)) return scientific;
  return integers ? whole : fixed;
}

/** One format for all values shown, as PyTorch chooses it, padded to a common width. */
function chooseFormat(values: readonly (number | bigint)[], dtype: DType): Column {
  const { kind } = dtypes[dtype];
  if (kind !== 'float') {
    const format: Format = kind === 'bool' ? (value) => (value ? 'True' : 'False') : String;
    const width = values.reduce((most: number, value) => Math.max(most, format(value).length), 0);
    return { format: (value) => format(value).padStart(width), width };
  }
  // Zeros and what is not finite choose neither format nor width.
  const decisive = values.map(Number).filter((value) => Number.isFinite(value) && value !== 0);
  const format = chooseFloatFormat(decisive.map(Math.abs));
  const width = decisive.reduce((most, value) => Math.max(most, format(value).length), 1);
  const text = (value: number): string => {
    if (Number.isNaN(value)) return 'nan';
    if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
    return Object.is(value, -0) ? `-${format(0)}` : format(value);
  };
  return { format: (value) => text(Number(value)).padStart(width), width };
}

/** Positions shown along a dimension; undefined stands for those left out. */
function visible(size: number, summarise: boolean): (number | undefined)[] {
  if (!summarise || size <= 2 * edge) return [...Array(size).keys()];
  return [0, 1, 2, undefined, size - 3, size - 2, size - 1];
}

/** Notes after the values, on a line of their own where they do not fit. */
function withNotes(text: string, notes: readonly string[]): string {
  let lastLine = text.length - text.lastIndexOf('\n') + 1;
  return notes.reduce((all, note) => {
    const fits = lastLine + note.length + 2 <= lineWidth;
    lastLine = note.length + (fits ? lastLine + 2 : prefix.length);
    return `${all},${fits ? ' ' : `\n${' '.repeat(prefix.length)}`}${note}`;
  }, text);
}

export function formatTensor(values: Numbers, shape: Shape, dtype: DType, requiresGrad = false): string {
  const summarise = numel(shape) > threshold;
  const strides = shape.map((_, dim) => numel(shape.slice(dim + 1)));
  const shown: (number | bigint)[] = [];
  const collect = (dim: number, offset: number): void => {
    if (dim === shape.length) shown.push(values[offset]!);
    else
      for (const i of visible(shape[dim]!, summarise)) {
        if (i !== undefined) collect(dim + 1, offset + i * strides[dim]!);
      }
  };
  const text = (dim: number, offset: number): string => {
    if (dim === shape.length) return format(values[offset]!);
    const last = dim === shape.length - 1;
    const parts = visible(shape[dim]!, summarise).map((i) =>
      i === undefined ? (last ? ' ...' : '...') : text(dim + 1, offset + i * strides[dim]!),
    );
    const indent = ' '.repeat(prefix.length + dim + 1);
    if (!last) return `[${parts.join(`,${'\n'.repeat(shape.length - 1 - dim)}${indent}`)}]`;
    const perLine = Math.max(1, Math.floor((lineWidth - prefix.length - dim) / (width + 2)));
    const lines: string[] = [];
    for (let i = 0; i < parts.length; i += perLine) lines.push(parts.slice(i, i + perLine).join(', '));
    return `[${lines.join(`,\n${indent}`)}]`;
  };
  const notes: string[] = [];
  if (numel(shape) === 0 && shape.length !== 1) notes.push(`size=(${shape.join(', ')})`);
  if (dtype !== 'float32' && dtype !== 'bool' && dtype !== 'int32') notes.push(`dtype=${dtype}`);
  if (requiresGrad) notes.push('requiresGrad=true');
  collect(0, 0);
  const { format, width } = chooseFormat(shown, dtype);
  const content = numel(shape) === 0 ? '[]' : text(0, 0);
  return `${withNotes(prefix + content, notes)})`;
}
