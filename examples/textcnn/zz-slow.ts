import { manualSeed } from 'fusegrad';
import { DataLoader } from 'fusegrad/data';
import { config } from './config.js';
import { GROUPS, loadCorpus } from './corpus.js';
import { TextCNN } from './model.js';
import { datasetOf, Trainer } from './train.js';
const c = loadCorpus(config);
const loader = new DataLoader(datasetOf(c.train), { batchSize: 32, shuffle: true, dropLast: true });
for (const p of process.argv.slice(2).map(Number)) {
  manualSeed(0);
  const model = new TextCNN(c.vocabulary.length, GROUPS.length);
  model.dropout.p = p;
  const { step } = new Trainer(model);
  let i = 0;
  let t0 = performance.now();
  const times: number[] = [];
  for (const [a, b] of loader) {
    const { loss } = step(a, b);
    await loss.item();
    if (++i % 50 === 0) { times.push((performance.now() - t0) / 50); t0 = performance.now(); }
    if (i >= 300) break;
  }
  console.log(p, times.map((t) => t.toFixed(1)).join(' '));
}
