/** Runs the packs against the library, record by record. */
import { setBackend } from 'fusegrad';
import { backendOf } from '../../src/runtime/index.js';
import { hasPack, packNames, type PackName } from './archive.js';
import { disagreed } from './compare.js';
import { forget, isNotHeld, isNotOffered, type Settings } from './library.js';
import { openPack, withInt32, type Pack, type PackRecord } from './packs.js';
import { Results, type Outcome } from './results.js';
import { runError, type ErrorRecord } from './runners/errors.js';
import { runModule, type ModuleRecord } from './runners/nn.js';
import { runOp, type OpRecord } from './runners/ops.js';
import { optimName, runOptim, type OptimRecord } from './runners/optim.js';
import { runTraining, type TrainingRecord } from './runners/training.js';

/** How a pack is run: the name a record counts under, and the verdict on it. */
interface Suite {
  readonly name: (record: PackRecord) => string;
  readonly run: (
    pack: Pack<PackRecord>,
    record: PackRecord,
    settings: Settings,
  ) => Outcome | Promise<Outcome>;
}

/** A suite for records of type R; the pack decides which they are. */
const suite = <R extends PackRecord>(
  name: (record: R) => string,
  run: (pack: Pack<PackRecord>, record: R, settings: Settings) => Outcome | Promise<Outcome>,
): Suite => ({
  name: (record) => name(record as R),
  run: (pack, record, settings) => run(pack, record as R, settings),
});

const absent = (): Outcome => 'notOffered';

const suites: Readonly<Record<PackName, Suite>> = {
  'torch-ops': suite<OpRecord>(({ op }) => op, runOp),
  'torch-errors': suite<ErrorRecord>(({ op }) => op, runError),
  'torch-nn': suite<ModuleRecord>((record) => record.class, runModule),
  'torch-optim': suite<OptimRecord>(optimName, runOptim),
  'torch-training': suite<TrainingRecord>(({ id }) => id, runTraining),
  // Schedulers and files of other frameworks are not offered yet.
  'torch-lr': suite<PackRecord & { scheduler: string }>(({ scheduler }) => scheduler, absent),
  'torch-files': suite<PackRecord & { format: string }>(({ format }) => format, absent),
};

export interface Run extends Settings {
  readonly folder: string;
  /** Runs the records whose pack and id, as `pack/id`, match. */
  readonly only?: RegExp | undefined;
  /** Runs of each name only so many records that can be run: the first, or the last if `backwards`. */
  readonly perName?: number;
  readonly backwards?: boolean;
  /** Runs one of every so many names of a pack. */
  readonly every?: number;
}

/** Runs the packs of a folder, all or those given. */
export async function runPacks(run: Run, packs: readonly PackName[] = packNames): Promise<Results> {
  const results = new Results();
  setBackend(run.backend);
  const { dtypes } = backendOf(run.backend).target;
  for (const name of packs.filter((pack) => hasPack(run.folder, pack))) {
    const recorded = openPack<PackRecord>(run.folder, name);
    const pack = dtypes.has('int64') ? recorded : withInt32(recorded);
    const { name: nameOf, run: runRecord } = suites[name];
    const names = [...new Set(pack.records.map(nameOf))];
    const chosen = new Set(names.filter((_, i) => i % (run.every ?? 1) === 0));
    for (const record of run.backwards ? pack.records.toReversed() : pack.records) {
      const tag = nameOf(record);
      if (run.only && !run.only.test(`${name}/${record.id}`)) continue;
      if (!chosen.has(tag)) continue;
      if (results.run(name, tag) >= (run.perName ?? Infinity)) continue;
      results.add(name, tag, record.id, await attempt(record, () => runRecord(pack, record, run)));
    }
  }
  return results;
}

async function attempt(record: PackRecord, run: () => Outcome | Promise<Outcome>): Promise<Outcome> {
  try {
    return await run();
  } catch (error) {
    if (isNotHeld(record, error)) return 'notHeld';
    return isNotOffered(error) ? 'notOffered' : disagreed(`throws ${String(error).replaceAll('\n', ' ')}`);
  } finally {
    forget();
  }
}
