/** Everyday idioms of PyTorch, as a person meeting the library writes them. */
import { afterEach, expect, test, vi } from 'vitest';
import {
  F,
  FusegradError,
  Parameter,
  TraceError,
  allclose,
  compile,
  equal,
  grad,
  nn,
  noGrad,
  ones,
  optim,
  randint,
  randn,
  tensor,
  zeros,
  type Tensor,
} from '../../src/index.js';

afterEach(() => vi.restoreAllMocks());

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof FusegradError) return error.message;
    throw error;
  }
  return 'nothing was thrown';
};

test('tensors that were made, not computed, are written in place', () => {
  const counts = zeros(2);
  const before = counts.add(1);
  const sum = before.sum();
  for (let i = 0; i < 3; i++) counts.add_(tensor([1, 2]));
  expect(counts.dataSync()).toEqual(new Float32Array([3, 6]));
  expect(sum.itemSync()).toBe(2);
  expect(messageOf(() => ones(2).mul(2).add_(1))).toContain('the functional form: x.add(other)');
});

test('writing in place keeps what was computed before, and the array it was made of', () => {
  const x = tensor([1, 2]);
  const y = x.mul(2);
  const z = y.sum();
  x.requiresGrad = true;
  noGrad(() => x.add_(10));
  expect([z.itemSync(), y.dataSync()]).toEqual([6, new Float32Array([2, 4])]);
  expect(x.dataSync()).toEqual(new Float32Array([11, 12]));
});

test('a captured tensor written in place is traced again, once', () => {
  const mask = tensor([1, 2]);
  let traces = 0;
  const f = compile((x: Tensor) => {
    traces++;
    return x.mul(mask);
  });
  const call = (): unknown => f(ones(2)).tolistSync();
  const results = [call()];
  for (let i = 0; i < 2; i++) {
    mask.add_(10);
    results.push(call());
  }
  expect(results).toEqual([
    [1, 2],
    [11, 12],
    [21, 22],
  ]);
  expect(traces).toBe(2);
  const wrong = compile((x: Tensor) => {
    zeros(1);
    captured.add_(1);
    return x;
  });
  const captured = zeros(2);
  expect(messageOf(() => wrong(ones(1)))).toContain('make it state: new Buffer(x)');
});

test('parameters are frozen by assignment', () => {
  const layer = new nn.Linear(2, 1);
  for (const parameter of layer.parameters()) parameter.requiresGrad = false;
  expect(layer(ones(1, 2)).requiresGrad).toBe(false);
});

test('random leaves, one input to grad, upper bounds alone', () => {
  const x = randn(3, { requiresGrad: true });
  expect(grad(x.sum(), x)[0]!.dataSync()).toEqual(new Float32Array([1, 1, 1]));
  expect(randint(5, [4]).lt(5).all().itemSync()).toBe(1);
});

test('rows as typed arrays', () => {
  expect(tensor([new Float32Array([1, 2]), new Float32Array([3, 4])]).shape).toEqual([2, 2]);
});

test('oneHot, allclose, equal', async () => {
  expect(F.oneHot(tensor([0, 2], { dtype: 'int32' }), 3).tolistSync()).toEqual([
    [1, 0, 0],
    [0, 0, 1],
  ]);
  expect(await allclose(ones(2), ones(2).add(1e-9))).toBe(true);
  expect([await equal(ones(2), ones(3)), await equal(ones(2), ones(2))]).toEqual([false, true]);
});

const wrong: [string, () => unknown, RegExp][] = [
  ['a promise', () => F.relu(Promise.resolve(1) as unknown as Tensor), /not a Promise[^]*await it/],
  [
    'no argument',
    () => (new nn.Linear(2, 2) as unknown as () => void)(),
    /linear: expected a tensor as input, not undefined/,
  ],
  ['an array as operand', () => ones(2).add([1, 2] as unknown as number), /not an array[^]*tensor\(/],
  ['a dtype of PyTorch', () => zeros(2, { dtype: 'float' as 'float32' }), /float is not a dtype[^]*float32/],
  ['a slice object', () => ones(2).at({ start: 1 } as unknown as string), /'start:stop:step'/],
  ['a list of tensors', () => tensor([ones(1)] as unknown as number[]), /found a Tensor[^]*stack/],
  ['an async noGrad', () => noGrad(async () => Promise.resolve(1)), /async[^]*first await/],
  ['half a unit', () => new nn.Linear(2.5, 1), /2\.5 is not a size/],
  [
    'integers into a layer',
    () => new nn.Linear(1, 1)(ones([1], { dtype: 'int32' })),
    /linear: input is int32/,
  ],
  ['a module as parameters', () => new optim.SGD(new nn.Linear(1, 1) as never), /pass model\.parameters\(\)/],
  [
    'named parameters',
    () => new optim.SGD(new nn.Linear(1, 1).namedParameters() as never),
    /pass model\.parameters\(\)/,
  ],
];

test.each(wrong)('%s', (_, run, message) => {
  expect(messageOf(run)).toMatch(message);
});

test('the stack of an error begins in the program of the user, and its facts stand in the message only', () => {
  try {
    new nn.Linear(2, 2)(ones(1, 3));
    expect.unreachable();
  } catch (error) {
    const { stack = '' } = error as FusegradError;
    expect(stack.split('\n').find((line) => line.startsWith('    at '))).toContain('idioms.test.ts');
    expect(Object.keys(error as object)).not.toContain('hint');
  }
});

test('compiled functions refuse what they could not carry out', async () => {
  const map = compile((x: Tensor) => new Map([['y', x.mul(2)]]));
  expect(messageOf(() => map(ones(1)))).toContain('returns a Map that holds tensors');
  const make = compile((x: Tensor) => new nn.Linear(1, 1)(x));
  expect(messageOf(() => make(ones(1)))).toContain('outside of the compiled function');
  const layer = new nn.Linear(1, 1);
  const loss = compile((x: Tensor) => layer(x).sum())(ones(1, 1));
  expect(messageOf(() => loss.backward())).toContain('call backward() inside it');
  let printed: Promise<void> | undefined;
  compile((x: Tensor) => {
    printed = x.mul(2).print();
    printed.catch(() => undefined);
    return x;
  })(ones(1));
  await expect(printed).rejects.toThrow(TraceError);
});

test('layers in #private fields are missed with a warning', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  class Hidden extends nn.Module {
    readonly #inner = new nn.Linear(2, 2);
    out = new nn.Linear(2, 1);
    forward(x: Tensor): Tensor {
      return this.out(this.#inner(x));
    }
  }
  const model = new Hidden();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  model(ones(1, 2)).sum().backward();
  optimizer.step();
  expect(warn.mock.calls.flat().join()).toContain(
    'Hidden calls a Linear that its public fields do not lead to',
  );
});

test('losses over shapes that broadcast warn once for each call', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  for (let i = 0; i < 3; i++) F.mseLoss(ones(4, 1), ones(4));
  expect(warn).toHaveBeenCalledTimes(1);
});

test('an optimizer is printed as PyTorch prints it', () => {
  const weight = new Parameter(ones(1));
  expect(String(new optim.SGD([weight], { lr: 0.1, momentum: 0.9 }))).toBe(
    [
      'SGD (',
      'Parameter Group 0',
      '    dampening: 0',
      '    lr: 0.1',
      '    maximize: False',
      '    momentum: 0.9',
      '    nesterov: False',
      '    weight_decay: 0',
      ')',
    ].join('\n'),
  );
});

const refused: [string, () => unknown, RegExp][] = [
  ['an integer parameter', () => new Parameter(zeros(1, { dtype: 'int32' })), /only floating tensors/],
  ['an array as parameter', () => new Parameter([1] as never), /not an array[^]*tensor\(/],
  [
    'a layer where one is made',
    () => new nn.TransformerEncoder(new nn.TransformerEncoderLayer(8, 2) as never, 2),
    /takes a function that makes a layer/,
  ],
  [
    'too few classes',
    () => F.oneHot(tensor([0], { dtype: 'int32' }), undefined as never),
    /undefined is not a size/,
  ],
];

test.each(refused)('%s', (_, run, message) => {
  expect(messageOf(run)).toMatch(message);
});

test('a compiled function keeps its latest programs only', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const f = compile((x: Tensor, factor: number) => x.mul(factor));
  for (let i = 0; i < 80; i++) expect(f(ones(1), i).itemSync()).toBe(i);
  expect(f(ones(1), 79).itemSync()).toBe(79);
  expect(warn).toHaveBeenCalledTimes(1);
});
