// js-pytorch peer (pure JS, nested arrays; the gpu.js device needs a GL context, so cpu only). usage: node jspytorch_peer.mjs [--cold]
import { importPeer, W1, W6, W9, LR, probe, run, train, cold } from './common.mjs';
const { torch } = await importPeer('js-pytorch');
const { nn, optim } = torch,
  PEER = 'js-pytorch',
  R = (n, m, o) => run(PEER, 1, n, m, o);
const nest = (a, shape) =>
  shape.length === 1
    ? Array.from(a)
    : Array.from({ length: shape[0] }, (_, i) => {
        const k = a.length / shape[0];
        return nest(a.slice(i * k, (i + 1) * k), shape.slice(1));
      });
const setLin = (l, w, b) => {
  l.W._data = nest(w.data, w.shape);
  l.b._data = Array.from(b.data);
};
class MLP extends nn.Module {
  constructor(p) {
    super();
    this.l1 = new nn.Linear(784, 256);
    this.r1 = new nn.ReLU();
    this.l2 = new nn.Linear(256, 128);
    this.r2 = new nn.ReLU();
    this.l3 = new nn.Linear(128, 10);
    for (const k of ['l1', 'l2', 'l3']) setLin(this[k], p[k + 'w'], p[k + 'b']);
  }
  forward(x) {
    return this.l3.forward(this.r2.forward(this.l2.forward(this.r1.forward(this.l1.forward(x)))));
  }
}
const mW1 = () => {
  const s = W1(),
    m = new MLP(s.params),
    ce = new nn.CrossEntropyLoss(),
    opt = new optim.Adam(m.parameters(), LR, 0),
    x = torch.tensor(nest(s.x, [64, 784])),
    y = torch.tensor(Array.from(s.y));
  return {
    step: () => {
      const l = ce.forward(m.forward(x), y);
      l.backward();
      opt.step();
      opt.zero_grad();
      return l.data[0] ?? l.data;
    },
  };
};
if (process.argv.includes('--cold')) {
  mW1().step();
  cold(PEER, 1);
}
await R('W1 mlp', async () => {
  const m = mW1();
  const l = (await train(m.step)).map(Number);
  return { ...m, losses: l, note: "the 5 losses do not match torch's if its Adam differs" };
});
for (const n of [256, 512])
  await R('W6 matmul' + n, async () => {
    const s = W6(n),
      a = torch.tensor(nest(s.a, [n, n])),
      b = torch.tensor(nest(s.b, [n, n]));
    const y = torch.matmul(a, b);
    return {
      step: () => torch.matmul(a, b),
      gflop: (2 * n ** 3) / 1e9,
      probe: probe(Float32Array.from(y.data.flat())),
    };
  });
process.exit(0);
