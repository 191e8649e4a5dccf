/**
 * What a first call costs: time of each stage of compilation, in fresh processes, on the built package. Cold code is
 * what users wait for, so every figure is the median of several processes that compile one function and end.
 *
 *     npm run build && node examples/bench/compile-time.mjs [--json] [--runs 5]
 */
import { execFileSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const LENGTHS = [100, 300, 1000, 3000, 10_000];

const [, , flag, child] = process.argv;
if (flag === '--child') await measure(child);
else report();

/** In a process of its own: compiles one function and prints what it took, in milliseconds, as JSON. */
async function measure(name) {
  const sinceStart = performance.now();
  const started = freshPages();
  const fusegrad = await import('fusegrad');
  const imported = performance.now();
  const pages = [freshPages()];
  const { step, args, marks } = build(fusegrad, name);
  const built = performance.now();
  pages.push(freshPages());
  step(...args);
  const end = performance.now();
  pages.push(freshPages());
  const warm = median(Array.from({ length: 5 }, () => timed(() => step(...args))));
  const { compilation } = step.trace(...args);
  const ms = compilation.ms;
  const traced = marks.traced - built;
  const compiled = Object.values(ms).reduce((sum, each) => sum + each, 0);
  const nodes = compilation.fusion.flow.position.size;
  console.log(
    JSON.stringify({
      start: sinceStart,
      import: imported - sinceStart,
      model: built - imported,
      forward: marks.forward - built,
      autodiff: marks.backward - marks.forward,
      optimizer: marks.traced - marks.backward,
      ...ms,
      'instantiate and run': end - marks.traced - compiled,
      'first call - warm step': end - built - warm,
      'before the backend': traced + compiled - ms.emit,
      'process start to first step': end,
      warm,
      nodes,
      'pages of memory: import': pages[0] - started,
      'pages of memory: first call': pages[2] - pages[1],
    }),
  );
}

/** Pages of memory that the process has touched for the first time. */
function freshPages() {
  return process.resourceUsage().minorPageFault;
}

/** What the first touch of a page costs here, in microseconds. */
function pageCost() {
  const pageBytes = 4096;
  const before = freshPages();
  const memory = new Uint8Array(4096 * pageBytes);
  const ms = timed(() => {
    for (let at = 0; at < memory.length; at += pageBytes) memory[at] = 1;
  });
  const touched = freshPages() - before;
  return touched > 0 ? (1000 * ms) / touched : undefined;
}

function build(fusegrad, name) {
  const { F, compile, manualSeed, nn, optim, tensor } = fusegrad;
  manualSeed(0);
  const marks = {};
  /** Data from the host: a draw would be a program of its own. */
  const randn = (...shape) => tensor(Float32Array.from(Array(product(shape)), Math.random), { shape });
  const randint = (low, high, shape) =>
    tensor(
      Int32Array.from(Array(product(shape)), () => low + Math.floor(Math.random() * (high - low))),
      { shape },
    );
  const training = (model, optimizer, lossOf, args) => {
    // Weights are at hand, as when they were loaded: drawing them is no compilation.
    for (const parameter of model.parameters()) parameter.dataSync();
    const fn = (...inputs) => {
      optimizer.zeroGrad();
      const loss = lossOf(model(inputs[0]), inputs[1]);
      marks.forward = performance.now();
      loss.backward();
      marks.backward = performance.now();
      optimizer.step();
      marks.traced = performance.now();
      return loss;
    };
    return { step: compile(fn), args, marks };
  };

  if (name === 'mlp') {
    const model = new nn.Sequential(
      ...[new nn.Linear(784, 256), new nn.ReLU(), new nn.Linear(256, 128), new nn.ReLU()],
      new nn.Linear(128, 10),
    );
    const optimizer = new optim.Adam(model.parameters());
    return training(model, optimizer, (x, y) => F.crossEntropy(x, y), [randn(64, 784), randint(0, 10, [64])]);
  }
  if (name === 'gpt') {
    const model = new (gptOf(fusegrad))();
    const optimizer = new optim.AdamW(model.parameters());
    const [batch, time, vocabulary] = [12, 64, 65];
    const lossOf = (x, y) => F.crossEntropy(x.reshape(-1, vocabulary), y.reshape(-1));
    const tokens = () => randint(0, vocabulary, [batch, time]);
    return training(model, optimizer, lossOf, [tokens(), tokens()]);
  }
  const [kind, length] = name.split(':');
  const count = Number(length);
  if (kind === 'chain') {
    const fn = (x) => {
      let y = x;
      for (let i = 0; i < count; i++) y = i % 2 === 0 ? y.sin() : y.mul(x);
      marks.forward = marks.backward = marks.traced = performance.now();
      return y;
    };
    return { step: compile(fn), args: [randn(4)], marks };
  }
  // About 25 nodes of the compiled graph belong to each layer, most of them to its gradient and Adam.
  const layers = Array.from({ length: Math.max(1, Math.round(count / 34)) }, () => [
    new nn.Linear(4, 4),
    new nn.Tanh(),
  ]);
  const model = new nn.Sequential(...layers.flat());
  const optimizer = new optim.Adam(model.parameters());
  return training(model, optimizer, (x, y) => F.mseLoss(x, y), [randn(2, 4), randn(2, 4)]);
}

/** A small GPT as in nanoGPT: 4 layers, 4 heads, 128 wide, 64 tokens. */
function gptOf({ F, nn, tensor }) {
  const [layers, heads, width, time, vocabulary] = [4, 4, 128, 64, 65];
  const positions = tensor([...Array(time).keys()], { dtype: 'int32' });
  class Attention extends nn.Module {
    qkv = new nn.Linear(width, 3 * width);
    out = new nn.Linear(width, width);
    forward(x) {
      const [batch] = x.shape;
      const split = (part) => part.reshape(batch, time, heads, width / heads).transpose(1, 2);
      const [q, k, v] = this.qkv(x).chunk(3, -1).map(split);
      const mixed = F.scaledDotProductAttention(q, k, v, { isCausal: true });
      return this.out(mixed.transpose(1, 2).reshape(batch, time, width));
    }
  }
  class Block extends nn.Module {
    norm1 = new nn.LayerNorm(width);
    attention = new Attention();
    norm2 = new nn.LayerNorm(width);
    up = new nn.Linear(width, 4 * width);
    down = new nn.Linear(4 * width, width);
    forward(x) {
      const h = x.add(this.attention(this.norm1(x)));
      return h.add(this.down(F.gelu(this.up(this.norm2(h)), { approximate: 'tanh' })));
    }
  }
  return class extends nn.Module {
    tokens = new nn.Embedding(vocabulary, width);
    positions = new nn.Embedding(time, width);
    blocks = new nn.Sequential(...Array.from({ length: layers }, () => new Block()));
    norm = new nn.LayerNorm(width);
    head = new nn.Linear(width, vocabulary, { bias: false });
    forward(x) {
      return this.head(this.norm(this.blocks(this.tokens(x).add(this.positions(positions)))));
    }
  };
}

function report() {
  const runs = Number(option('--runs') ?? 5);
  const names = { MLP: 'mlp', GPT: 'gpt' };
  const only = option('--only');
  const stages = Object.entries(names)
    .filter(([, name]) => !only || only === name)
    .map(([title, name]) => [title, mediansOf(name, runs)]);
  const growth = ['chain', 'layers']
    .filter((kind) => !only || only === kind)
    .map((kind) => [
      kind,
      LENGTHS.map((length) => {
        const all = mediansOf(`${kind}:${length}`, Math.min(runs, 3));
        const cost = all['first call - warm step'];
        return {
          length,
          nodes: all.nodes,
          perNode: (1000 * cost) / all.nodes,
          beforeBackend: (1000 * all['before the backend']) / all.nodes,
        };
      }),
    ]);
  if (process.argv.includes('--json')) {
    console.log(
      JSON.stringify({ stages: Object.fromEntries(stages), growth: Object.fromEntries(growth) }, null, 2),
    );
    return;
  }
  if (stages.length > 0) {
    console.log(
      `milliseconds (or pages), median of ${runs} processes`.padEnd(42) +
        stages.map(([title]) => title.padStart(9)).join(''),
    );
    for (const stage of Object.keys(stages[0][1]))
      console.log(
        `  ${stage.padEnd(40)}${stages.map(([, all]) => all[stage].toFixed(1).padStart(9)).join('')}`,
      );
  }
  const cost = pageCost();
  if (cost !== undefined)
    console.log(`\na page of memory costs ${cost.toFixed(2)} microseconds when it is first touched`);
  for (const [kind, rows] of growth) {
    console.log(`\nfirst call of ${kind}: microseconds a node (before the backend)`);
    for (const { nodes, perNode, beforeBackend } of rows)
      console.log(
        `  ${String(nodes).padStart(6)} nodes ${perNode.toFixed(1).padStart(8)}  (${beforeBackend.toFixed(1)})`,
      );
  }
}

/** The median of every figure that `runs` fresh processes print. */
function mediansOf(name, runs) {
  const file = fileURLToPath(import.meta.url);
  const all = Array.from({ length: runs }, () =>
    JSON.parse(execFileSync(process.execPath, [file, '--child', name], { encoding: 'utf8' })),
  );
  return Object.fromEntries(Object.keys(all[0]).map((key) => [key, median(all.map((each) => each[key]))]));
}

function option(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

function product(sizes) {
  return sizes.reduce((a, b) => a * b, 1);
}

function timed(body) {
  const before = performance.now();
  body();
  return performance.now() - before;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
