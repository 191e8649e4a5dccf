/** Computes the workload away from the page. */
import { run } from './run.js';

declare function postMessage(message: unknown): void;

postMessage(await run());
