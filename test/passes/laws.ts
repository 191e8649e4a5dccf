/** An example of every law: the left side as it is traced, and how both sides print. */
import { g, node, type Node } from '../../src/graph/index.js';
import { leaf } from './leaves.js';

interface Example {
  readonly from: () => Node;
  readonly prints: string;
}

const x = leaf('x', [2, 5]);
const y = leaf('y', [2, 5]);
const n = leaf('n', [2, 5], 'int32');
const m = leaf('m', [2, 5], 'int32');
const p = leaf('p', [2, 5], 'bool');
const q = leaf('q', [2, 5], 'bool');
const row = leaf('row', [1, 5]);
const column = leaf('column', [2, 1]);
const cube = leaf('cube', [2, 3, 4]);
const other = leaf('other', [4, 3]);
const nothing = leaf('nothing', [0, 5]);
const noPositions = leaf('noPositions', [0, 5], 'int32');
const query = leaf('query', [2, 3]);
const key = leaf('key', [4, 3]);
const value = leaf('value', [4, 2]);

const like = (a: Node, c: number): Node => g.fullLike(a, c);
const op = g.withScalar;
const stretched = g.expand(row, [2, 5]);
const around = (a: Node, low: number, high: number): Node => g.padAxis(a, 1, low, high);
const raw = (a: Node, shape: readonly number[]): Node => node('reshape', [a], { shape });

export const laws: Readonly<Record<string, Example>> = {
  'stopGradient(x) = x': { from: () => g.stopGradient(x), prints: 'stopGradient(x)  ->  x' },
  'customGradient(x, ...) = x': {
    from: () => node('customGradient', [x, y], { rule: 0 }),
    prints: 'customGradient(x, y)  ->  x',
  },
  'checkIndex(x) = x': {
    from: () => node('checkIndex', [noPositions], { bound: 3, except: -100, what: 'crossEntropy' }),
    prints: 'checkIndex bound=3 except=-100 what=crossEntropy(noPositions)  ->  noPositions',
  },
  'attention(q, k, v, mask) = softmax(scale q k^T + mask) v': {
    from: () => node('attention', [query, key, value], { scale: 0.5, causal: false, dropout: 0 }),
    prints:
      'attention scale=0.5(query, key, value)  ->  dot lhsContract=[1] rhsContract=[0](div(exp(sub(mul(dot lhsContract=[1] rhsContract=[1](query, key), 0.5), expand [2, 4](reshape [2, 1](amax axes=[1](mul(dot lhsContract=[1] rhsContract=[1](query, key), 0.5)))))), expand [2, 4](reshape [2, 1](sum axes=[1](exp(sub(mul(dot lhsContract=[1] rhsContract=[1](query, key), 0.5), expand [2, 4](reshape [2, 1](amax axes=[1](mul(dot lhsContract=[1] rhsContract=[1](query, key), 0.5)))))))))), value)',
  },
  'logsumexp of attention(q, k) = log sum exp(scale q k^T)': {
    from: () => node('attentionLse', [query, key, value], { scale: 0.5, causal: false, dropout: 0 }),
    prints:
      'attentionLse scale=0.5(query, key, value)  ->  reshape [2](add(reshape [2, 1](amax axes=[1](mul(dot lhsContract=[1] rhsContract=[1](query, key), 0.5))), log(reshape [2, 1](sum axes=[1](exp(sub(mul(dot lhsContract=[1] rhsContract=[1](query, key), 0.5), expand [2, 4](reshape [2, 1](amax axes=[1](mul(dot lhsContract=[1] rhsContract=[1](query, key), 0.5)))))))))))',
  },
  // Of one key: its weight is 1 whichever way it is computed.
  'gradient of attention = products with softmax * (ct v^T - rows)': {
    from: () => {
      const attrs = { scale: 0.5, causal: false, dropout: 0 };
      const [only, its] = [g.sliceAxis(key, 0, 0, 1), g.sliceAxis(value, 0, 0, 1)];
      const lse = node('attentionLse', [query, only, its], attrs);
      const ct = g.sliceAxis(query, 1, 0, 2);
      const rows = g.sum(ct, [1]);
      return node('attentionGrad', [query, only, its, ct, lse, rows], { ...attrs, of: 'v' });
    },
    prints:
      'attentionGrad scale=0.5 of=v(query, slice [1, 3](key), slice [1, 2](value), slice [2, 2](query), attentionLse scale=0.5(query, slice [1, 3](key), slice [1, 2](value)), sum axes=[1](slice [2, 2](query)))  ->  dot lhsContract=[1] rhsContract=[0](reshape [1, 2](div(exp(sub(mul(dot lhsContract=[1] rhsContract=[0](query, reshape [3, 1](slice [1, 3](key))), 0.5), mul(dot lhsContract=[1] rhsContract=[0](query, reshape [3, 1](slice [1, 3](key))), 0.5))), exp(sub(mul(dot lhsContract=[1] rhsContract=[0](query, reshape [3, 1](slice [1, 3](key))), 0.5), mul(dot lhsContract=[1] rhsContract=[0](query, reshape [3, 1](slice [1, 3](key))), 0.5))))), slice [2, 2](query))',
  },
  'a tensor without elements = a constant': { from: () => g.exp(nothing), prints: 'exp(nothing)  ->  0' },
  'reduction over no elements = its neutral element': {
    from: () => node('prod', [nothing], { axes: [0] }),
    prints: 'prod axes=[0](nothing)  ->  1',
  },
  'scatter of no elements into x = x': {
    from: () => g.scatterAdd(x, noPositions, nothing, 0),
    prints: 'scatterAdd axis=0(x, noPositions, nothing)  ->  x',
  },
  'pad of no elements = its value': {
    from: () => g.padAxis(nothing, 0, 1, 1, 0, 3),
    prints: 'pad low=[1, 0] high=[1, 0] value=3(nothing)  ->  3',
  },
  'a constant is a number of its dtype': {
    from: () => g.constant(0.1, 'float16'),
    prints: '0.1  ->  0.0999755859375',
  },
  'op(constants) = a constant': {
    from: () => g.mul(g.full([2, 5], 3), g.full([2, 5], 0.5)),
    prints: 'mul(3, 0.5)  ->  1.5',
  },
  'reduction of a constant = a constant': {
    from: () => g.sum(g.full([2, 5], 3), [1]),
    prints: 'sum axes=[1](3)  ->  15',
  },
  'position of the largest of equal elements = 0': {
    from: () => g.arg('argmax', g.full([2, 5], 3), 1),
    prints: 'argmax axis=1(3)  ->  0',
  },
  'iota(1) = [0]': { from: () => g.iota(1), prints: 'iota()  ->  0' },
  'x as its own dtype = x': {
    from: () => node('cast', [x], { dtype: 'float32' }),
    prints: 'cast float32(x)  ->  x',
  },
  '(x as wider) as d = x as d': {
    from: () => g.cast(g.cast(n, 'int64'), 'int16'),
    prints: 'cast int16(cast int64(n))  ->  cast int16(n)',
  },
  'bits of x as its own dtype = x': {
    from: () => node('bitcast', [x], { dtype: 'float32' }),
    prints: 'bitcast float32(x)  ->  x',
  },
  'bits of the bits of x = bits of x': {
    from: () => node('bitcast', [node('bitcast', [n], { dtype: 'uint32' })], { dtype: 'int32' }),
    prints: 'bitcast int32(bitcast uint32(n))  ->  n',
  },
  'x + -0 = x': { from: () => op('add', x, -0), prints: 'add(x, -0)  ->  x' },
  'x + 0 = x': { from: () => g.add(like(x, 0), x), prints: 'add(0, x)  ->  x' },
  'x - 0 = x': { from: () => op('sub', x, 0), prints: 'sub(x, 0)  ->  x' },
  'x - -0 = x': { from: () => op('sub', x, -0), prints: 'sub(x, -0)  ->  x' },
  '0 - x = -x': { from: () => g.sub(like(x, 0), x), prints: 'sub(0, x)  ->  neg(x)' },
  'x - x = 0, of integers': { from: () => g.sub(n, n), prints: 'sub(n, n)  ->  0' },
  'x * 1 = x': { from: () => g.scale(x, 1), prints: 'mul(x, 1)  ->  x' },
  'x * -1 = -x': { from: () => g.scale(x, -1), prints: 'mul(x, -1)  ->  neg(x)' },
  'x * 0 = 0, of integers': { from: () => g.scale(n, 0), prints: 'mul(n, 0)  ->  0' },
  'x / 1 = x': { from: () => op('div', x, 1), prints: 'div(x, 1)  ->  x' },
  'x / -1 = -x': { from: () => op('div', x, -1), prints: 'div(x, -1)  ->  neg(x)' },
  'x / 2^n = x * 2^-n': { from: () => op('div', x, 8), prints: 'div(x, 8)  ->  mul(x, 0.125)' },
  'x^0 = 1': { from: () => op('pow', x, 0), prints: 'pow(x, 0)  ->  1' },
  'x^1 = x': { from: () => op('pow', x, 1), prints: 'pow(x, 1)  ->  x' },
  'x^2 = x * x': { from: () => op('pow', x, 2), prints: 'pow(x, 2)  ->  mul(x, x)' },
  'x^-1 = 1 / x': { from: () => op('pow', x, -1), prints: 'pow(x, -1)  ->  div(1, x)' },
  '1^x = 1': { from: () => g.binary('pow', like(x, 1), x), prints: 'pow(1, x)  ->  1' },
  'max(x, x) = x': { from: () => g.max(x, x), prints: 'max(x, x)  ->  x' },
  '-(-x) = x': { from: () => g.neg(g.neg(x)), prints: 'neg(neg(x))  ->  x' },
  '-(x - y) = y - x': { from: () => g.neg(g.sub(x, y)), prints: 'neg(sub(x, y))  ->  sub(y, x)' },
  '-(x * c) = x * -c': { from: () => g.neg(g.scale(x, 3)), prints: 'neg(mul(x, 3))  ->  mul(x, -3)' },
  'x + -y = x - y': { from: () => g.add(g.neg(y), x), prints: 'add(neg(y), x)  ->  sub(x, y)' },
  'x - -y = x + y': { from: () => g.sub(x, g.neg(y)), prints: 'sub(x, neg(y))  ->  add(x, y)' },
  '-x * -y = x * y': { from: () => g.mul(g.neg(x), g.neg(y)), prints: 'mul(neg(x), neg(y))  ->  mul(x, y)' },
  '-x * c = x * -c': { from: () => g.scale(g.neg(x), 3), prints: 'mul(neg(x), 3)  ->  mul(x, -3)' },
  '||x|| = |x|': { from: () => g.unary('abs', g.unary('abs', x)), prints: 'abs(abs(x))  ->  abs(x)' },
  '|-x| = |x|': { from: () => g.unary('abs', g.neg(x)), prints: 'abs(neg(x))  ->  abs(x)' },
  'floor(floor(x)) = floor(x)': {
    from: () => g.unary('ceil', g.unary('floor', x)),
    prints: 'ceil(floor(x))  ->  floor(x)',
  },
  '(x + a) + b = x + (a + b), of integers': {
    from: () => op('add', op('add', n, 3), 4),
    prints: 'add(add(n, 3), 4)  ->  add(n, 7)',
  },
  'x - c = x + -c, of integers': { from: () => op('sub', n, 3), prints: 'sub(n, 3)  ->  add(n, -3)' },
  'not not x = x': { from: () => g.not(g.not(p)), prints: 'not(not(p))  ->  p' },
  'not x < y = y <= x, without NaN': { from: () => g.not(g.lt(n, m)), prints: 'not(lt(n, m))  ->  le(m, n)' },
  'x and x = x': { from: () => g.binary('or', p, p), prints: 'or(p, p)  ->  p' },
  'x and true = x': { from: () => op('and', n, -1), prints: 'and(n, -1)  ->  n' },
  'x and false = false': { from: () => g.binary('and', p, like(p, 0)), prints: 'and(p, false)  ->  false' },
  'x or false = x': { from: () => g.binary('or', like(p, 0), p), prints: 'or(false, p)  ->  p' },
  'x or true = true': { from: () => g.binary('or', p, like(p, 1)), prints: 'or(p, true)  ->  true' },
  'x xor false = x': { from: () => op('xor', n, 0), prints: 'xor(n, 0)  ->  n' },
  'x xor true = not x': { from: () => g.binary('xor', p, like(p, 1)), prints: 'xor(p, true)  ->  not(p)' },
  'x xor x = false': { from: () => g.binary('xor', n, n), prints: 'xor(n, n)  ->  0' },
  'x shifted by 0 = x': { from: () => op('shl', n, 0), prints: 'shl(n, 0)  ->  n' },
  'x < x = false': { from: () => g.lt(x, x), prints: 'lt(x, x)  ->  false' },
  'x = x is true, without NaN': { from: () => g.le(n, n), prints: 'le(n, n)  ->  true' },
  '(x = true) = x': { from: () => g.eq(p, like(p, 1)), prints: 'eq(p, true)  ->  p' },
  '(x = false) = not x': { from: () => g.eq(p, like(p, 0)), prints: 'eq(p, false)  ->  not(p)' },
  'where(c, x, x) = x': { from: () => g.where(p, x, x), prints: 'where(p, x, x)  ->  x' },
  'where(true, x, y) = x': { from: () => g.where(like(p, 1), x, y), prints: 'where(true, x, y)  ->  x' },
  'where(false, x, y) = y': { from: () => g.where(like(p, 0), x, y), prints: 'where(false, x, y)  ->  y' },
  'where(not c, x, y) = where(c, y, x)': {
    from: () => g.where(g.not(p), x, y),
    prints: 'where(not(p), x, y)  ->  where(p, y, x)',
  },
  'where(c, true, false) = c': {
    from: () => g.where(p, like(q, 1), like(q, 0)),
    prints: 'where(p, true, false)  ->  p',
  },
  'where(c, false, true) = not c': {
    from: () => g.where(p, like(q, 0), like(q, 1)),
    prints: 'where(p, false, true)  ->  not(p)',
  },
  'where(c, where(c, x, y), z) = where(c, x, z)': {
    from: () => g.where(p, g.where(p, x, y), g.neg(x)),
    prints: 'where(p, where(p, x, y), neg(x))  ->  where(p, x, neg(x))',
  },
  'where(c, x, where(c, y, z)) = where(c, x, z)': {
    from: () => g.where(p, x, g.where(p, y, g.neg(x))),
    prints: 'where(p, x, where(p, y, neg(x)))  ->  where(p, x, neg(x))',
  },
  '(x * a) * b = x * (a * b)': {
    from: () => g.scale(g.scale(x, 3), 5),
    prints: 'mul(mul(x, 3), 5)  ->  mul(x, 15)',
  },
  'x / c = x * (1 / c)': { from: () => op('div', x, 3), prints: 'div(x, 3)  ->  mul(x, 0.3333333432674408)' },
  'x * 0 = 0': { from: () => g.scale(x, 0), prints: 'mul(x, 0)  ->  0' },
  'x - x = 0': { from: () => g.sub(x, x), prints: 'sub(x, x)  ->  0' },
  'x / x = 1': { from: () => g.div(x, x), prints: 'div(x, x)  ->  1' },
  'log(e^x) = x': { from: () => g.log(g.exp(x)), prints: 'log(exp(x))  ->  x' },
  'e^log(x) = x': { from: () => g.exp(g.log(x)), prints: 'exp(log(x))  ->  x' },
  'x^(1/2) = sqrt(x)': { from: () => op('pow', x, 0.5), prints: 'pow(x, 0.5)  ->  sqrt(x)' },
  'x^3 = x * x * x': { from: () => op('pow', x, 3), prints: 'pow(x, 3)  ->  mul(mul(x, x), x)' },
  'sum of n times c = n * c': {
    from: () => g.sum(g.full([3], 0.1), [0]),
    prints: 'sum axes=[0](0.1)  ->  0.30000001192092896',
  },
  'view of a constant = the constant': {
    from: () => g.swapAxes(g.full([2, 5], 3), 0, 1),
    prints: 'permute perm=[1, 0](3)  ->  3',
  },
  'reshape to the same shape = x': { from: () => raw(x, [2, 5]), prints: 'reshape [2, 5](x)  ->  x' },
  'reshape of a reshape = one reshape': {
    from: () => g.reshape(g.reshape(x, [10]), [5, 2]),
    prints: 'reshape [5, 2](reshape [10](x))  ->  reshape [5, 2](x)',
  },
  'reshape of an expand = expand of a reshape': {
    from: () => g.reshape(g.expand(g.reshape(row, [1, 1, 5]), [2, 3, 5]), [6, 1, 5]),
    prints:
      'reshape [6, 1, 5](expand [2, 3, 5](reshape [1, 1, 5](row)))  ->  expand [6, 1, 5](reshape [1, 1, 5](row))',
  },
  'permute that moves dimensions of size 1 only = reshape': {
    from: () => g.swapAxes(row, 0, 1),
    prints: 'permute perm=[1, 0](row)  ->  reshape [5, 1](row)',
  },
  'permute of a permute = one permute': {
    from: () => g.permute(g.permute(cube, [1, 2, 0]), [1, 0, 2]),
    prints: 'permute perm=[1, 0, 2](permute perm=[1, 2, 0](cube))  ->  permute perm=[2, 1, 0](cube)',
  },
  'permute of an expand = expand of a permute': {
    from: () => g.permute(g.expand(g.reshape(x, [2, 1, 5]), [2, 3, 5]), [2, 1, 0]),
    prints:
      'permute perm=[2, 1, 0](expand [2, 3, 5](reshape [2, 1, 5](x)))  ->  expand [5, 3, 2](permute perm=[2, 1, 0](reshape [2, 1, 5](x)))',
  },
  'expand to the same shape = x': {
    from: () => node('expand', [x], { shape: [2, 5] }),
    prints: 'expand [2, 5](x)  ->  x',
  },
  'expand of an expand = one expand': {
    from: () => g.expand(g.expand(g.reshape(row, [1, 1, 5]), [1, 3, 5]), [2, 3, 5]),
    prints:
      'expand [2, 3, 5](expand [1, 3, 5](reshape [1, 1, 5](row)))  ->  expand [2, 3, 5](reshape [1, 1, 5](row))',
  },
  'slice of everything = x': {
    from: () => node('slice', [x], { starts: [0, 0], sizes: [2, 5], steps: [1, 1] }),
    prints: 'slice [2, 5](x)  ->  x',
  },
  'slice of one element in steps of 1': {
    from: () => g.sliceAxis(x, 1, 3, 1, -1),
    prints: 'slice [2, 1] starts=[0, 3] steps=[1, -1](x)  ->  slice [2, 1] starts=[0, 3](x)',
  },
  'slice of a slice = one slice': {
    from: () => g.sliceAxis(g.flip(x, 1), 1, 1, 2, 2),
    prints:
      'slice [2, 2] starts=[0, 1] steps=[1, 2](slice [2, 5] starts=[0, 4] steps=[1, -1](x))  ->  slice [2, 2] starts=[0, 3] steps=[1, -2](x)',
  },
  'slice of an expand = expand of a slice': {
    from: () => g.slice(stretched, { starts: [1, 2], sizes: [1, 3], steps: [1, 1] }),
    prints: 'slice [1, 3] starts=[1, 2](expand [2, 5](row))  ->  slice [1, 3] starts=[0, 2](row)',
  },
  'slice of a pad = pad of a slice': {
    from: () => g.sliceAxis(around(x, 2, 2), 1, 1, 4),
    prints: 'slice [2, 4] starts=[0, 1](pad low=[0, 2] high=[0, 2](x))  ->  pad low=[0, 1](slice [2, 3](x))',
  },
  'slice of a concat = what it meets of the operands': {
    from: () => g.sliceAxis(g.concat([x, y], 0), 0, 3, 1),
    prints: 'slice [1, 5] starts=[3, 0](concat axis=0(x, y))  ->  slice [1, 5] starts=[1, 0](y)',
  },
  'pad by nothing = x': {
    from: () => node('pad', [x], { low: [0, 0], high: [0, 0], interior: [0, 0], value: 1 }),
    prints: 'pad value=1(x)  ->  x',
  },
  'pad of a pad with the same value = one pad': {
    from: () => around(around(x, 1, 0), 1, 2),
    prints: 'pad low=[0, 1] high=[0, 2](pad low=[0, 1](x))  ->  pad low=[0, 2] high=[0, 2](x)',
  },
  'pad of a constant with itself = the constant': {
    from: () => around(g.full([2, 5], 0), 1, 2),
    prints: 'pad low=[0, 1] high=[0, 2](0)  ->  0',
  },
  'concat of one = x': { from: () => node('concat', [x], { axis: 0 }), prints: 'concat axis=0(x)  ->  x' },
  'concat of a concat = one concat': {
    from: () => g.concat([x, g.concat([y, x], 0)], 0),
    prints: 'concat axis=0(x, concat axis=0(y, x))  ->  concat axis=0(x, y, x)',
  },
  'concat with nothing = concat of the rest': {
    from: () => g.concat([x, nothing, y], 0),
    prints: 'concat axis=0(x, nothing, y)  ->  concat axis=0(x, y)',
  },
  'concat of equal constants = a constant': {
    from: () => g.concat([g.full([2, 5], 3), g.full([1, 5], 3)], 0),
    prints: 'concat axis=0(3, 3)  ->  3',
  },
  'concat of adjacent slices = one slice': {
    from: () => g.concat([g.sliceAxis(x, 1, 0, 2), g.sliceAxis(x, 1, 2, 3)], 1),
    prints: 'concat axis=1(slice [2, 2](x), slice [2, 3] starts=[0, 2](x))  ->  x',
  },
  'windows of one element = reshape': {
    from: () => g.window(x, 1, 1, 1),
    prints: 'window axis=1 size=1 step=1(x)  ->  reshape [2, 5, 1](x)',
  },
  'op(expand(x), expand(y)) = expand(op(x, y))': {
    from: () => g.exp(op('mul', stretched, 2)),
    prints: 'exp(mul(expand [2, 5](row), 2))  ->  expand [2, 5](exp(mul(row, 2)))',
  },
  'reduction over dimensions of size 1 = reshape': {
    from: () => g.sum(row, [0]),
    prints: 'sum axes=[0](row)  ->  reshape [5](row)',
  },
  'position in a dimension of size 1 = 0': {
    from: () => g.arg('argmax', column, 1),
    prints: 'argmax axis=1(column)  ->  0',
  },
  'scan of a dimension of size 1 = x': {
    from: () => g.scan('cumsum', column, 1),
    prints: 'cumsum axis=1(column)  ->  column',
  },
  'reduction of a reduction = one reduction': {
    from: () => g.reduce('amax', g.reduce('amax', cube, [1]), [0]),
    prints: 'amax axes=[0](amax axes=[1](cube))  ->  amax axes=[0, 1](cube)',
  },
  'reduction of a permute = reduction over other dimensions': {
    from: () => g.reduce('amax', g.permute(cube, [2, 1, 0]), [1]),
    prints: 'amax axes=[1](permute perm=[2, 1, 0](cube))  ->  permute perm=[1, 0](amax axes=[1](cube))',
  },
  'reduction of a reshape = reduction over other dimensions': {
    from: () => g.reduce('amax', g.reshape(cube, [6, 1, 4]), [2]),
    prints: 'amax axes=[2](reshape [6, 1, 4](cube))  ->  reshape [6, 1](amax axes=[2](cube))',
  },
  'reduction of an expand = expand of a reduction': {
    from: () => g.sum(g.expand(g.reshape(x, [2, 1, 5]), [2, 3, 5]), [2]),
    prints:
      'sum axes=[2](expand [2, 3, 5](reshape [2, 1, 5](x)))  ->  expand [2, 3](reshape [2, 1](sum axes=[1](x)))',
  },
  'sum of n equal elements = n * x, of integers or n = 2^m': {
    from: () => g.sum(g.expand(column, [2, 4]), [1]),
    prints: 'sum axes=[1](expand [2, 4](column))  ->  mul(reshape [2](column), 4)',
  },
  'sum of n equal elements = n * x': {
    from: () => g.sum(g.expand(column, [2, 3]), [1]),
    prints: 'sum axes=[1](expand [2, 3](column))  ->  mul(reshape [2](column), 3)',
  },
  '(a b)^T = b^T a^T': {
    from: () => g.swapAxes(g.matmul(query, g.swapAxes(key, 0, 1)), 0, 1),
    prints:
      'permute perm=[1, 0](dot lhsContract=[1] rhsContract=[0](query, permute perm=[1, 0](key)))  ->  ' +
      'dot lhsContract=[1] rhsContract=[1](key, query)',
  },
  'dot of a permute = dot over other dimensions': {
    from: () => g.matmul(query, g.swapAxes(other, 0, 1)),
    prints:
      'dot lhsContract=[1] rhsContract=[0](query, permute perm=[1, 0](other))  ->  dot lhsContract=[1] rhsContract=[1](query, other)',
  },
};
