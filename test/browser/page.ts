/** Computes the workload on the page, or with `#worker` in a Worker, and shows what came of it. */
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

const inWorker = (): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
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

const away = location.hash === '#worker';
const outcome = await (away ? inWorker() : run());
const where = `computed       ${away ? 'in a Worker' : 'on the page'}`;
document.querySelector('pre').textContent = [where, ...lines(outcome)].join('\n');
document.body.dataset['outcome'] = JSON.stringify(outcome);
