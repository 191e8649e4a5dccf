// Ceiling of f32x4 arithmetic in this V8, 1 thread: acc_i = acc_i * a + b over N register accumulators (no memory traffic).
// node wasm_peak.mjs ; node --experimental-wasm-relaxed-simd wasm_peak.mjs   -> JSON lines
const leb = (n) => {
  const o = [];
  do {
    let b = n & 127;
    n >>>= 7;
    o.push(n ? b | 128 : b);
  } while (n);
  return o;
};
const sleb = (n) => {
  const o = [];
  for (;;) {
    const b = n & 127;
    n >>= 7;
    if ((n === 0 && !(b & 64)) || (n === -1 && b & 64)) {
      o.push(b);
      return o;
    }
    o.push(b | 128);
  }
};
const sec = (id, b) => [id, ...leb(b.length), ...b],
  vec = (xs) => [...leb(xs.length), ...xs.flat()];
const f32 = (x) => [...new Uint8Array(new Float32Array([x]).buffer)];
function build(N, unroll, relaxed) {
  // (param i32 iters) (result f32); locals: 1=a 2=b 3..=acc
  const get = (i) => [0x20, ...leb(i)],
    set = (i) => [0x21, ...leb(i)],
    splat = (x) => [0x43, ...f32(x), 0xfd, 0x13];
  const body = [...splat(0.999), ...set(1), ...splat(0.001), ...set(2)];
  for (let i = 0; i < N; i++) body.push(...splat(i), ...set(3 + i));
  body.push(0x03, 0x40);
  for (let u = 0; u < unroll; u++)
    for (let i = 0; i < N; i++)
      body.push(
        ...get(3 + i),
        ...get(1),
        ...(relaxed ? [...get(2), 0xfd, 0x85, 0x02] : [0xfd, 0xe6, 0x01, ...get(2), 0xfd, 0xe4, 0x01]),
        ...set(3 + i),
      );
  body.push(...get(0), 0x41, ...sleb(1), 0x6b, 0x22, 0, 0x0d, 0, 0x0b);
  body.push(...get(3));
  for (let i = 1; i < N; i++) body.push(...get(3 + i), 0xfd, 0xe4, 0x01);
  body.push(0xfd, 0x1f, 0, 0x0b);
  const fn = [...vec([[...leb(2 + N), 0x7b]]), ...body];
  return new Uint8Array([
    0,
    97,
    115,
    109,
    1,
    0,
    0,
    0,
    ...sec(1, vec([[0x60, 1, 0x7f, 1, 0x7d]])),
    ...sec(3, vec([[0]])),
    ...sec(7, vec([[1, 102, 0, 0]])),
    ...sec(10, vec([[...leb(fn.length), ...fn]])),
  ]);
}
for (const relaxed of [false, true])
  for (const N of [8, 10, 12, 13]) {
    const bytes = build(N, 4, relaxed);
    if (!WebAssembly.validate(bytes)) {
      console.log(
        JSON.stringify({
          peer: 'wasm-peak',
          relaxed,
          note: 'not supported by this V8 without --experimental-wasm-relaxed-simd',
        }),
      );
      break;
    }
    const f = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.f,
      it = 200000;
    for (let i = 0; i < 200; i++) f(2000);
    let best = Infinity;
    for (let r = 0; r < 30; r++) {
      const t = performance.now();
      f(it);
      best = Math.min(best, performance.now() - t);
    }
    console.log(
      JSON.stringify({
        peer: 'wasm-peak',
        relaxed,
        accumulators: N,
        gflops: +((it * 4 * N * 8) / best / 1e6).toFixed(1),
      }),
    );
  }
