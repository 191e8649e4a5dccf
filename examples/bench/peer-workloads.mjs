/**
 * The workloads W1 to W9 that peers.mjs times against other libraries, as a user would write them. Plain JavaScript, so
 * that Node runs them on the built library without a loader. Data and weights come from the harness (peers/common.mjs).
 */
import { F, Parameter, cat, compile, nn, optim, tensor } from 'fusegrad';

/** Writes the harness's weights, which stand in the order of the parameters; it has linear weights as [in, out]. */
function load(model, params, transpose2) {
  const linear = new Set(
    model.modules().flatMap((module) => (module instanceof nn.Linear ? [module.weight] : [])),
  );
  const given = Object.values(params);
  model.parameters().forEach((parameter, i) => {
    const { data, shape } = given[i];
    parameter.set(linear.has(parameter) ? transpose2(data, ...shape) : data);
  });
  return model;
}

class TextCNN extends nn.Module {
  embed = new nn.Embedding(5000, 64);
  convs = new nn.ModuleList([3, 4, 5].map((k) => new nn.Conv1d(64, 64, k)));
  fc = new nn.Linear(192, 4);

  constructor(dropout) {
    super();
    this.dropout = new nn.Dropout(dropout);
  }

  forward(tokens) {
    const x = this.embed(tokens).transpose(1, 2);
    const pooled = this.convs.map((conv) => conv(x).relu().amax(-1));
    return this.fc(this.dropout(cat(pooled, 1)));
  }
}

class Block extends nn.Module {
  constructor(width, heads) {
    super();
    this.heads = heads;
    this.ln1 = new nn.LayerNorm(width);
    this.qkv = new nn.Linear(width, 3 * width);
    this.proj = new nn.Linear(width, width);
    this.ln2 = new nn.LayerNorm(width);
    this.fc = new nn.Linear(width, 4 * width);
    this.out = new nn.Linear(4 * width, width);
  }

  attention(x) {
    const [batch, time, width] = x.shape;
    const split = (part) => part.reshape(batch, time, this.heads, width / this.heads).transpose(1, 2);
    const [q, k, v] = this.qkv(x).chunk(3, -1).map(split);
    const mixed = F.scaledDotProductAttention(q, k, v, { isCausal: true });
    return this.proj(mixed.transpose(1, 2).reshape(batch, time, width));
  }

  forward(x) {
    const h = x.add(this.attention(this.ln1(x)));
    return h.add(this.out(F.gelu(this.fc(this.ln2(h)), { approximate: 'tanh' })));
  }
}

class GPT extends nn.Module {
  constructor({ L, H, C, T, V }) {
    super();
    this.wpe = new Parameter({ data: new Float32Array(T * C), shape: [T, C] });
    this.wte = new nn.Embedding(V, C);
    this.blocks = new nn.Sequential(...Array.from({ length: L }, () => new Block(C, H)));
    this.lnf = new nn.LayerNorm(C);
    this.head = new nn.Linear(C, V, { bias: false });
  }

  forward(tokens) {
    return this.head(this.lnf(this.blocks(this.wte(tokens).add(this.wpe))));
  }
}

const chain = (x, a, b, c) =>
  F.gelu(x.mul(a).add(b), { approximate: 'tanh' }).mul(c.sigmoid()).add(x.mul(0.5));

/**
 * @param common The harness's module: data, weights, `train`, `probe`.
 * @param options For `compile`: fusion, backend, profile, ...
 */
export function workloads(common, options = {}) {
  const { LR, WD, train, probe, transpose2 } = common;
  const loaded = (model, { params }) => load(model, params, transpose2);

  /** A training step that ends by reading the loss. */
  function training(model, lossOf, [x, y], optimizer = new optim.Adam(model.parameters(), { lr: LR })) {
    const compiled = compile((x, y) => {
      optimizer.zeroGrad();
      const loss = lossOf(model(x), y);
      loss.backward();
      optimizer.step();
      return loss;
    }, options);
    const step = () => compiled(x, y).itemSync();
    return { step, compiled, args: [x, y], check: async () => ({ losses: await train(step) }) };
  }

  /** A function whose results are dropped. */
  function forward(fn, args, gflop) {
    const compiled = compile(fn, options);
    const step = () => void compiled(...args);
    return { step, compiled, args, gflop, check: () => ({ probe: probe(compiled(...args).dataSync()) }) };
  }

  const matmul = (size) => () => {
    const { n, a, b } = common.W6(size);
    const shape = [n, n];
    return forward((a, b) => a.matmul(b), [tensor(a, { shape }), tensor(b, { shape })], (2 * n ** 3) / 1e9);
  };

  const convolution = (make) => () => {
    const d = make();
    const groups = d.dw ? d.ci : 1;
    const x = tensor(d.x, { shape: [1, d.ci, d.h, d.h] });
    const weight = tensor(d.w, { shape: [d.co, d.ci / groups, d.k, d.k] });
    const conv = (x, weight) => F.conv2d(x, weight, undefined, { stride: d.s, padding: d.p, groups });
    return forward(conv, [x, weight], common.convGflop(d));
  };

  return {
    'W1 mlp': () => {
      const w = common.W1();
      const model = new nn.Sequential(
        new nn.Linear(784, 256),
        new nn.ReLU(),
        new nn.Linear(256, 128),
        new nn.ReLU(),
        new nn.Linear(128, 10),
      );
      const batch = [tensor(w.x, { shape: [64, 784] }), tensor(w.y)];
      return training(loaded(model, w), F.crossEntropy, batch);
    },

    'W2 textcnn': () => {
      const w = common.W2();
      const batch = [tensor(w.x, { shape: [32, 64] }), tensor(w.y)];
      const make = (dropout) => training(loaded(new TextCNN(dropout), w), F.crossEntropy, batch);
      return {
        ...make(0.1),
        note: 'losses are from a run without dropout',
        check: () => make(0).check(),
      };
    },

    'W3 cnn': () => {
      const w = common.W3();
      const model = new nn.Sequential(
        new nn.Conv2d(1, 32, 3),
        new nn.ReLU(),
        new nn.Conv2d(32, 64, 3),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(9216, 128),
        new nn.ReLU(),
        new nn.Linear(128, 10),
      );
      const batch = [tensor(w.x, { shape: [32, 1, 28, 28] }), tensor(w.y)];
      return training(loaded(model, w), F.crossEntropy, batch);
    },

    'W4 gpt': () => {
      const w = common.W4();
      const { wpe, ...params } = w.params; // a module's own parameters come before those of its submodules
      const model = loaded(new GPT(w), { params: { wpe, ...params } });
      const optimizer = new optim.AdamW(model.parameters(), { lr: LR, weightDecay: WD });
      const loss = (logits, y) => F.crossEntropy(logits.flatten(0, 1), y);
      return training(model, loss, [tensor(w.x, { shape: [w.B, w.T] }), tensor(w.y)], optimizer);
    },

    'W5 chain fwd': () => {
      const { x, a, b, c } = common.W5();
      return forward(chain, [tensor(x), tensor(a), tensor(b), tensor(c)]);
    },

    'W5 chain grad': () => {
      const { n, ...data } = common.W5();
      const x = tensor(data.x, { requiresGrad: true });
      const args = [tensor(data.a), tensor(data.b), tensor(data.c)];
      const compiled = compile((a, b, c) => {
        x.grad = null;
        const loss = chain(x, a, b, c).mean();
        loss.backward();
        return loss;
      }, options);
      const step = () => compiled(...args).itemSync();
      const check = () => ({ losses: [step()], probe: probe(x.grad.dataSync().map((v) => v * n)) });
      return { step, compiled, args, check };
    },

    'W6 matmul256': matmul(256),
    'W6 matmul512': matmul(512),
    'W6 matmul1024': matmul(1024),

    'W7 ln+softmax': () => {
      const { r, c, x, g, b } = common.W7();
      return forward(
        (x, g, b) => F.layerNorm(x, [c], g, b).softmax(-1),
        [tensor(x, { shape: [r, c] }), tensor(g), tensor(b)],
      );
    },

    'W8 conv3x3': convolution(common.W8.conv3x3),
    'W8 conv7x7s2': convolution(common.W8.conv7x7s2),
    'W8 depthwise3x3': convolution(common.W8.depthwise3x3),

    'W9 tiny': () => {
      const w = common.W9();
      const model = new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.Linear(8, 1));
      const batch = [tensor(w.x, { shape: [16, 4] }), tensor(w.y, { shape: [16, 1] })];
      return training(loaded(model, w), F.mseLoss, batch);
    },
  };
}
