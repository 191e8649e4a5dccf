import { manualSeed } from 'fusegrad';
import { config } from './config.js';
import { GROUPS, loadCorpus } from './corpus.js';
import { TextCNN } from './model.js';
import { Trainer } from './train.js';
import { ourCurve } from './reference/compare.js';
const c = loadCorpus(config);
if (process.argv[2] === 'curve') await ourCurve(c);
for (let seed = 0; seed < 2; seed++) {
  manualSeed(seed);
  const model = new TextCNN(c.vocabulary.length, GROUPS.length);
  const t = new Trainer(model);
  let t0 = process.cpuUsage().user / 1000; const times: string[] = [];
  await t.fit(c.train, { epochs: 2, onStep: ({ done }) => { if (done % 100 === 0) { times.push(((process.cpuUsage().user / 1000 - t0) / 100).toFixed(1)); t0 = process.cpuUsage().user / 1000; } } });
  console.log(times.join(' '));
  t0 = performance.now();
  await t.predict(c.test);
  console.log('predict', performance.now() - t0);
}
