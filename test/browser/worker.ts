/** Computes the workload away from the page. */
import type { BackendName } from 'fusegrad';
import { run } from './run.js';

declare const location: { readonly hash: string };
declare function postMessage(message: unknown): void;

postMessage(await run(location.hash.slice(1) as BackendName));
