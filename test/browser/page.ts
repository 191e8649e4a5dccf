/**
 * Computes the workload and shows what came of it. Behind `#` stands where and on which backend: `page-wasm`, `Worker-webgpu`.
 */
import type { BackendName } from 'fusegrad';
import { run, type Outcome } from './run.js';

declare const location: { readonly hash: string };
declare const document: {
  readonly body: { readonly dataset: Record<string, string> };
  querySelector(selector: string): { textContent: string };
};
declare class Worker {
  constructor(url: URL, options: { type: 'module' });
  onmessage: (event: { readonly data: Outcome }) => void;
  onerror: (event: { readonly message?: string }) => void;
}

const [where, backend] = location.hash.slice(1).split('-') as ['page' | 'Worker', BackendName];

const inWorker = (): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL(`worker.js#${backend}`, import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message ?? 'the worker did not start'));
  });

const lines = (outcome: Outcome): string[] => {
  if ('error' in outcome) return [`${outcome.error.name}: ${outcome.error.message}`];
  const { backend, losses } = outcome.report;
  const row = (name: string, values: readonly number[]) =>
    `${name.padEnd(14)} ${values.map((loss) => loss.toFixed(4)).join('  ')}`;
  return [
    `backend        ${backend}, cross-origin isolated: ${outcome.isolated}`,
    ...Object.entries(losses).map(([name, values]) => row(name, values)),
  ];
};

const outcome = await (where === 'Worker' ? inWorker() : run(backend));
const place = `computed       ${where === 'Worker' ? 'in a Worker' : 'on the page'}`;
document.querySelector('pre').textContent = [place, ...lines(outcome)].join('\n');
document.body.dataset['outcome'] = JSON.stringify(outcome);
