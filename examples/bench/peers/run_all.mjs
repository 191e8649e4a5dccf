// One harness for all libraries: the same data, weights, timer and checks whatever is measured. Runs every peer and this
// library, writes results.json and results.md.  node run_all.mjs [--only=REGEX over "peer threads"] [--sizes]
// Env: BENCH_FAST=1 (one short repetition), ONLY=REGEX over workload names, PEERS_DIR, PEERS_RESULTS (where results.json goes).
// Existing lines of results.json for peers that are not re-run are kept. --report only rewrites results.md. --merge=FILE adds a peer script's own output.
import { spawn, execSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import os from 'node:os';
const here = import.meta.dirname,
  DIR = process.env.PEERS_DIR ?? path.join(os.tmpdir(), 'peers');
const arg = (k) =>
  process.argv.find((a) => a.startsWith('--' + k))?.split('=')[1] ??
  (process.argv.includes('--' + k) || undefined);
const t = ['taskset', '-c', process.env.BENCH_CORE ?? '0'],
  N = process.execPath,
  PY = '/usr/bin/python3';
// This library takes the same arguments as the others: backend, threads, --cold. It needs dist/ (npm run build).
const OURS = process.env.FUSEGRAD_PEER ?? path.join(here, '..', 'peers.mjs');
const ours = [
  ['wasm', 1],
  ['wasm', 2],
  ['js', 1],
].map(([b, n]) => ({
  id: `fusegrad-${b} ${n}`,
  cmd: [...(n === 1 ? t : []), N, OURS, b, String(n)],
  cold: n === 1,
}));
export const JOBS = [
  { id: 'torch-1.13.1 1', cmd: [...t, PY, 'torch_peer.py', '1'], cold: true },
  { id: 'torch-1.13.1 2', cmd: [PY, 'torch_peer.py', '2'] },
  { id: 'torch-1.13.1-jit 1', cmd: [...t, PY, 'torch_peer.py', '1', '--jit'] },
  { id: 'ort-node 1', cmd: [...t, N, 'ort_peer.mjs', 'node', '1'], cold: true },
  { id: 'ort-node 2', cmd: [N, 'ort_peer.mjs', 'node', '2'] },
  { id: 'ort-web 1', cmd: [...t, N, 'ort_peer.mjs', 'web', '1'], cold: true },
  { id: 'ort-web 2', cmd: [N, 'ort_peer.mjs', 'web', '2'] },
  { id: 'tfjs-wasm 1', cmd: [...t, N, 'tfjs_peer.mjs', 'wasm', '1'], cold: true },
  { id: 'tfjs-wasm-tuned 1', cmd: [...t, N, 'tfjs_peer.mjs', 'wasm', '1', '--tuned'], only: 'W[1-4] ' },
  { id: 'tfjs-wasm 2', cmd: [N, 'tfjs_peer.mjs', 'wasm', '2'] },
  { id: 'jax-js-wasm 1', cmd: [...t, N, 'jaxjs_peer.mjs', 'wasm', '1'], cold: true },
  { id: 'jax-js-wasm 2', cmd: [N, 'jaxjs_peer.mjs', 'wasm', '2'] },
  { id: 'tfjs-cpu 1', cmd: [...t, N, 'tfjs_peer.mjs', 'cpu', '1'], cold: true },
  { id: 'jax-js-cpu 1', cmd: [...t, N, 'jaxjs_peer.mjs', 'cpu', '1'], only: 'W9|W6 matmul256' },
  { id: 'js-pytorch 1', cmd: [...t, N, 'jspytorch_peer.mjs'], cold: true },
  ...ours,
];
const RES = process.env.PEERS_RESULTS ?? path.join(here, '..', '..', '..', 'out', 'peers', 'results.json');
fs.mkdirSync(path.dirname(RES), { recursive: true });
let R = fs.existsSync(RES) ? JSON.parse(fs.readFileSync(RES, 'utf8')) : { lines: [], sizes: {} };
const key = (l) => `${l.peer} ${l.threads} ${l.workload}`;
// KEEP_BEST=1: a line only replaces a slower one (for filling in a table on a shared machine; leave it off to look for regressions)
const put = (l) => {
  const o = R.lines.find((o) => key(o) === key(l));
  if (process.env.KEEP_BEST && o?.ms != null && (l.ms == null || o.ms <= l.ms)) return;
  R.lines = R.lines.filter((o) => key(o) !== key(l));
  // Ratios count only between lines of one run: each line says which one it comes from.
  R.lines.push({ ...l, run: R.machine?.date });
};
const save = () =>
  fs.writeFileSync(
    RES,
    JSON.stringify({ ...R, lines: undefined, machine: R.machine, lines: R.lines }, null, 1)
      .replace(/\n {3}/g, ' ')
      .replace(/\n {2}\}/g, ' }'),
  );
function exec(cmd, env, limit) {
  return new Promise((res) => {
    const t0 = performance.now();
    let out = '',
      first = null,
      err = '';
    const p = spawn(cmd[0], cmd.slice(1), {
      cwd: here,
      env: { ...process.env, PEERS_COMMON: path.join(here, 'common.mjs'), ...env },
    });
    const timer = setTimeout(() => p.kill('SIGKILL'), limit * 1000);
    p.stdout.on('data', (d) => {
      first ??= performance.now() - t0;
      out += d;
      process.stdout.write(String(d).replace(/^(.{200}).*$/gm, '$1'));
    });
    p.stderr.on('data', (d) => {
      err = (err + d).slice(-2000);
    });
    p.on('close', (code) => {
      clearTimeout(timer);
      res({ code, out, first, err, timedOut: code === null });
    });
  });
}
const lines = (s) =>
  s
    .split('\n')
    .filter((x) => x.startsWith('{'))
    .map((x) => JSON.parse(x));
/** Largest figure that `command`, a run of wasm_peak.mjs, prints. */
async function peakOf(command) {
  const { out } = await exec(command, {}, 60);
  return Math.max(...lines(out).map((l) => l.gflops ?? 0));
}
/** What this machine can do: the ceiling of f32x4 arithmetic, and how much of two cores two processes side by side get. */
async function measureMachine() {
  const probe = (core) => [
    'taskset',
    '-c',
    String(core),
    N,
    '--experimental-wasm-relaxed-simd',
    'wasm_peak.mjs',
  ];
  const alone = await peakOf(probe(0));
  if (os.cpus().length < 2) return { peak: alone };
  const [a, b] = await Promise.all([peakOf(probe(0)), peakOf(probe(1))]);
  return { peak: alone, sideBySide: +((a + b) / alone).toFixed(2) };
}
const merge = arg('merge'); // --merge=FILE: lines that a peer script printed on its own
if (typeof merge === 'string') {
  lines(fs.readFileSync(merge, 'utf8')).forEach(put);
  save();
} else if (!arg('report')) {
  R.machine = {
    date: new Date().toISOString(),
    cpu: os.cpus()[0].model,
    cores: os.cpus().length,
    node: process.version,
    load: os.loadavg().map((x) => +x.toFixed(2)),
  };
  const re = typeof arg('only') === 'string' ? new RegExp(arg('only')) : /./;
  if (re.test('wasm-peak 1')) Object.assign(R, await measureMachine());
  for (const j of JOBS.filter((j) => re.test(j.id))) {
    console.log('# ' + j.id + '  load ' + os.loadavg()[0].toFixed(2));
    if (!arg('coldonly')) {
      const r = await exec(
        j.cmd,
        j.only && !process.env.ONLY ? { ONLY: j.only } : {},
        +(process.env.JOB_LIMIT_S ?? 420),
      );
      lines(r.out).forEach(put);
      if (r.timedOut || r.code) {
        const [peer, th] = j.id.split(' ');
        put({
          peer,
          threads: +th,
          workload: 'NOTE',
          ms: null,
          note:
            (r.timedOut ? "stopped at the job's time limit; later workloads missing. " : `exit ${r.code}. `) +
            r.err.split('\n').slice(0, 3).join(' ').slice(0, 200),
        });
      }
    }
    if (j.cold) {
      let best = null;
      for (let i = 0; i < 5; i++) {
        const c = await exec([...j.cmd, '--cold'], { ONLY: '^$' }, 60),
          l = lines(c.out).find((l) => l.workload === 'COLD');
        if (l) {
          l.ms = +c.first.toFixed(1);
          l.note =
            'spawn to the line printed after the first W1 step' +
            (j.id.startsWith('ort') ? ' (forward only)' : '') +
            '; best of 5';
          if (!best || l.ms < best.ms) best = l;
        }
      }
      if (best) put(best);
    }
    save();
  }
}
if (arg('sizes')) {
  const P = {
    'tfjs-cpu': ['@tensorflow/tfjs'],
    'tfjs-wasm': ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
    'jax-js-wasm': ['@jax-js/jax'],
    'ort-node': ['onnxruntime-node'],
    'ort-web': ['onnxruntime-web'],
    'js-pytorch': ['js-pytorch'],
  };
  const deps = JSON.parse(fs.readFileSync(path.join(here, 'package.json'))).dependencies;
  for (const [k, v] of Object.entries(P)) {
    const d = path.join(DIR, 'size', k);
    fs.mkdirSync(d, { recursive: true });
    fs.writeFileSync(path.join(d, 'package.json'), '{}');
    execSync(
      `npm install --ignore-scripts --no-audit --no-fund --loglevel=error --prefer-offline ${v.map((p) => p + '@' + deps[p]).join(' ')}`,
      { cwd: d, stdio: 'ignore' },
    );
    const mb = (x) => +(x / 1e6).toFixed(1);
    R.sizes[k] = {
      packages: v,
      install_mb: mb(+execSync('du -sb node_modules', { cwd: d }).toString().split('\t')[0]),
      packages_count: +execSync(
        "find node_modules -name package.json -path '*node_modules/*' | grep -cE 'node_modules/(@[^/]+/)?[^/]+/package.json$'",
        { cwd: d },
      ).toString(),
    };
    fs.rmSync(d, { recursive: true });
  }
  const gz = (...f) =>
    f.reduce((s, x) => s + +execSync(`gzip -9c ${path.join(DIR, 'node_modules', x)} | wc -c`).toString(), 0);
  R.sizes['jax-js-wasm'].shipped_gz_kb = Math.round(
    gz('@jax-js/jax/dist/index.js', '@jax-js/jax/dist/backend-*.js') / 1e3,
  );
  R.sizes['tfjs-cpu'].shipped_gz_kb = Math.round(gz('@tensorflow/tfjs/dist/tf.min.js') / 1e3);
  R.sizes['tfjs-wasm'].shipped_gz_kb = Math.round(
    gz(
      '@tensorflow/tfjs/dist/tf.min.js',
      '@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js',
      '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
    ) / 1e3,
  );
  R.sizes['ort-web'].shipped_gz_kb = Math.round(
    gz('onnxruntime-web/dist/ort.wasm.min.js', 'onnxruntime-web/dist/ort-wasm-simd-threaded.wasm') / 1e3,
  );
  R.sizes['torch-1.13.1'] = {
    packages: ['python3-torch and its libs (apt)'],
    install_mb: +(
      execSync(
        "dpkg-query -W -f='${Installed-Size}\\n' python3-torch libtorch1.13 libdnnl2 libopenblas0-pthread python3-numpy 2>/dev/null || true",
      )
        .toString()
        .split('\n')
        .reduce((a, b) => a + +b, 0) / 1e3
    ).toFixed(1),
  };
  save();
}
// ---- report ----
const cols = JOBS.map((j) => j.id).filter((id) => R.lines.some((l) => `${l.peer} ${l.threads}` === id));
const rows = [...new Set(R.lines.map((l) => l.workload))].filter((w) => /^W/.test(w)).sort();
const get = (id, w) => R.lines.find((l) => `${l.peer} ${l.threads}` === id && l.workload === w);
// A pinned 1-thread process: its CPU time per step is also an upper bound of its cost, and is immune to preemption.
const cost = (l) => (l.threads === 1 && l.cpu_ms ? Math.min(l.ms, l.cpu_ms) : l.ms);
const f = (x) => (x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x >= 1 ? x.toFixed(2) : x.toFixed(3));
const cell = (id, w) => {
  const l = get(id, w);
  if (!l) return '';
  if (l.ms == null) return /^too slow/.test(l.note) ? 'too slow' : 'fail';
  const c = cost(l);
  return (
    f(c) +
    (l.gflops ? ` (${f((l.gflops * l.ms) / c)} GF)` : '') +
    (/WORKAROUND/.test(l.note ?? '') ? '\\*' : '') +
    (l.threads > 1 && l.spread > 1.25 ? '~' : '')
  );
};
let md = `# Peers, measured\n\n${JSON.stringify(R.machine)}\n\nms per step (lower is better); GF = GFLOP/s. Min over 3 repetitions of the median; for pinned 1-thread runs the smaller of that and CPU time per step. \\* = needs a workaround, see notes. ~ = repetitions differ by more than 25% (the machine was shared). Column name: peer, threads.\n\n| workload | ${cols.join(' | ')} |\n|${'---|'.repeat(cols.length + 1)}\n`;
for (const w of rows) md += `| ${w} | ${cols.map((c) => cell(c, w)).join(' | ')} |\n`;
md += `| cold start, ms | ${cols
  .map((c) => {
    const l = get(c, 'COLD');
    return l ? f(l.ms) : '';
  })
  .join(
    ' | ',
  )} |\n| install, MB | ${cols.map((c) => R.sizes[c.split(' ')[0]]?.install_mb ?? '').join(' | ')} |\n| shipped to a browser, gz KB | ${cols.map((c) => R.sizes[c.split(' ')[0]]?.shipped_gz_kb ?? '').join(' | ')} |\n`;
md += `\n## Slow-down against torch-1.13.1, 1 thread\n\n| workload | ${cols.slice(1).join(' | ')} |\n|${'---|'.repeat(cols.length)}\n`;
for (const w of rows) {
  const b = get('torch-1.13.1 1', w);
  if (b?.ms)
    md += `| ${w} | ${cols
      .slice(1)
      .map((c) => {
        const l = get(c, w);
        return l?.ms ? f(cost(l) / cost(b)) + 'x' : '';
      })
      .join(' | ')} |\n`;
}
const mine = cols.filter((c) => c.startsWith('fusegrad'));
for (const m of mine) {
  const others = cols.filter((c) => c !== m && c.endsWith(' ' + m.split(' ')[1]));
  md += `\n## Speed of ${m} against the others: their time / ours, above 1 we are faster\n\n| workload | ${others.join(' | ')} |\n|${'---|'.repeat(others.length + 1)}\n`;
  for (const w of rows) {
    const b = get(m, w);
    if (b?.ms)
      md += `| ${w} | ${others
        .map((c) => {
          const l = get(c, w);
          return l?.ms ? f(cost(l) / cost(b)) + 'x' : '';
        })
        .join(' | ')} |\n`;
  }
}
// agreement with torch
md += '\n## Agreement with torch (same weights and data)\n\n';
let bad = [],
  n = 0;
for (const l of R.lines) {
  const b = get('torch-1.13.1 1', l.workload);
  for (const k of ['losses', 'probe'])
    if (b?.[k] && l[k] && l !== b) {
      n++;
      const d = Math.max(...l[k].map((x, i) => Math.abs(x - b[k][i]) / Math.max(1, Math.abs(b[k][i]))));
      if (!(d < 1e-3)) bad.push(`${key(l)}: ${k} differ by ${d.toPrecision(3)}`);
    }
}
md +=
  `${n} comparisons (first 5 losses, or 6 numbers of the output/gradient), ${bad.length} beyond 1e-3.\n` +
  bad.map((b) => `- ${b}\n`).join('');
md +=
  '\n## Notes\n\n' +
  [
    ...new Set(
      R.lines
        .filter((l) => l.note && l.workload !== 'COLD')
        .map((l) => `- ${l.peer} ${l.threads}, ${l.workload}: ${l.note}`),
    ),
  ].join('\n') +
  '\n';
if (fs.existsSync(path.join(here, 'NOTES.md')))
  md += '\n' + fs.readFileSync(path.join(here, 'NOTES.md'), 'utf8');
fs.writeFileSync(RES.replace(/\.json$/, '') + '.md', md);
