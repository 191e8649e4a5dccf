/** The named errors: each is thrown at the user's call and says what, where and what to do. */
import { describe, expect, test } from 'vitest';
import {
  F,
  FusegradError,
  Parameter,
  bitwiseAnd,
  cat,
  compile,
  grad,
  nn,
  noGrad,
  ones,
  tensor,
  zeros,
  type Tensor,
} from 'fusegrad';

/** The message of what `body` throws, line numbers aside. */
function messageOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    expect(error).toBeInstanceOf(FusegradError);
    const { name, message } = error as FusegradError;
    return `${name}: ${message}`.replace(/(errors\.test\.ts):\d+:\d+/g, '$1:LINE');
  }
  throw new Error('nothing was thrown');
}

const indices = (...values: number[]) => tensor(values, { dtype: 'int32' });

describe('messages', () => {
  const cases: Record<string, () => unknown> = {
    'shapes that do not broadcast': () => ones(2, 3).add(ones(2, 4)),
    'matrices that do not fit': () => ones(2, 3).matmul(ones(2, 4)),
    'a layer given another width': () => new nn.Linear(8, 4)(ones(2, 3)),
    'a reshape that loses elements': () => ones(2, 3).reshape(4),
    concatenation: () => cat([ones(2, 3), ones(2, 4)], 0),
    'a dimension out of range': () => ones(2, 3).sum(2),
    'bits of floats': () => bitwiseAnd(ones(2), ones(2)),
    'float class numbers of the wrong shape': () => F.crossEntropy(ones(2, 3), ones(2)),
    'float labels': () => F.nllLoss(ones(2, 3), ones(2)),
    'integers that require a gradient': () => indices(1).requiresGrad_(),
    'backward of several elements': () => new Parameter(ones(3)).mul(2).backward(),
    'backward of something without parameters': () => ones(3).sum().backward(),
    'a gradient nothing depends on': () => grad(new Parameter(ones(1)).sum(), [new Parameter(ones(1))]),
    'an index out of range': () => F.embedding(indices(0, 7), ones(3, 2)).dataSync(),
    'a position out of range': () => ones(3).at(3),
    'item() of several elements': () => ones(2).itemSync(),
    'a value read inside a trace': () =>
      compile(function train(x: Tensor) {
        return x.sum().itemSync();
      })(ones(2)),
    'a stale intermediate': () => {
      const w = new Parameter(ones(2), { name: 'w' });
      const hidden = w.mul(2);
      hidden.sum();
      noGrad(() => w.assign(zeros(2)));
      hidden.dataSync();
    },
    'in place where a gradient is needed': () => new Parameter(ones(2)).add_(1),
    'arithmetic with JavaScript operators': () => (ones(2) as unknown as number) + 1,
    'ragged arrays': () => tensor([[1, 2], [3]]),
    'an unknown backend': () => compile((x: Tensor) => x.neg(), { backend: 'cuda' as 'js' })(ones(1)),
  };
  for (const [name, body] of Object.entries(cases)) {
    test(name, () => expect(messageOf(body)).toMatchSnapshot());
  }
});

test('the site is the line of the call, in a module too', () => {
  const lineOf = (body: () => unknown): string | undefined => {
    try {
      body();
    } catch (error) {
      return (error as FusegradError).site;
    }
    return undefined;
  };
  // The second frame is the caller's.
  const here = () => Number([...new Error().stack!.matchAll(/errors\.test\.ts:(\d+)/g)][1]![1]);
  const line = here() + 1;
  expect(lineOf(() => ones(2, 3).add(ones(2, 4)))).toMatch(
    new RegExp(`^runtime/errors\\.test\\.ts:${line}:\\d+$`),
  );
  const next = here() + 3;
  class Broken extends nn.Module {
    forward(x: Tensor): Tensor {
      return x.reshape(5);
    }
  }
  expect(lineOf(() => new Broken()(ones(2)))).toMatch(
    new RegExp(`^runtime/errors\\.test\\.ts:${next}:\\d+$`),
  );
});

test('the module path is part of the message', () => {
  class Net extends nn.Module {
    body = new nn.Sequential(new nn.Linear(4, 4), new nn.Linear(5, 1));
    forward(x: Tensor): Tensor {
      return this.body(x);
    }
  }
  expect(messageOf(() => new Net()(ones(2, 4)))).toContain('in Net.body.1');
});
