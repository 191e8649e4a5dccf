/** Modules in print, as PyTorch prints them. */
import { torchName } from './members.js';

/** A number as Python writes a float: `1.0`, `1e-05`. */
export function float(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  const magnitude = Math.abs(value);
  if (value !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** A value as Python writes it. */
export function repr(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : float(value);
  if (Array.isArray(value)) return `(${value.map(repr).join(', ')}${value.length === 1 ? ',' : ''})`;
  return String(value);
}

/** Options as keyword arguments: `kernel_size=(3, 3), ceil_mode=False`. */
export const keywords = (options: object): string =>
  Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${torchName(name)}=${repr(value)}`)
    .join(', ');

const indent = (text: string): string => text.replaceAll('\n', '\n  ');

/** `Name(extra)`, with a line for each child where there are any. */
export function printModule(
  name: string,
  extra: string,
  children: readonly (readonly [string, string])[],
): string {
  if (children.length === 0)
    return extra.includes('\n') ? `${name}(\n  ${indent(extra)}\n)` : `${name}(${extra})`;
  const lines = children.map(([label, text]) => `(${label}): ${text}`);
  return `${name}(\n  ${indent([...(extra === '' ? [] : [extra]), ...lines].join('\n'))}\n)`;
}
