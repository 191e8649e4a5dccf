import { manualSeed } from 'fusegrad';
import { writeFileSync } from 'node:fs';
import { GROUPS, loadCorpus } from './corpus.js';
import { config } from './config.js';
import { TextCNN } from './model.js';
import { datasetOf, Trainer } from './train.js';
import { renderGraphFromSource } from 'graphviz-cli';
const c = loadCorpus(config);
manualSeed(0);
const t = new Trainer(new TextCNN(c.vocabulary.length, GROUPS.length));
const b = datasetOf(c.train).gather(Int32Array.from({ length: 32 }, (_, i) => i));
const traced = t.step.trace(...b);
for (const stage of ['forward', 'graph', 'fused'] as const) {
  const dot = traced.toDot(stage);
  writeFileSync(`/tmp/v/${stage}.dot`, dot);
  const t0 = performance.now();
  await renderGraphFromSource({ input: dot }, { format: 'svg', name: `/tmp/v/${stage}.svg` });
  console.log(stage, performance.now() - t0);
}
writeFileSync('/tmp/v/explain.txt', String(traced.explain()));
writeFileSync('/tmp/v/source.js', traced.dump('source'));
