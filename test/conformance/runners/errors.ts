/** torch-errors: calls that must be refused, by an error of ours rather than by accident. */
import { FusegradError, Tensor } from 'fusegrad';
import { agreed, disagreed } from '../compare.js';
import { isNotOffered, read, type Settings } from '../library.js';
import type { Pack, PackRecord } from '../packs.js';
import type { Outcome } from '../results.js';
import { call, type Call } from './ops.js';

export interface ErrorRecord extends PackRecord, Call {
  readonly error: { readonly type: string; readonly message: string };
}

/** Runs one record of torch-errors. What depends on values, such as an index, may be refused when they are read. */
export async function runError(
  pack: Pack<PackRecord>,
  record: ErrorRecord,
  settings: Settings,
): Promise<Outcome> {
  // Wrong kinds of arguments are TypeScript's to refuse; the interpreter does not check indices.
  if (record.error.type === 'TypeError' || settings.mode === 'interpreter') return 'notOffered';
  try {
    const outputs = await call(pack, record, new Map());
    await read(
      outputs.filter((output) => output instanceof Tensor),
      settings,
    );
  } catch (error) {
    if (isNotOffered(error)) throw error;
    return error instanceof FusegradError
      ? agreed
      : disagreed(`throws ${String(error)}, which is no error of ours`);
  }
  return disagreed(`does not throw; PyTorch: ${record.error.message}`);
}
