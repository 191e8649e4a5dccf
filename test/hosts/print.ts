/** Prints what the Node that runs it computes, on the backend that is its argument. */
import { report } from './workload.js';

console.log(JSON.stringify(await report(process.argv[2] === 'js' ? 'js' : 'wasm')));
