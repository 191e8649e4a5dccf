/** State semantics: what is read when, what a step sees, what a failure leaves. Expected values are computed by hand. */
import { describe, expect, test } from 'vitest';
import {
  Buffer,
  IndexError,
  Parameter,
  StaleError,
  assignAll,
  compile,
  grad,
  noGrad,
  optim,
  tensor,
  zeros,
  type Tensor,
} from 'fusegrad';

const values = (x: Tensor) => Array.from(x.dataSync(), Number);
const close = (x: Tensor, expected: number[]) => {
  values(x).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
  expect(values(x)).toHaveLength(expected.length);
};

/** y = (w x)^2 at w = 3 and x = 2: 36, with gradient 2 w x^2 = 24; SGD with lr 0.01 moves w to 2.76, where y is 30.4704. */
function quadratic() {
  const w = new Parameter(tensor([3]), { name: 'w' });
  const optimizer = new optim.SGD([w], { lr: 0.01 });
  const x = tensor([2]);
  const lossOf = () => w.mul(x).square().sum();
  return { w, optimizer, lossOf };
}

describe('values read after a step', () => {
  for (const order of ['loss first', 'metric first'] as const) {
    test(`are those of the step, ${order}`, () => {
      const { w, optimizer, lossOf } = quadratic();
      const loss = lossOf();
      const metric = w.mul(10).sum();
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      const read = order === 'loss first' ? [loss, metric] : [metric, loss];
      const seen = new Map(read.map((each) => [each, each.itemSync()]));
      expect(seen.get(loss)).toBeCloseTo(36, 4);
      expect(seen.get(metric)).toBeCloseTo(30, 4);
      close(w, [2.76]);
      expect(lossOf().itemSync()).toBeCloseTo(30.4704, 4);
    });
  }

  test('of several steps may be read together, much later', () => {
    const { optimizer, lossOf } = quadratic();
    const losses = Array.from({ length: 4 }, () => {
      const loss = lossOf();
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss;
    });
    // Each step multiplies w by 1 - 2 * 0.01 * 4 = 0.92.
    losses.forEach((loss, i) => expect(loss.itemSync()).toBeCloseTo(36 * 0.92 ** (2 * i), 3));
  });

  test('of a compiled function are kept in an array', () => {
    const { optimizer, lossOf } = quadratic();
    const step = compile(() => {
      const loss = lossOf();
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss;
    });
    const losses = Array.from({ length: 100 }, () => step());
    losses.forEach((loss, i) => expect(loss.itemSync()).toBeCloseTo(36 * 0.92 ** (2 * i), 3));
  });

  test('inside a compiled function see its own writes, outside what they were', () => {
    const w = new Parameter(tensor([1, 2]));
    const step = compile(() => {
      const before = w.mul(10);
      noGrad(() => w.assign(w.add(1)));
      return [before, w.mul(10)];
    });
    const [before, after] = step() as [Tensor, Tensor];
    close(before, [10, 20]);
    close(after, [20, 30]);
    close(w, [2, 3]);
  });
});

describe('writes', () => {
  for (const form of ['lazy', 'compiled'] as const) {
    const run = (body: () => void) => (form === 'lazy' ? body() : compile(body)());

    test(`${form}: two parameters are swapped`, () => {
      const a = new Parameter(tensor([1, 2, 3]));
      const b = new Parameter(tensor([4, 5, 6]));
      const swap = () =>
        noGrad(() =>
          assignAll([
            [a, b],
            [b, a],
          ]),
        );
      run(swap);
      close(a, [4, 5, 6]);
      close(b, [1, 2, 3]);
    });

    test(`${form}: a matrix becomes its transpose`, () => {
      const w = new Parameter(
        tensor([
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ]),
      );
      run(() => void noGrad(() => w.assign(w.t())));
      close(w, [1, 4, 7, 2, 5, 8, 3, 6, 9]);
    });

    test(`${form}: a reversed vector, a shifted one and a running sum read the state before`, () => {
      const w = new Parameter(tensor([1, 2, 3, 4]));
      run(() => void noGrad(() => w.assign(w.flip(0))));
      close(w, [4, 3, 2, 1]);
      run(() => void noGrad(() => w.assign(w.roll(1))));
      close(w, [1, 4, 3, 2]);
      run(() => void noGrad(() => w.assign(w.cumsum(0))));
      close(w, [1, 5, 8, 10]);
      run(() => void noGrad(() => w.assign(w.sub(w.sum()))));
      close(w, [-23, -19, -16, -14]);
    });

    test(`${form}: two names for one parameter are one place`, () => {
      const w = new Buffer(tensor([1, 2]));
      const tied = { first: w, second: w };
      run(() => {
        tied.first.assign(w.add(1));
        tied.second.assign(w.mul(2));
      });
      close(w, [4, 6]);
    });
  }

  test('in place on a computed value name the functional form', () => {
    expect(() => zeros(2).add(1).add_(1)).toThrow(/x\.add\(other\)/);
  });

  test('set() from the host takes effect at the next call, without another trace', () => {
    const w = new Buffer(tensor([1, 2]));
    let traces = 0;
    const read = compile(() => {
      traces++;
      return w.mul(2);
    });
    close(read(), [2, 4]);
    w.set([5, 6]);
    close(read(), [10, 12]);
    expect(traces).toBe(1);
  });

  test('a parameter that is also an argument is read before it is written', () => {
    const w = new Parameter(tensor([1, 2]));
    const step = compile((p: Tensor) => {
      noGrad(() => w.assign(w.add(10)));
      return p.mul(2).add(w);
    });
    close(step(w), [13, 16]);
    close(w, [11, 12]);
    close(step(w), [43, 46]);
  });

  test('a value computed before an unrelated write keeps its gradient', () => {
    const w = new Parameter(tensor([3]));
    const other = new Buffer(tensor([0]));
    const y = w.square();
    other.set([1]);
    other.assign(other.add(1));
    y.backward();
    close(w.grad!, [6]);
  });
});

describe('an intermediate that depends on overwritten state', () => {
  test('is an error that names its line and the way out', () => {
    const w = new Parameter(tensor([1, 2]), { name: 'w' });
    const hidden = w.mul(2);
    const used = hidden.sum();
    noGrad(() => w.assign(w.add(1)));
    expect(used.itemSync()).toBe(6);
    expect(() => hidden.dataSync()).toThrow(StaleError);
    expect(() => hidden.dataSync()).toThrow(/w .*state\.test\.ts.*overwritten[^]*retain\(\)/);
  });

  test('is kept by retain()', () => {
    const w = new Parameter(tensor([1, 2]));
    const hidden = w.mul(2).retain();
    const used = hidden.sum();
    noGrad(() => w.assign(w.add(1)));
    close(hidden, [2, 4]);
    close(used, [6]);
  });

  test('is kept when it was read', () => {
    const w = new Parameter(tensor([1, 2]));
    const hidden = w.mul(2);
    const used = hidden.sum();
    close(hidden, [2, 4]);
    noGrad(() => w.assign(w.add(1)));
    close(hidden, [2, 4]);
    close(used, [6]);
  });
});

describe('.grad', () => {
  test('survives a compiled call, accumulates over calls, and serves another function', () => {
    const { w, optimizer, lossOf } = quadratic();
    const backward = compile(() => lossOf().backward());
    const update = compile(() => optimizer.step());
    expect(w.grad).toBeNull();
    backward();
    close(w.grad!, [24]);
    backward();
    close(w.grad!, [48]);
    update();
    close(w, [3 - 0.48]);
    close(w.grad!, [48]);
    optimizer.zeroGrad();
    expect(w.grad).toBeNull();
    backward();
    close(w.grad!, [2 * 2.52 * 4]);
  });

  test('computed lazily serves a compiled update, with every new value', () => {
    const { w, optimizer, lossOf } = quadratic();
    const update = compile(() => optimizer.step());
    let expected = 3;
    for (let i = 0; i < 3; i++) {
      optimizer.zeroGrad();
      lossOf().backward();
      update();
      expected -= 0.01 * 8 * expected;
      close(w, [expected]);
    }
  });

  test('computed in a compiled function serves a lazy update', () => {
    const { w, optimizer, lossOf } = quadratic();
    const backward = compile(() => lossOf().backward());
    backward();
    optimizer.step();
    close(w, [2.76]);
    backward();
    close(w.grad!, [24 + 22.08]);
  });

  test('accumulates lazily, and is what it was when read after the step', () => {
    const { w, optimizer, lossOf } = quadratic();
    lossOf().backward();
    lossOf().backward();
    const held = w.grad!;
    optimizer.step();
    close(held, [48]);
    close(w, [2.52]);
  });

  test('is cut off from further derivatives unless createGraph says otherwise', () => {
    const w = new Parameter(tensor([3]));
    w.pow(3).backward();
    expect(w.grad!.requiresGrad).toBe(false);
    w.grad = null;
    w.pow(3).backward({ createGraph: true });
    const [second] = grad(w.grad!, [w]);
    close(second!, [18]); // 6 w
  });

  test('of a parameter with one element that is the value itself', () => {
    const w = new Parameter(tensor([5]));
    w.backward();
    close(w.grad!, [1]);
  });
});

describe('a failure', () => {
  const table = () =>
    new Parameter(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );

  test('while a function is traced leaves gradients and parameters as they were', () => {
    const { w, lossOf } = quadratic();
    lossOf().backward();
    const broken = compile(() => {
      w.grad = null;
      lossOf().backward();
      noGrad(() => w.assign(zeros(1)));
      throw new Error('on purpose');
    });
    expect(() => broken()).toThrow('on purpose');
    close(w.grad!, [24]);
    close(w, [3]);
  });

  test('of an index that is an argument leaves all state untouched', () => {
    const weight = table();
    const step = compile((rows: Tensor) => {
      const picked = weight.indexSelect(0, rows);
      noGrad(() => weight.assign(weight.add(1)));
      return picked;
    });
    const later = weight.sum();
    expect(() => step(tensor([0, 2], { dtype: 'int32' }))).toThrow(IndexError);
    close(weight, [1, 2, 3, 4]);
    close(later, [10]);
    close(step(tensor([1, 0], { dtype: 'int32' })), [3, 4, 1, 2]);
    close(weight, [2, 3, 4, 5]);
  });

  test('of a computed index is reported with op, index and bound, and the next call works', () => {
    const weight = table();
    const pick = compile((rows: Tensor) => weight.indexSelect(0, rows.add(1)));
    expect(() => pick(tensor([0, 1], { dtype: 'int32' }))).toThrow(
      /index 2 at position \d+ is out of range for 2 entries/,
    );
    close(pick(tensor([0, -1], { dtype: 'int32' })), [3, 4, 1, 2]);
  });

  test('of an unsigned index is shown as it is read', () => {
    const weight = table();
    const pick = compile((rows: Tensor) => weight.indexSelect(0, rows.sub(1)));
    expect(() => pick(tensor([1, 0], { dtype: 'uint32' }))).toThrow(
      /index 4294967295 at position \d+ is out/,
    );
  });
});
