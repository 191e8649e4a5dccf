import { compile, F, manualSeed, optim, type Tensor } from 'fusegrad';
import { formatProfile } from 'fusegrad/inspect';
import { DataLoader } from 'fusegrad/data';
import { config } from './config.js';
import { GROUPS, loadCorpus } from './corpus.js';
import { TextCNN } from './model.js';
import { datasetOf } from './train.js';
manualSeed(0);
const c = loadCorpus(config);
const loader = new DataLoader(datasetOf(c.train), { batchSize: 32, shuffle: true, dropLast: true });
for (const profile of [false, true]) {
  const model = new TextCNN(c.vocabulary.length, GROUPS.length);
  const optimizer = new optim.Adam(model.parameters(), { lr: config.learningRate });
  const step = compile((tokens: Tensor, labels: Tensor) => {
    optimizer.zeroGrad();
    const scores = model(tokens);
    const loss = F.crossEntropy(scores, labels);
    loss.backward();
    optimizer.step();
    return { loss, correct: scores.argmax(1).eq(labels).sum() };
  }, { profile });
  const times: number[] = [];
  let t0 = performance.now(); let i = 0; let wait = 0;
  for (const b of loader) {
    wait += performance.now() - t0;
    t0 = performance.now();
    const { loss } = step(...b);
    await loss.item();
    times.push(performance.now() - t0);
    t0 = performance.now();
    if (++i >= 300) break;
  }
  const s = times.slice(20).sort((a, b) => a - b);
  console.log({ profile, min: s[0], p25: s[s.length >> 2], median: s[s.length >> 1], mean: s.reduce((a, b) => a + b) / s.length, first: times[0], loaderMs: wait / i });
  if (profile) console.log(formatProfile(step.profile()));
}
