/** Functions of WGSL that emitted shaders call. Each shader holds only those it uses. */
import { angles } from './library-angles.js';
import { basics } from './library-basics.js';
import { elementary } from './library-elementary.js';
import { gamma } from './library-gamma.js';
import { power } from './library-power.js';

const helpers = { ...basics, ...elementary, ...power, ...angles, ...gamma };
export type HelperName = keyof typeof helpers;

interface Helper {
  readonly source: string;
  readonly needs?: readonly HelperName[];
}

export const library: Readonly<Record<HelperName, Helper>> = helpers;

/** The sources of helpers and of what they need, each once, what a helper uses itself first. */
export function librarySource(used: ReadonlySet<HelperName>): string {
  const ordered = new Set<HelperName>();
  const visit = (name: HelperName): void => {
    for (const needed of library[name].needs ?? []) visit(needed);
    ordered.add(name);
  };
  for (const name of [...used].sort()) visit(name);
  return [...ordered].map((name) => library[name].source).join('\n');
}
