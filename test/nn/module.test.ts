import { inspect } from 'node:util';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { Parameter, type Tensor, nn, tensor } from 'fusegrad';

class Net extends nn.Module {
  override name = 'a field';
  override length = 7;
  #secret = 2;
  convStack = new nn.ModuleList([3, 4].map((k) => new nn.Conv1d(2, 3, k)));
  heads = { main: new nn.Linear(3, 2) };
  extra = [new nn.Identity(), new Map([['scale', new Parameter(tensor([1]))]])];
  note = 'no module';

  forward(x: Tensor, scale = 1): Tensor {
    const pooled = this.convStack.map((conv) => conv(x).relu().amax(-1));
    return this.heads.main(pooled[0]!.add(pooled[1]!)).mul(scale * this.#secret);
  }
}

const input = tensor(
  Array.from({ length: 20 }, (_, i) => i / 10),
  { shape: [2, 2, 5] },
);

describe('a module', () => {
  it('is called with what its forward takes', () => {
    const net = new Net();
    expectTypeOf(net).toBeCallableWith(input);
    expectTypeOf(net).toBeCallableWith(input, 2);
    // @ts-expect-error a number is no tensor
    expectTypeOf(net).toBeCallableWith(1);
    expectTypeOf(net(input)).toEqualTypeOf<Tensor>();
    expectTypeOf(new nn.LSTM(1, 2)).returns.toEqualTypeOf<[Tensor, [Tensor, Tensor]]>();
    expectTypeOf(new nn.MaxPool2d(2)).returns.toEqualTypeOf<Tensor>();
    expectTypeOf(new nn.MaxPool2d(2, { returnIndices: true })(input).indices).toEqualTypeOf<Tensor>();
    expectTypeOf(net.convStack[0]!).toEqualTypeOf<nn.Conv1d>();
    expect(net(input).shape).toEqual([2, 2]);
    expect(net(input, 2).tolistSync()).toEqual(net(input).mul(2).tolistSync());
  });

  it('is a function and an object of its class', () => {
    const net = new Net();
    expect(typeof net).toBe('function');
    expect(net).toBeInstanceOf(Net);
    expect(net).toBeInstanceOf(nn.Module);
    expect(net.constructor).toBe(Net);
    expect([net.name, net.length]).toEqual(['a field', 7]);
    expect(Object.keys(new nn.ReLU())).toEqual(['training']);
  });

  it('prints as PyTorch prints it', () => {
    const net = new nn.Sequential({
      conv: new nn.Conv2d(1, 32, 3, { padding: 1, bias: false }),
      norm: new nn.BatchNorm2d(32),
      rest: new nn.Sequential(new nn.ReLU(), new nn.Dropout(0.1), new nn.Linear(32, 2)),
    });
    const text = [
      'Sequential(',
      '  (conv): Conv2d(1, 32, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)',
      '  (norm): BatchNorm2d(32, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)',
      '  (rest): Sequential(',
      '    (0): ReLU()',
      '    (1): Dropout(p=0.1, inplace=False)',
      '    (2): Linear(in_features=32, out_features=2, bias=True)',
      '  )',
      ')',
    ].join('\n');
    expect(String(net)).toBe(text);
    expect(inspect(net)).toBe(text);
  });

  it('finds state in fields, arrays, Maps and records, by PyTorch names', () => {
    const net = new Net();
    expect(Object.keys(net.stateDict())).toEqual([
      'extra.1.scale',
      'conv_stack.0.weight',
      'conv_stack.0.bias',
      'conv_stack.1.weight',
      'conv_stack.1.bias',
      'heads.main.weight',
      'heads.main.bias',
    ]);
    expect(net.namedModules().map(([name]) => name)).toEqual([
      '',
      'conv_stack',
      'conv_stack.0',
      'conv_stack.1',
      'heads.main',
      'extra.0',
    ]);
    expect(Object.keys(new nn.BatchNorm1d(2).stateDict())).toEqual([
      'weight',
      'bias',
      'running_mean',
      'running_var',
      'num_batches_tracked',
    ]);
    expect(Object.keys(new nn.LSTM(1, 1, { bidirectional: true, bias: false }).stateDict())).toEqual([
      'weight_ih_l0',
      'weight_hh_l0',
      'weight_ih_l0_reverse',
      'weight_hh_l0_reverse',
    ]);
  });

  it('counts what is shared once, and saves it under each name', () => {
    class Tied extends nn.Module {
      encoder = new nn.Linear(3, 3);
      decoder = this.encoder;
      forward(x: Tensor): Tensor {
        return this.decoder(this.encoder(x));
      }
    }
    const tied = new Tied();
    expect(tied.parameters()).toHaveLength(2);
    expect(Object.keys(tied.stateDict())).toEqual([
      'encoder.weight',
      'encoder.bias',
      'decoder.weight',
      'decoder.bias',
    ]);
    const relu = new nn.ReLU();
    const twice = new nn.Sequential(new nn.Linear(3, 3), relu, new nn.Linear(3, 3), relu);
    expect(twice(tensor([[1, 2, 3]])).tolistSync()).not.toContainEqual(expect.closeTo(-1, 0.99));
    expect(twice.length).toBe(4);
  });

  it('switches between training and evaluation, all the way down', () => {
    const net = new nn.Sequential(new nn.Dropout(1), new nn.Identity());
    const x = tensor([1, 2]);
    expect(net(x).tolistSync()).toEqual([0, 0]);
    expect(
      net
        .eval()
        .modules()
        .map(({ training }) => training),
    ).toEqual([false, false, false]);
    expect(net(x).tolistSync()).toEqual([1, 2]);
    expect(net.train()[0]!.training).toBe(true);
  });

  it('runs hooks after forward, which may change the output', () => {
    const linear = new nn.Identity();
    const seen = vi.fn();
    const first = linear.registerForwardHook((module, args, output) =>
      seen(module === linear, args.length, output),
    );
    const second = linear.registerForwardHook((_, __, output) => (output as Tensor).mul(2));
    const x = tensor([1]);
    expect(linear(x).tolistSync()).toEqual([2]);
    expect(seen).toHaveBeenCalledExactlyOnceWith(true, 1, x);
    first.remove();
    second.remove();
    expect(linear(x).tolistSync()).toEqual([1]);
  });

  it('takes over a state dict whole or not at all', () => {
    const [from, to] = [new nn.Linear(2, 1), new nn.Linear(2, 1)];
    to.loadStateDict(from.stateDict());
    expect(to.weight.tolistSync()).toEqual(from.weight.tolistSync());

    const before = to.weight.tolistSync();
    const wrong = { weight: tensor([[1, 2]]), bias: tensor([1, 2]), other: tensor(1) };
    expect(() => to.loadStateDict(wrong)).toThrow(
      [
        'loadStateDict: the state dict does not fit Linear',
        '    unexpected: "other"',
        '    size mismatch for bias: the state dict has [2], the module [1]',
      ].join('\n'),
    );
    expect(() => to.loadStateDict({})).toThrow(/missing: "weight", "bias"/);
    expect(to.weight.tolistSync()).toEqual(before);

    const result = to.loadStateDict({ weight: tensor([[1, 2]]), other: tensor(1) }, { strict: false });
    expect(result).toEqual({ missingKeys: ['bias'], unexpectedKeys: ['other'] });
    expect(to.weight.tolistSync()).toEqual([[1, 2]]);
  });

  it('registers state under a name, and leaves what is not persistent out of state dicts', () => {
    class Plain extends nn.Module {
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    const module = new Plain();
    module.registerBuffer('lookup', tensor([1, 2]), { persistent: false });
    module.registerBuffer('meanOf', tensor([1, 2]));
    module.registerParameter('gain', new nn.Parameter(tensor([1])));
    module.registerParameter('none', null);
    expect(module.buffers()).toHaveLength(2);
    expect(Object.keys(module.stateDict())).toEqual(['mean_of', 'gain']);
    expect(() => module.registerBuffer('forward', tensor(1))).toThrow(/is a method/);
  });

  it('freezes and forgets gradients', () => {
    const linear = new nn.Linear(2, 1);
    linear(tensor([[1, 2]]))
      .sum()
      .backward();
    expect(linear.weight.grad!.tolistSync()).toEqual([[1, 2]]);
    linear.zeroGrad({ setToNone: false });
    expect(linear.weight.grad!.tolistSync()).toEqual([[0, 0]]);
    linear.zeroGrad();
    expect(linear.weight.grad).toBeNull();
    linear.requiresGrad_(false);
    expect(linear.parameters().map(({ requiresGrad }) => requiresGrad)).toEqual([false, false]);
  });

  it('names the path of the failing module', () => {
    const net = new nn.Sequential(new nn.Linear(2, 3), new nn.Sequential(new nn.Linear(4, 1)));
    expect(() => net(tensor([[1, 2]]))).toThrow(/in Sequential\.1\.0/);
    expect(() => new Net()(tensor([[[1]]]))).toThrow(/in Net\.convStack\.0/);
  });
});
