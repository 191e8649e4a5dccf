/**
 * This library among the peers: the workloads of peer-workloads.mjs, timed by the harness in peers/, which runs this on
 * the built library as `node peers.mjs BACKEND THREADS [--cold]`. `npm run bench:peers` builds and runs them all.
 */
import { setBackend } from 'fusegrad';
import { workloads } from './peer-workloads.mjs';

const common = await import(process.env.PEERS_COMMON ?? './peers/common.mjs');
const [backend = 'wasm', count = '1'] = process.argv.slice(2).filter((each) => !each.startsWith('--'));
const threads = Number(count);
const peer = `fusegrad-${backend}`;

setBackend(backend, { threads });
const all = workloads(common);
if (process.argv.includes('--cold')) {
  all['W1 mlp']().step();
  common.cold(peer, threads);
}
for (const [name, make] of Object.entries(all)) {
  await common.run(peer, threads, name, async () => {
    const { step, check, gflop, note } = make();
    return { step, gflop, note, ...(await check()) };
  });
}
