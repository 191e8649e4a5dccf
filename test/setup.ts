/** Property tests draw the same cases in every run; `FUSEGRAD_SEED=random` or a number draws others. */
import fc from 'fast-check';

const wanted = process.env['FUSEGRAD_SEED'] ?? '1';
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) });
