// One harness for all libraries. Shared by every JS script, this library's too: the deterministic data, the shapes of the workloads, the timer, the output format.
// Every peer (and torch_peer.py) starts from bit-identical weights and data, so first-steps losses are comparable.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

export const PEERS_DIR = process.env.PEERS_DIR ?? path.join(os.tmpdir(), 'peers');
const req = createRequire(path.join(PEERS_DIR, 'index.js'));
/** import a package installed in PEERS_DIR (import() would look next to this file). */
export async function importPeer(name) {
  // resolve through an ESM-aware path: read the package's exports by hand for "import"
  const root = path.join(PEERS_DIR, 'node_modules', name);
  const pj = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  let e = pj.exports?.['.']?.node ?? pj.exports?.['.']?.import ?? pj.exports?.import ?? pj.module;
  while (e && typeof e === 'object') e = e.import ?? e.default ?? e.node;
  return import(pathToFileURL(path.join(root, e ?? pj.main)).href);
}
export const requirePeer = (name) => req(name);
export const peerVersion = (name) =>
  JSON.parse(fs.readFileSync(path.join(PEERS_DIR, 'node_modules', name, 'package.json'), 'utf8')).version;

// ---- deterministic data: counter-based mulberry32, so numpy can do it vectorised -------------------------------
export function fill(seed, n, scale = 1) {
  const out = new Float32Array(n);
  let a = seed >>> 0;
  for (let i = 0; i < n; i++) {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    out[i] = ((((t ^ (t >>> 14)) >>> 0) / 4294967296) * 2 - 1) * scale;
  }
  return out;
}
export function fillInt(seed, n, mod) {
  const f = fill(seed, n, 1),
    out = new Int32Array(n);
  for (let i = 0; i < n; i++) out[i] = Math.min(mod - 1, Math.floor(((f[i] + 1) / 2) * mod));
  return out;
}
export const transpose2 = (a, r, c) => {
  const o = new Float32Array(r * c);
  for (let i = 0; i < r; i++) for (let j = 0; j < c; j++) o[j * r + i] = a[i * c + j];
  return o;
};
/** permute a flat array of `shape` to axes order `perm` */
export function permute(a, shape, perm) {
  const nd = shape.length,
    st = new Array(nd).fill(1);
  for (let i = nd - 2; i >= 0; i--) st[i] = st[i + 1] * shape[i + 1];
  const os = perm.map((p) => shape[p]),
    ps = perm.map((p) => st[p]);
  const o = new Float32Array(a.length),
    idx = new Array(nd).fill(0);
  let src = 0;
  for (let k = 0; k < a.length; k++) {
    o[k] = a[src];
    for (let d = nd - 1; d >= 0; d--) {
      idx[d]++;
      src += ps[d];
      if (idx[d] < os[d]) break;
      src -= ps[d] * os[d];
      idx[d] = 0;
    }
  }
  return o;
}

// ---- parameters, canonical layout: linear [in,out]; conv2d OIHW; conv1d OIW ------------------------------------
export const LR = 1e-3,
  WD = 0.01;
const lin = (p, seed, i, o) => ({
  [p + 'w']: { shape: [i, o], data: fill(seed, i * o, 1 / Math.sqrt(i)) },
  [p + 'b']: { shape: [o], data: new Float32Array(o) },
});
export const W1 = () => ({
  params: { ...lin('l1', 11, 784, 256), ...lin('l2', 12, 256, 128), ...lin('l3', 13, 128, 10) },
  x: fill(1, 64 * 784),
  y: fillInt(2, 64, 10),
  batch: 64,
});
export const W2 = () => {
  const params = { emb: { shape: [5000, 64], data: fill(21, 5000 * 64, 1) } };
  for (const k of [3, 4, 5]) {
    params['c' + k + 'w'] = {
      shape: [64, 64, k],
      data: fill(20 + k, 64 * 64 * k, 1 / Math.sqrt(64 * k)),
      kind: 'conv1d',
    };
    params['c' + k + 'b'] = { shape: [64], data: new Float32Array(64) };
  }
  Object.assign(params, lin('fc', 29, 192, 4));
  return { params, x: fillInt(3, 32 * 64, 5000), y: fillInt(4, 32, 4), batch: 32, seq: 64 };
};
export const W3 = () => ({
  params: {
    c1w: { shape: [32, 1, 3, 3], data: fill(31, 32 * 9, 1 / 3), kind: 'conv2d' },
    c1b: { shape: [32], data: new Float32Array(32) },
    c2w: { shape: [64, 32, 3, 3], data: fill(32, 64 * 32 * 9, 1 / Math.sqrt(288)), kind: 'conv2d' },
    c2b: { shape: [64], data: new Float32Array(64) },
    ...lin('l1', 33, 9216, 128),
    ...lin('l2', 34, 128, 10),
  },
  x: fill(5, 32 * 784),
  y: fillInt(6, 32, 10),
  batch: 32,
});
export const GPT = { L: 4, H: 4, C: 128, T: 64, B: 12, V: 65 };
export const W4 = () => {
  const { L, C, T, B, V } = GPT;
  const ln = (p) => ({
    [p + 'g']: { shape: [C], data: new Float32Array(C).fill(1) },
    [p + 'b']: { shape: [C], data: new Float32Array(C) },
  });
  const params = {
    wte: { shape: [V, C], data: fill(41, V * C, 0.05) },
    wpe: { shape: [T, C], data: fill(42, T * C, 0.05) },
  };
  for (let l = 0; l < L; l++)
    Object.assign(
      params,
      ln(`h${l}ln1`),
      lin(`h${l}qkv`, 100 + l, C, 3 * C),
      lin(`h${l}proj`, 200 + l, C, C),
      ln(`h${l}ln2`),
      lin(`h${l}fc`, 300 + l, C, 4 * C),
      lin(`h${l}out`, 400 + l, 4 * C, C),
    );
  Object.assign(params, ln('lnf'), { head: { shape: [C, V], data: fill(43, C * V, 1 / Math.sqrt(C)) } });
  return { params, x: fillInt(7, B * T, V), y: fillInt(8, B * T, V), ...GPT };
};
export const W5 = () => {
  const n = 4194304;
  return { n, x: fill(51, n), a: fill(52, n), b: fill(53, n), c: fill(54, n) };
};
export const W6 = (n) => ({ n, a: fill(61, n * n), b: fill(62, n * n) });
export const W7 = () => ({
  r: 4096,
  c: 1024,
  x: fill(71, 4096 * 1024, 3),
  g: fill(72, 1024),
  b: fill(73, 1024),
});
export const W8 = {
  conv3x3: () => ({
    ci: 64,
    co: 64,
    h: 56,
    k: 3,
    s: 1,
    p: 1,
    x: fill(81, 64 * 56 * 56),
    w: fill(82, 64 * 64 * 9, 1 / 24),
  }),
  conv7x7s2: () => ({
    ci: 3,
    co: 64,
    h: 224,
    k: 7,
    s: 2,
    p: 3,
    x: fill(83, 3 * 224 * 224),
    w: fill(84, 64 * 3 * 49, 1 / 12),
  }),
  depthwise3x3: () => ({
    ci: 128,
    co: 128,
    h: 56,
    k: 3,
    s: 1,
    p: 1,
    dw: true,
    x: fill(85, 128 * 56 * 56),
    w: fill(86, 128 * 9, 1 / 3),
  }),
};
export const convGflop = (d) => {
  const o = ((d.h + 2 * d.p - d.k) / d.s + 1) | 0;
  return (2 * d.co * o * o * d.k * d.k * (d.dw ? 1 : d.ci)) / 1e9;
};
export const W9 = () => ({
  params: { ...lin('l1', 91, 4, 8), ...lin('l2', 92, 8, 1) },
  x: fill(93, 64),
  y: fill(94, 16),
  batch: 16,
});

/** a few numbers that identify an output: [0], [1], [mid], [last], mean, absmean  (same in torch_peer.py) */
export function probe(a) {
  let s = 0,
    m = 0;
  for (let i = 0; i < a.length; i++) {
    s += a[i];
    m += Math.abs(a[i]);
  }
  const r = (x) => Number(x.toPrecision(6));
  return [a[0], a[1], a[a.length >> 1], a[a.length - 1], s / a.length, m / a.length].map(r);
}

// ---- timing ----------------------------------------------------------------------------------------------------
const FAST = !!process.env.BENCH_FAST;
const REPS = +(process.env.BENCH_REPS ?? (FAST ? 1 : 3)),
  REP_MS = +(process.env.BENCH_REP_MS ?? (FAST ? 300 : 1000));
const med = (a) => {
  a = [...a].sort((x, y) => x - y);
  return a.length % 2 ? a[a.length >> 1] : (a[a.length / 2 - 1] + a[a.length / 2]) / 2;
};
/** ms: min over REPS of the median wall time of a step; min_ms: best single step; cpu_ms: CPU time of the whole process per step
 * (all threads; a second upper bound of a 1-thread run's cost when other processes preempt us) fn may be async. Slow steps get fewer iterations. */
export async function time(
  fn,
  {
    warmMs = +(process.env.BENCH_WARM_MS ?? Math.max(REP_MS * 0.7, FAST ? 0 : 1500)),
    minWarm = +(process.env.BENCH_MIN ?? 3),
    minIters = +(process.env.BENCH_MIN ?? 3),
    maxIters = 20000,
  } = {},
) {
  const w0 = performance.now();
  let n = 0,
    first = 0;
  do {
    await fn();
    n++;
    if (n === 1) first = performance.now() - w0;
  } while ((performance.now() - w0 < warmMs || n < minWarm) && !(performance.now() - w0 > 12000));
  const meds = [],
    cpus = [];
  let best = Infinity;
  for (let r = 0; r < REPS; r++) {
    const ts = [],
      t0 = performance.now(),
      c0 = process.cpuUsage();
    do {
      const s = performance.now();
      await fn();
      ts.push(performance.now() - s);
    } while (
      ts.length < maxIters &&
      (performance.now() - t0 < REP_MS || ts.length < minIters) &&
      !(performance.now() - t0 > 15000)
    );
    const c = process.cpuUsage(c0);
    meds.push(med(ts));
    cpus.push((c.user + c.system) / 1000 / ts.length);
    best = Math.min(best, ...ts.slice(0, 5000));
    if (performance.now() - w0 > 40000) break;
  }
  return {
    ms: Math.min(...meds),
    min: best,
    cpu: Math.min(...cpus),
    spread: Math.max(...meds) / Math.min(...meds),
    first,
  };
}
const only = process.env.ONLY ? new RegExp(process.env.ONLY) : null;
export const wanted = (w) => !only || only.test(w);
export function emit(o) {
  const r = (x) => (typeof x === 'number' ? Number(x.toPrecision(4)) : x);
  const out = {};
  for (const k in o) if (o[k] !== undefined) out[k] = r(o[k]);
  fs.writeSync(1, JSON.stringify(out) + '\n');
}
/** run one workload: `make` returns {step, losses?, probe?, gflop?, note?}; errors become a line with the reason */
export async function run(peer, threads, workload, make, opts) {
  if (!wanted(workload)) return;
  try {
    const m = await make();
    const t = await time(m.step, { ...opts, ...m.opts });
    emit({
      peer,
      threads,
      workload,
      ms: t.ms,
      min_ms: t.min,
      cpu_ms: t.cpu,
      gflops: m.gflop ? (m.gflop / t.ms) * 1000 : undefined,
      spread: t.spread,
      first_ms: t.first,
      losses: m.losses?.map((x) => +x.toPrecision(6)),
      probe: m.probe,
      note: m.note,
    });
    await m.dispose?.();
  } catch (e) {
    if (process.env.DEBUG_PEERS) console.error(e);
    emit({
      peer,
      threads,
      workload,
      ms: null,
      note:
        'FAILED: ' +
        String(e?.message ?? e)
          .split('\n')[0]
          .slice(0, 220),
    });
  }
}
/** train workload: 5 losses from the start, then time it */
export async function train(step, n = 5) {
  const losses = [];
  for (let i = 0; i < n; i++) losses.push(await step());
  return losses;
}
/** cold start: called right after the first W1 step */
export function cold(peer, threads) {
  emit({
    peer,
    threads,
    workload: 'COLD',
    ms: performance.now(),
    note: 'node start to first W1 train step done (in-process clock)',
  });
  process.exit(0);
}
