/**
 * Installs what package-lock.json names when node_modules does not hold it yet. Every npm script runs this first, so
 * each works alone on a fresh clone; on a clone that is set up it costs one comparison of two files.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);

function lockedPackages(path) {
  const { '': _project, ...packages } = JSON.parse(readFileSync(new URL(path, root), 'utf8')).packages;
  return packages;
}

/** npm leaves a record of what it installed; packages for other platforms are optional and absent from it. */
function isInstalled() {
  const wanted = lockedPackages('package-lock.json');
  let present;
  try {
    present = lockedPackages('node_modules/.package-lock.json');
  } catch {
    return false;
  }
  return Object.entries(wanted).every(([path, { integrity, optional }]) =>
    path in present ? present[path].integrity === integrity : optional === true,
  );
}

if (!isInstalled()) {
  // npm's report goes to stderr: the stdout of a script belongs to what the script prints.
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: fileURLToPath(root),
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (error) throw error;
  process.exitCode = status ?? 1;
}
