// TensorFlow.js peer. usage: node tfjs_peer.mjs cpu|wasm [threads] [--cold]
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  requirePeer,
  peerVersion,
  PEERS_DIR,
  permute,
  W1,
  W2,
  W3,
  W4,
  W5,
  W6,
  W7,
  W8,
  W9,
  convGflop,
  LR,
  WD,
  probe,
  run,
  train,
  emit,
  cold,
  importPeer,
} from './common.mjs';
const backend = process.argv[2] ?? 'wasm',
  threads = +(process.argv[3] ?? 1),
  COLD = process.argv.includes('--cold');
console.warn = console.error; // tfjs prints a banner about tfjs-node
const log0 = console.log;
console.log = () => {};
const tf = requirePeer('@tensorflow/tfjs'); // the union package a user installs: core + cpu + webgl + layers + converter
if (backend === 'wasm') {
  const w = requirePeer('@tensorflow/tfjs-backend-wasm');
  w.setWasmPaths(PEERS_DIR + '/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
  if (threads > 1) {
    // tfjs says "no threads in Node" (its issue 3830) because Node's Worker cannot load blob: URLs. Write the two blobs to files instead.
    // Its C++ also caps the pool at cores/2, so pretend to have twice the threads asked for.
    const fake = new Array(2 * threads).fill(os.cpus()[0]);
    os.cpus = () => fake;
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tfjs-thr-')),
      main = path.join(dir, 'main.js'),
      NB = globalThis.Blob;
    let n = 0;
    process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }));
    globalThis.Blob = class extends NB {
      constructor(parts, o) {
        super(parts, o);
        this.text_ = parts.join('');
        if (this.text_.startsWith('var WasmBackendModuleThreadedSimd'))
          fs.writeFileSync(
            main,
            `var require$$0 = require("fs"), require$$1 = require("path"), require$$3 = require("perf_hooks"), require$$4 = require("os"), commonjsGlobal = globalThis;\n` +
              this.text_,
          );
      }
    };
    URL.createObjectURL = (b) => {
      const f = path.join(dir, `w${n++}.js`);
      fs.writeFileSync(f, `URL.createObjectURL = () => ${JSON.stringify(main)};\n` + b.text_);
      return f;
    };
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', true);
    w.setThreadsCount(threads);
  }
  globalThis.__wasm = w;
}
tf.env().set('PROD', true);
await tf.setBackend(backend);
await tf.ready();
if (backend === 'wasm' && threads > 1 && !COLD)
  emit({
    peer: 'tfjs-wasm',
    threads,
    workload: 'INFO',
    note: 'threads reported by the wasm module: ' + globalThis.__wasm.getThreadsCount(),
  });
const PEER = 'tfjs-' + backend + (process.argv.includes('--tuned') ? '-tuned' : ''),
  wasm = backend === 'wasm';
const R = (name, make, opts) => run(PEER, threads, name, make, opts);

// OIHW -> HWIO, OIW -> WIO
const toVar = (p) => {
  if (p.kind === 'conv2d')
    return tf.variable(
      tf.tensor(permute(p.data, p.shape, [2, 3, 1, 0]), [p.shape[2], p.shape[3], p.shape[1], p.shape[0]]),
    );
  if (p.kind === 'conv1d')
    return tf.variable(tf.tensor(permute(p.data, p.shape, [2, 1, 0]), [p.shape[2], p.shape[1], p.shape[0]]));
  return tf.variable(tf.tensor(p.data, p.shape));
};
const vars = (params) => Object.fromEntries(Object.entries(params).map(([k, p]) => [k, toVar(p)]));
const freeVars = (d) => Object.values(d).forEach((v) => v.dispose());
const adam = () => tf.train.adam(LR, 0.9, 0.999, 1e-8);
const linear = (x, w, b) => tf.add(matMul2(x, w), b);
const ce = (onehot, logits) => tf.losses.softmaxCrossEntropy(onehot, logits);
function stepper(d, loss, { decay } = {}) {
  const opt = adam(),
    list = Object.values(d);
  return () => {
    if (decay) for (const v of list) tf.tidy(() => v.assign(v.mul(1 - LR * WD)));
    const c = opt.minimize(loss, true, list),
      l = c.dataSync()[0];
    c.dispose();
    return l;
  };
}
// --- kernels that tfjs-backend-wasm lacks in training (Conv2DBackpropFilter, UnsortedSegmentSum): our own custom gradients.
const notes = [];
const gather = !wasm
  ? (t, idx) => tf.gather(t, idx)
  : (t, idx) =>
      tf.customGrad((t, save) => {
        return { value: tf.gather(t, idx), gradFunc: (dy) => tf.scatterND(idx.expandDims(1), dy, t.shape) };
      })(t);
const conv2d = !wasm
  ? (x, w) => tf.conv2d(x, w, 1, 'valid')
  : (x, w, needDx = true) =>
      tf.customGrad((x, w, save) => {
        const y = tf.conv2d(x, w, 1, 'valid');
        save([x, w]);
        return {
          value: y,
          gradFunc: (dy, [x, w]) => {
            const [n, oh, ow, co] = dy.shape,
              [kh, kw, ci] = w.shape,
              d2 = dy.reshape([-1, co]),
              parts = [];
            for (let i = 0; i < kh; i++)
              for (let j = 0; j < kw; j++)
                parts.push(
                  tf.matMul(tf.slice(x, [0, i, j, 0], [n, oh, ow, ci]).reshape([-1, ci]).transpose(), d2),
                );
            const dx = () =>
              TUNED // tfjs-wasm's Conv2DBackpropInput is a scalar loop; a full convolution with the flipped filter reaches XNNPACK
                ? tf.conv2d(
                    tf.pad(dy, [
                      [0, 0],
                      [kh - 1, kh - 1],
                      [kw - 1, kw - 1],
                      [0, 0],
                    ]),
                    tf.reverse(w, [0, 1]).transpose([0, 1, 3, 2]),
                    1,
                    'valid',
                  )
                : tf.conv2dTranspose(dy, w, x.shape, 1, 'valid');
            return [needDx ? dx() : tf.zerosLike(x), tf.stack(parts).reshape(w.shape)];
          },
        };
      })(x, w);
// --tuned: matMul whose gradient transposes explicitly, because tfjs-wasm's BatchMatMul only reaches XNNPACK when nothing is transposed
const TUNED = process.argv.includes('--tuned');
const matMul2 = !TUNED
  ? (x, w) => tf.matMul(x, w)
  : (x, w) =>
      tf.customGrad((x, w, save) => {
        save([x, w]);
        return {
          value: tf.matMul(x, w),
          gradFunc: (dy, [x, w]) => [tf.matMul(dy, w.transpose()), tf.matMul(x.transpose(), dy)],
        };
      })(x, w);
const WA = wasm ? 'WORKAROUND: custom gradients written by us where tfjs-wasm has no kernel' : undefined;
const gelu = (x) =>
  tf.tidy(() => {
    const x3 = x.mul(x).mul(x);
    return x.mul(0.5).mul(x3.mul(0.044715).add(x).mul(0.7978845608028654).tanh().add(1));
  });
const layerNorm = (x, g, b) => {
  const { mean, variance } = tf.moments(x, -1, true);
  return x.sub(mean).mul(variance.add(1e-5).rsqrt()).mul(g).add(b);
};

const mW1 = async () => {
  const s = W1(),
    d = vars(s.params),
    x = tf.tensor(s.x, [64, 784]),
    y = tf.oneHot(tf.tensor1d(s.y, 'int32'), 10).toFloat();
  const step = stepper(d, () =>
    ce(y, linear(tf.relu(linear(tf.relu(linear(x, d.l1w, d.l1b)), d.l2w, d.l2b)), d.l3w, d.l3b)),
  );
  return { step, dispose: () => freeVars(d) };
};
if (COLD) {
  const m = await mW1();
  m.step();
  cold(PEER, threads);
}
const withLosses = async (m) => ({ ...m, losses: await train(m.step) });
await R('W1 mlp', async () => withLosses(await mW1()));
await R('W2 textcnn', async () => {
  const s = W2(),
    x = tf.tensor1d(s.x, 'int32'),
    y = tf.oneHot(tf.tensor1d(s.y, 'int32'), 4).toFloat();
  const mk = (d, drop) =>
    stepper(d, () => {
      const e = gather(d.emb, x).reshape([32, 64, 1, 64]);
      const h = tf.concat(
        [3, 4, 5].map((k) => {
          const c = conv2d(e, d[`c${k}w`].expandDims(1));
          return tf.max(tf.relu(c.add(d[`c${k}b`])), [1, 2]);
        }),
        1,
      );
      return ce(y, linear(drop ? tf.dropout(h, drop) : h, d.fcw, d.fcb));
    });
  const d0 = vars(s.params),
    losses = await train(mk(d0, 0));
  freeVars(d0);
  const d = vars(s.params);
  return { step: mk(d, 0.1), losses, note: WA, dispose: () => freeVars(d) };
});
await R('W3 cnn', async () => {
  const s = W3(),
    x = tf.tensor(s.x, [32, 28, 28, 1]),
    y = tf.oneHot(tf.tensor1d(s.y, 'int32'), 10).toFloat();
  s.params.l1w.data = permute(s.params.l1w.data, [64, 12, 12, 128], [1, 2, 0, 3]);
  const d = vars(s.params);
  const step = stepper(d, () => {
    let h = tf.relu(conv2d(x, d.c1w, false).add(d.c1b));
    h = tf.relu(conv2d(h, d.c2w).add(d.c2b));
    h = tf.maxPool(h, 2, 2, 'valid').reshape([32, 9216]);
    return ce(y, linear(tf.relu(linear(h, d.l1w, d.l1b)), d.l2w, d.l2b));
  });
  return withLosses({ step, note: WA, dispose: () => freeVars(d) });
});
await R('W4 gpt', async () => {
  const s = W4(),
    { L, H, C, T, B, V } = s,
    d = vars(s.params),
    x = tf.tensor1d(s.x, 'int32'),
    y = tf.oneHot(tf.tensor1d(s.y, 'int32'), V).toFloat();
  const m = new Float32Array(T * T);
  for (let i = 0; i < T; i++) for (let j = i + 1; j < T; j++) m[i * T + j] = -1e9;
  const mask = tf.tensor(m, [T, T]);
  const step = stepper(
    d,
    () => {
      let h = gather(d.wte, x)
        .reshape([B, T, C])
        .add(d.wpe)
        .reshape([B * T, C]);
      for (let l = 0; l < L; l++) {
        const p = `h${l}`;
        const qkv = linear(layerNorm(h, d[p + 'ln1g'], d[p + 'ln1b']), d[p + 'qkvw'], d[p + 'qkvb']);
        const [q, k, v] = tf.split(qkv, 3, 1).map((t) => t.reshape([B, T, H, C / H]).transpose([0, 2, 1, 3]));
        const at = tf.softmax(
          tf
            .matMul(q, k, false, true)
            .mul(1 / Math.sqrt(C / H))
            .add(mask),
        );
        h = h.add(
          linear(
            tf
              .matMul(at, v)
              .transpose([0, 2, 1, 3])
              .reshape([B * T, C]),
            d[p + 'projw'],
            d[p + 'projb'],
          ),
        );
        h = h.add(
          linear(
            gelu(linear(layerNorm(h, d[p + 'ln2g'], d[p + 'ln2b']), d[p + 'fcw'], d[p + 'fcb'])),
            d[p + 'outw'],
            d[p + 'outb'],
          ),
        );
      }
      return ce(y, matMul2(layerNorm(h, d.lnfg, d.lnfb), d.head));
    },
    { decay: true },
  );
  return withLosses({ step, note: WA, dispose: () => freeVars(d) });
});
const chain = (x, a, b, c) => gelu(x.mul(a).add(b)).mul(c.sigmoid()).add(x.mul(0.5));
await R('W5 chain fwd', async () => {
  const s = W5(),
    t = ['x', 'a', 'b', 'c'].map((k) => tf.tensor1d(s[k]));
  const f = () => tf.tidy(() => chain(...t));
  const y = f(),
    pr = probe(y.dataSync());
  y.dispose();
  return {
    step: () => {
      const y = f();
      if (!wasm) y.dataSync();
      y.dispose();
    },
    probe: pr,
    dispose: () => t.forEach((v) => v.dispose()),
  };
});
await R('W5 chain grad', async () => {
  const s = W5(),
    t = ['x', 'a', 'b', 'c'].map((k) => tf.tensor1d(s[k]));
  const g = tf.valueAndGrad((x) => chain(x, t[1], t[2], t[3]).mean());
  let pr;
  const step = (probing) => {
    const { value, grad } = g(t[0]);
    const v = value.dataSync()[0];
    if (probing === 1) pr = probe(grad.dataSync().map((q) => q * s.n));
    tf.dispose([value, grad]);
    return v;
  };
  const l = step(1);
  return { step, losses: [l], probe: pr, dispose: () => t.forEach((v) => v.dispose()) };
});
for (const n of [256, 512, 1024])
  await R('W6 matmul' + n, async () => {
    const s = W6(n),
      a = tf.tensor(s.a, [n, n]),
      b = tf.tensor(s.b, [n, n]),
      y = tf.matMul(a, b),
      pr = probe(y.dataSync());
    y.dispose();
    return {
      step: () => tf.matMul(a, b).dispose(),
      probe: pr,
      gflop: (2 * n ** 3) / 1e9,
      note: wasm ? "same b every call: XNNPACK's packed copy of b is cached" : undefined,
      dispose: () => {
        a.dispose();
        b.dispose();
      },
    };
  });
if (wasm)
  await R('W6 matmul512 fresh-b', async () => {
    // as in training: the weight tensor is new each step
    const n = 512,
      s = W6(n),
      a = tf.tensor(s.a, [n, n]),
      b = tf.tensor(s.b, [n, n]);
    return {
      step: () => {
        const bb = b.add(0);
        tf.matMul(a, bb).dispose();
        bb.dispose();
      },
      gflop: (2 * n ** 3) / 1e9,
      note: 'b is a new tensor each call (incl. one 512x512 add)',
      dispose: () => {
        a.dispose();
        b.dispose();
      },
    };
  });
if (wasm)
  await R('W6 matmul512 aT', async () => {
    const n = 512,
      s = W6(n),
      a = tf.tensor(s.a, [n, n]),
      b = tf.tensor(s.b, [n, n]);
    return {
      step: () => tf.matMul(a, b, true, false).dispose(),
      gflop: (2 * n ** 3) / 1e9,
      note: 'transposeA, the weight-gradient form',
      dispose: () => {
        a.dispose();
        b.dispose();
      },
    };
  });
await R('W7 ln+softmax', async () => {
  const s = W7(),
    x = tf.tensor(s.x, [s.r, s.c]),
    g = tf.tensor1d(s.g),
    b = tf.tensor1d(s.b),
    f = () => tf.tidy(() => tf.softmax(layerNorm(x, g, b)));
  const y = f(),
    pr = probe(y.dataSync());
  y.dispose();
  return { step: () => f().dispose(), probe: pr, dispose: () => [x, g, b].forEach((t) => t.dispose()) };
});
for (const k of Object.keys(W8))
  await R('W8 ' + k, async () => {
    const s = W8[k](),
      x = tf.tensor(permute(s.x, [s.ci, s.h, s.h], [1, 2, 0]), [1, s.h, s.h, s.ci]);
    const w = s.dw
      ? tf.tensor(permute(s.w, [s.ci, 1, s.k, s.k], [2, 3, 0, 1]), [s.k, s.k, s.ci, 1])
      : tf.tensor(permute(s.w, [s.co, s.ci, s.k, s.k], [2, 3, 1, 0]), [s.k, s.k, s.ci, s.co]);
    const f = () =>
      s.dw ? tf.depthwiseConv2d(x, w, 1, 'same') : tf.conv2d(x, w, s.s, s.p, 'NHWC', 1, 'floor');
    const y = f(),
      o = y.shape[1],
      pr = probe(permute(y.dataSync(), [o, o, s.co], [2, 0, 1]));
    y.dispose();
    return {
      step: () => f().dispose(),
      probe: pr,
      gflop: convGflop(s),
      note: 'NHWC',
      dispose: () => {
        x.dispose();
        w.dispose();
      },
    };
  });
await R('W9 tiny', async () => {
  const s = W9(),
    d = vars(s.params),
    x = tf.tensor(s.x, [16, 4]),
    y = tf.tensor(s.y, [16, 1]);
  const step = stepper(d, () =>
    tf.mean(tf.squaredDifference(linear(tf.tanh(linear(x, d.l1w, d.l1b)), d.l2w, d.l2b), y)),
  );
  return withLosses({ step, dispose: () => freeVars(d) });
});
process.exit(0);
