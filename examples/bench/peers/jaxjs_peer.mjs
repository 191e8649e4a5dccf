// jax-js peer. usage: node jaxjs_peer.mjs wasm|cpu [threads] [--cold]
// Node 20 has no global Worker, so jax-js runs its wasm kernels on the main thread (documented for Node). threads>1 installs
// a small Worker shim over worker_threads so that its SharedArrayBuffer pool is used (what browsers and Deno get).
import { Worker as NodeWorker } from 'node:worker_threads';
import { resolveObjectURL } from 'node:buffer';
import {
  importPeer,
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
  fill,
} from './common.mjs';
const device = process.argv[2] ?? 'wasm',
  threads = +(process.argv[3] ?? 1),
  COLD = process.argv.includes('--cold');
if (threads > 1) {
  if (!globalThis.navigator) globalThis.navigator = { hardwareConcurrency: threads };
  else
    Object.defineProperty(globalThis.navigator, 'hardwareConcurrency', {
      value: threads,
      configurable: true,
    });
  globalThis.Worker = class Worker {
    #q = [];
    #w;
    onmessage = null;
    onerror = null;
    constructor(url) {
      resolveObjectURL(String(url))
        .text()
        .then((src) => {
          const pre = `const { parentPort: __p } = require("node:worker_threads"); const self = globalThis; globalThis.postMessage = (m) => __p.postMessage(m); __p.on("message", (data) => self.onmessage({ data }));\n`;
          this.#w = new NodeWorker(pre + src, { eval: true });
          this.#w.unref();
          this.#w.on('message', (data) => this.onmessage?.({ data }));
          this.#w.on('error', (e) => this.onerror?.(e));
          for (const m of this.#q) this.#w.postMessage(m);
          this.#q = null;
        });
    }
    postMessage(m) {
      if (this.#q) this.#q.push(m);
      else this.#w.postMessage(m);
    }
    terminate() {
      this.#w?.terminate();
    }
  };
}
const keepAlive = setInterval(() => {}, 1000); // shim workers are unref'd
const jax = await importPeer('@jax-js/jax');
const {
  numpy: np,
  nn,
  lax,
  jit,
  vjp,
  valueAndGrad,
  tree,
  random,
  blockUntilReady,
  defaultDevice,
  init,
} = jax;
await init(device);
defaultDevice(device);
const PEER = 'jax-js-' + device,
  R = (name, make, opts) => run(PEER, threads, name, make, opts);
const A = (data, shape, dtype) =>
  np.array(data, { shape, dtype: dtype ?? (data instanceof Int32Array ? np.int32 : np.float32) });
const pars = (params) => Object.fromEntries(Object.entries(params).map(([k, p]) => [k, A(p.data, p.shape)]));
// Adam as in @jax-js/optax 0.1.2, inside the jitted step. Params, grads, m, v are flat objects.
// Every use but the last takes .ref (jax-js moves its arguments).
function adamUpdate(p, g, m, v, count, decay) {
  const P = {},
    M = {},
    V = {};
  count = count.add(1);
  const c1 = np.reciprocal(np.subtract(1, np.power(0.9, count.ref))),
    c2 = np.reciprocal(np.subtract(1, np.power(0.999, count.ref)));
  for (const k of Object.keys(p)) {
    M[k] = m[k].mul(0.9).add(g[k].ref.mul(0.1));
    V[k] = v[k].mul(0.999).add(g[k].ref.mul(g[k]).mul(0.001));
    const u = M[k].ref
      .mul(c1.ref)
      .div(np.sqrt(V[k].ref.mul(c2.ref)).add(1e-8))
      .mul(LR);
    P[k] = (decay ? p[k].mul(1 - LR * WD) : p[k]).sub(u);
  }
  c1.dispose();
  c2.dispose();
  return [P, M, V, count];
}
/** whole train step (loss, grads, Adam) in one jit; loss takes (params, ...inputs) and consumes them */
async function trainer(params, loss, inputs, { decay = false, key, note } = {}) {
  let p = pars(params),
    m = tree.map((x) => np.zerosLike(x), tree.ref(p)),
    v = tree.map((x) => np.zerosLike(x), tree.ref(p)),
    count = np.array(0);
  count = count.astype(np.float32);
  const f = jit((p, m, v, count, ...ins) => {
    const [l, g] = valueAndGrad(loss)(tree.ref(p), ...ins);
    const [P, M, V, C] = adamUpdate(p, g, m, v, count, decay);
    return [P, M, V, C, l];
  });
  let i = 0;
  const step = async () => {
    const ins = inputs.map((x) => x.ref);
    if (key) ins.push(random.key(i++));
    const r = f(p, m, v, count, ...ins);
    p = r[0];
    m = r[1];
    v = r[2];
    count = r[3];
    await blockUntilReady([p, m, v]);
    return (await r[4].data())[0];
  };
  return {
    step,
    note,
    dispose: () => {
      tree.dispose(p);
      tree.dispose(m);
      tree.dispose(v);
      count.dispose();
      f.dispose();
    },
  };
}
const linear = (x, w, b) => np.dot(x, w).add(b);
const ce = (logits, onehot) => np.mean(nn.logSoftmax(logits).mul(onehot).sum(-1)).mul(-1);
const oneHot = (y, n) => {
  const d = new Float32Array(y.length * n);
  y.forEach((c, i) => (d[i * n + c] = 1));
  return A(d, [y.length, n]);
};
const layerNorm = (x, g, b) => {
  const mu = np.mean(x.ref, -1, { keepdims: true }),
    d = x.sub(mu),
    v = np.mean(d.ref.mul(d.ref), -1, { keepdims: true });
  return d
    .mul(np.reciprocal(np.sqrt(v.add(1e-5))))
    .mul(g)
    .add(b);
};
const withLosses = async (m) => ({ ...m, losses: await train(m.step) });
const mW1 = () => {
  const s = W1();
  return trainer(
    s.params,
    (p, x, y) => ce(linear(nn.relu(linear(nn.relu(linear(x, p.l1w, p.l1b)), p.l2w, p.l2b)), p.l3w, p.l3b), y),
    [A(s.x, [64, 784]), oneHot(s.y, 10)],
  );
};
if (COLD) {
  const m = await mW1();
  await m.step();
  cold(PEER, threads);
}
await R('W1 mlp', async () => withLosses(await mW1()));
// W2: the gradient of gather (scatter) cannot be inside jit in 0.1.25, so gather and scatter run eagerly around two jitted parts.
const cnn2 = (drop) => (p, e, y, key) => {
  e = np.transpose(e, [0, 2, 1]);
  let h = np.concatenate(
    [3, 4, 5].map((k) =>
      np.max(
        nn.relu(lax.convGeneralDilated(e.ref, p[`c${k}w`], [1], 'VALID').add(p[`c${k}b`].reshape([64, 1]))),
        -1,
      ),
    ),
    1,
  );
  e.dispose();
  if (drop) {
    const mask = random.bernoulli(key, 1 - drop, [32, 192]);
    h = np.where(mask, h.div(1 - drop), 0);
  }
  return ce(linear(h, p.fcw, p.fcb), y);
};
function trainer2(s, x, y, drop) {
  const { emb: embP, ...rest } = s.params;
  let emb = pars({ emb: embP }),
    p = pars(rest),
    zl = (t) => tree.map((x) => np.zerosLike(x), tree.ref(t));
  let m = zl(p),
    v = zl(p),
    em = zl(emb),
    ev = zl(emb),
    count = np.array(0).astype(np.float32),
    i = 0;
  const f = jit((p, m, v, count, e, y, ...k) => {
    const [l, [g, de]] = valueAndGrad(cnn2(drop), { argnums: [0, 1] })(tree.ref(p), e, y, ...k);
    return [...adamUpdate(p, g, m, v, count, false), l, de];
  });
  const fe = jit((p, g, m, v, c) => {
    const r = adamUpdate(p, { emb: g }, m, v, c, false);
    r[3].dispose();
    return [r[0], r[1], r[2]];
  });
  const step = async () => {
    const [e, back] = vjp((t) => t.slice(x.ref), [emb.emb.ref]);
    const c0 = count.ref,
      r = f(p, m, v, count, e, y.ref, ...(drop ? [random.key(i++)] : []));
    [p, m, v, count] = r;
    const [ge] = back(r[5]);
    back.dispose();
    [emb, em, ev] = fe(emb, ge, em, ev, c0);
    await blockUntilReady([p, m, v, emb, em, ev]);
    return (await r[4].data())[0];
  };
  return { step };
}
await R('W2 textcnn', async () => {
  const s = W2(),
    x = A(s.x, [32, 64]),
    y = oneHot(s.y, 4);
  const losses = await train(trainer2(s, x, y, 0).step);
  return {
    ...trainer2(s, x, y, 0.1),
    losses,
    note: 'WORKAROUND: gather/scatter of the embedding run eagerly between two jitted parts',
  };
});
const loss3 = (p, x, y) => {
  let h = nn.relu(lax.convGeneralDilated(x, p.c1w, [1, 1], 'VALID').add(p.c1b.reshape([32, 1, 1])));
  h = nn.relu(lax.convGeneralDilated(h, p.c2w, [1, 1], 'VALID').add(p.c2b.reshape([64, 1, 1])));
  h = np.max(h.reshape([32, 64, 12, 2, 12, 2]), [3, 5]).reshape([32, 9216]);
  return ce(linear(nn.relu(linear(h, p.l1w, p.l1b)), p.l2w, p.l2b), y);
};
await R('W3 cnn', async () => {
  const s = W3();
  return withLosses(await trainer(s.params, loss3, [A(s.x, [32, 1, 28, 28]), oneHot(s.y, 10)]));
});
await R('W4 gpt', async () => {
  const s = W4(),
    { L, H, C, T, B, V } = s;
  const mk = new Float32Array(T * T);
  for (let i = 0; i < T; i++) for (let j = i + 1; j < T; j++) mk[i * T + j] = -1e9;
  const loss = (p, x, y, mask) => {
    let h = np
      .dot(x, p.wte)
      .reshape([B, T, C])
      .add(p.wpe)
      .reshape([B * T, C]);
    for (let l = 0; l < L; l++) {
      const n = `h${l}`;
      const qkv = linear(
        layerNorm(h.ref, p[n + 'ln1g'], p[n + 'ln1b']),
        p[n + 'qkvw'],
        p[n + 'qkvb'],
      ).reshape([B, T, 3, H, C / H]);
      const t = np.transpose(qkv, [2, 0, 3, 1, 4]); // 3,B,H,T,D
      const q = t.ref.slice(0),
        k = t.ref.slice(1),
        v = t.slice(2);
      const at = nn.softmax(
        np
          .matmul(q, np.transpose(k, [0, 1, 3, 2]))
          .mul(1 / Math.sqrt(C / H))
          .add(mask.ref),
      );
      h = h.add(
        linear(
          np.transpose(np.matmul(at, v), [0, 2, 1, 3]).reshape([B * T, C]),
          p[n + 'projw'],
          p[n + 'projb'],
        ),
      );
      h = h.ref.add(
        linear(
          nn.gelu(linear(layerNorm(h, p[n + 'ln2g'], p[n + 'ln2b']), p[n + 'fcw'], p[n + 'fcb'])),
          p[n + 'outw'],
          p[n + 'outb'],
        ),
      );
    }
    mask.dispose();
    return ce(np.dot(layerNorm(h, p.lnfg, p.lnfb), p.head), y);
  };
  return withLosses(
    await trainer(s.params, loss, [oneHot(s.x, V), oneHot(s.y, V), A(mk, [T, T])], {
      decay: true,
      note: "WORKAROUND: embedding as one-hot matmul (gather's gradient cannot be jitted in 0.1.25: 'routine primitive scatter input is not imm')",
    }),
  );
});
const chain = (x, a, b, c) => nn.gelu(x.ref.mul(a).add(b)).mul(nn.sigmoid(c)).add(x.mul(0.5));
await R('W5 chain fwd', async () => {
  const s = W5(),
    t = ['x', 'a', 'b', 'c'].map((k) => A(s[k], [s.n])),
    f = jit(chain),
    go = () => f(...t.map((v) => v.ref));
  const pr = probe(await go().data());
  return {
    step: async () => {
      const y = go();
      await y.blockUntilReady();
      y.dispose();
    },
    probe: pr,
    dispose: () => t.forEach((v) => v.dispose()),
  };
});
await R('W5 chain grad', async () => {
  const s = W5(),
    t = ['x', 'a', 'b', 'c'].map((k) => A(s[k], [s.n])),
    f = jit(valueAndGrad((x, a, b, c) => np.mean(chain(x, a, b, c))));
  const go = () => f(...t.map((v) => v.ref));
  const [l, g] = go(),
    pr = probe((await g.data()).map((v) => v * s.n)),
    l0 = (await l.data())[0];
  return {
    step: async () => {
      const [l, g] = go();
      await g.blockUntilReady();
      g.dispose();
      await l.data();
    },
    losses: [l0],
    probe: pr,
    dispose: () => t.forEach((v) => v.dispose()),
  };
});
for (const n of [256, 512, 1024])
  await R('W6 matmul' + n, async () => {
    const s = W6(n),
      a = A(s.a, [n, n]),
      b = A(s.b, [n, n]),
      f = jit((a, b) => np.matmul(a, b)),
      go = () => f(a.ref, b.ref);
    const pr = probe(await go().data());
    return {
      step: async () => {
        const y = go();
        await y.blockUntilReady();
        y.dispose();
      },
      probe: pr,
      gflop: (2 * n ** 3) / 1e9,
      dispose: () => {
        a.dispose();
        b.dispose();
      },
    };
  });
await R('W6 matmul512 aT', async () => {
  const n = 512,
    s = W6(n),
    a = A(s.a, [n, n]),
    b = A(s.b, [n, n]),
    f = jit((a, b) => np.matmul(np.transpose(a), b));
  return {
    step: async () => {
      const y = f(a.ref, b.ref);
      await y.blockUntilReady();
      y.dispose();
    },
    gflop: (2 * n ** 3) / 1e9,
    note: 'a transposed',
    dispose: () => {
      a.dispose();
      b.dispose();
    },
  };
});
await R('W7 ln+softmax', async () => {
  const s = W7(),
    x = A(s.x, [s.r, s.c]),
    g = A(s.g, [s.c]),
    b = A(s.b, [s.c]),
    f = jit((x, g, b) => nn.softmax(layerNorm(x, g, b))),
    go = () => f(x.ref, g.ref, b.ref);
  const pr = probe(await go().data());
  return {
    step: async () => {
      const y = go();
      await y.blockUntilReady();
      y.dispose();
    },
    probe: pr,
    dispose: () => [x, g, b].forEach((v) => v.dispose()),
  };
});
for (const k of Object.keys(W8))
  await R('W8 ' + k, async () => {
    const s = W8[k](),
      x = A(s.x, [1, s.ci, s.h, s.h]),
      w = A(s.w, [s.co, s.dw ? 1 : s.ci, s.k, s.k]);
    const f = jit((x, w) =>
        lax.convGeneralDilated(
          x,
          w,
          [s.s, s.s],
          [
            [s.p, s.p],
            [s.p, s.p],
          ],
          { featureGroupCount: s.dw ? s.ci : 1 },
        ),
      ),
      go = () => f(x.ref, w.ref);
    const pr = probe(await go().data());
    return {
      step: async () => {
        const y = go();
        await y.blockUntilReady();
        y.dispose();
      },
      probe: pr,
      gflop: convGflop(s),
      dispose: () => {
        x.dispose();
        w.dispose();
      },
    };
  });
// jax-js 0.1.25 pads before an eager wasm conv but not inside jit (jit keeps a bounds test per multiply), so eager may be faster:
for (const k of Object.keys(W8))
  await R(`W8 ${k} no-jit`, async () => {
    const s = W8[k](),
      x = A(s.x, [1, s.ci, s.h, s.h]),
      w = A(s.w, [s.co, s.dw ? 1 : s.ci, s.k, s.k]);
    const go = () =>
      lax.convGeneralDilated(
        x.ref,
        w.ref,
        [s.s, s.s],
        [
          [s.p, s.p],
          [s.p, s.p],
        ],
        { featureGroupCount: s.dw ? s.ci : 1 },
      );
    await await go().data();
    return {
      step: async () => {
        const y = go();
        await y.blockUntilReady();
        y.dispose();
      },
      gflop: convGflop(s),
      note: 'eager, outside jit',
      dispose: () => {
        x.dispose();
        w.dispose();
      },
    };
  });
await R('W3 cnn no-jit', async () => {
  const s = W3();
  let p = pars(s.params),
    m = tree.map((x) => np.zerosLike(x), tree.ref(p)),
    v = tree.map((x) => np.zerosLike(x), tree.ref(p)),
    count = np.array(0).astype(np.float32);
  const x = A(s.x, [32, 1, 28, 28]),
    y = oneHot(s.y, 10),
    upd = jit((p, g, m, v, c) => adamUpdate(p, g, m, v, c, false));
  const step = async () => {
    const [l, g] = valueAndGrad(loss3)(tree.ref(p), x.ref, y.ref);
    [p, m, v, count] = upd(p, g, m, v, count);
    await blockUntilReady([p, m, v]);
    return (await l.data())[0];
  };
  return {
    step,
    losses: await train(step),
    note: "loss and gradients eager (as jax-js's own MNIST demo does), only Adam jitted",
  };
});
await R('W9 tiny', async () => {
  const s = W9();
  return withLosses(
    await trainer(
      s.params,
      (p, x, y) => {
        const d = linear(np.tanh(linear(x, p.l1w, p.l1b)), p.l2w, p.l2b).sub(y);
        return np.mean(d.ref.mul(d));
      },
      [A(s.x, [16, 4]), A(s.y, [16, 1])],
    ),
  );
});
process.exit(0);
