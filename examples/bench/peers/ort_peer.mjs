// ONNX Runtime peers (forward only: neither package trains). usage: node ort_peer.mjs node|web [threads] [--cold]
import {
  importPeer,
  requirePeer,
  peerVersion,
  W1,
  W5,
  W6,
  W7,
  W8,
  convGflop,
  probe,
  run,
  emit,
  cold,
} from './common.mjs';
const kind = process.argv[2] ?? 'node',
  threads = +(process.argv[3] ?? 1),
  COLD = process.argv.includes('--cold');
const ort = kind === 'node' ? requirePeer('onnxruntime-node') : await importPeer('onnxruntime-web');
if (kind === 'web') {
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
}
const PEER = 'ort-' + kind,
  R = (n, m, o) => run(PEER, threads, n, m, o);
// ---- a tiny ONNX protobuf writer --------------------------------------------------------------------------------
const vint = (n) => {
  const o = [];
  n = BigInt(n);
  if (n < 0n) n += 1n << 64n;
  while (n > 127n) {
    o.push(Number(n & 127n) | 128);
    n >>= 7n;
  }
  o.push(Number(n));
  return Buffer.from(o);
};
const tagged = (f, w, b) => Buffer.concat([vint((f << 3) | w), b]);
const I = (f, n) => tagged(f, 0, vint(n)),
  B = (f, b) => {
    b = typeof b === 'string' ? Buffer.from(b) : b;
    return tagged(f, 2, Buffer.concat([vint(b.length), b]));
  };
const F = (f, x) => {
  const b = Buffer.alloc(4);
  b.writeFloatLE(x);
  return tagged(f, 5, b);
};
const cat = (...a) => Buffer.concat(a.flat());
const tensor = (name, dims, data) =>
  cat(
    dims.map((d) => I(1, d)),
    I(2, 1),
    B(8, name),
    B(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  );
const attr = (k, v) =>
  Array.isArray(v)
    ? cat(
        B(1, k),
        v.map((x) => I(8, x)),
        I(20, 7),
      )
    : typeof v === 'string'
      ? cat(B(1, k), B(4, v), I(20, 3))
      : Number.isInteger(v)
        ? cat(B(1, k), I(3, v), I(20, 2))
        : cat(B(1, k), F(2, v), I(20, 1));
const node = (op, ins, outs, at = {}) =>
  cat(
    ins.map((x) => B(1, x)),
    outs.map((x) => B(2, x)),
    B(3, op + outs[0]),
    B(4, op),
    Object.entries(at).map(([k, v]) => B(5, attr(k, v))),
  );
const vi = (name, dims) =>
  cat(B(1, name), B(2, B(1, cat(I(1, 1), B(2, cat(dims.map((d) => B(1, I(1, d)))))))));
const model = (nodes, inits, ins, outs) =>
  cat(
    I(1, 9),
    B(
      7,
      cat(
        nodes.map((n) => B(1, n)),
        B(2, 'g'),
        inits.map((t) => B(5, t)),
        ins.map((v) => B(11, v)),
        outs.map((v) => B(12, v)),
      ),
    ),
    B(8, I(2, 20)),
  );
async function session(buf) {
  return ort.InferenceSession.create(new Uint8Array(buf), {
    executionProviders: [kind === 'node' ? 'cpu' : 'wasm'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
}
const T = (d, dims) => new ort.Tensor('float32', d, dims);
async function fwd(nodes, inits, ins, outDims, extra = {}) {
  const s = await session(
    model(
      nodes,
      inits,
      Object.entries(ins).map(([k, v]) => vi(k, v[1])),
      [vi('y', outDims)],
    ),
  );
  const feeds = Object.fromEntries(Object.entries(ins).map(([k, v]) => [k, T(...v)]));
  const pr = probe((await s.run(feeds)).y.data);
  return {
    step: async () => {
      (await s.run(feeds)).y.dispose?.();
    },
    probe: pr,
    ...extra,
    dispose: () => s.release(),
  };
}
const mlp = () => {
  const s = W1(),
    p = s.params,
    t = (k) => tensor(k, p[k].shape, p[k].data);
  return fwd(
    [
      node('Gemm', ['x', 'l1w', 'l1b'], ['h1']),
      node('Relu', ['h1'], ['r1']),
      node('Gemm', ['r1', 'l2w', 'l2b'], ['h2']),
      node('Relu', ['h2'], ['r2']),
      node('Gemm', ['r2', 'l3w', 'l3b'], ['y']),
    ],
    ['l1w', 'l1b', 'l2w', 'l2b', 'l3w', 'l3b'].map(t),
    { x: [s.x, [64, 784]] },
    [64, 10],
    { note: 'forward only' },
  );
};
if (COLD) {
  const m = await mlp();
  await m.step();
  cold(PEER, threads);
}
await R('W1 mlp fwd-only', mlp);
await R('W5 chain fwd', () => {
  const s = W5(),
    n = s.n;
  return fwd(
    [
      node('Mul', ['x', 'a'], ['t0']),
      node('Add', ['t0', 'b'], ['t1']),
      node('Gelu', ['t1'], ['t2'], { approximate: 'tanh' }),
      node('Sigmoid', ['c'], ['t3']),
      node('Mul', ['t2', 't3'], ['t4']),
      node('Mul', ['x', 'half'], ['t5']),
      node('Add', ['t4', 't5'], ['y']),
    ],
    [tensor('half', [1], new Float32Array([0.5]))],
    Object.fromEntries(['x', 'a', 'b', 'c'].map((k) => [k, [s[k], [n]]])),
    [n],
    kind === 'web'
      ? { note: 'includes copying 4x16 MB in and 16 MB out of the wasm heap, which the API always does' }
      : {},
  );
});
for (const n of [256, 512, 1024])
  await R('W6 matmul' + n, () => {
    const s = W6(n);
    return fwd([node('MatMul', ['a', 'b'], ['y'])], [], { a: [s.a, [n, n]], b: [s.b, [n, n]] }, [n, n], {
      gflop: (2 * n ** 3) / 1e9,
    });
  });
await R('W6 matmul512 const-b', () => {
  const n = 512,
    s = W6(n);
  return fwd([node('MatMul', ['a', 'b'], ['y'])], [tensor('b', [n, n], s.b)], { a: [s.a, [n, n]] }, [n, n], {
    gflop: (2 * n ** 3) / 1e9,
    note: 'b is an initializer (prepacked)',
  });
});
await R('W7 ln+softmax', () => {
  const s = W7();
  return fwd(
    [
      node('LayerNormalization', ['x', 'g', 'b'], ['t'], { axis: -1, epsilon: 1e-5 }),
      node('Softmax', ['t'], ['y'], { axis: -1 }),
    ],
    [tensor('g', [s.c], s.g), tensor('b', [s.c], s.b)],
    { x: [s.x, [s.r, s.c]] },
    [s.r, s.c],
  );
});
for (const k of Object.keys(W8))
  await R('W8 ' + k, () => {
    const s = W8[k](),
      o = ((s.h + 2 * s.p - s.k) / s.s + 1) | 0;
    return fwd(
      [
        node('Conv', ['x', 'w'], ['y'], {
          kernel_shape: [s.k, s.k],
          pads: [s.p, s.p, s.p, s.p],
          strides: [s.s, s.s],
          group: s.dw ? s.ci : 1,
        }),
      ],
      [tensor('w', [s.co, s.dw ? 1 : s.ci, s.k, s.k], s.w)],
      { x: [s.x, [1, s.ci, s.h, s.h]] },
      [1, s.co, o, o],
      { gflop: convGflop(s) },
    );
  });
process.exit(0);
