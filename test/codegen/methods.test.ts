/**
 * Which operations are methods of Tensor: a page loads all of them, so they are the ones that scripts write every day.
 * In-place forms and what concerns gradients stand in src/tensor/base.ts.
 */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readComposites } from '../../codegen/read.js';

const methods: Readonly<Record<string, string>> = {
  arithmetic:
    'add sub mul div floorDivide fmod remainder pow square reciprocal neg abs sign maximum minimum clamp ' +
    'clampMin clampMax lerp',
  comparison:
    'eq ne lt le gt ge logicalAnd logicalOr logicalXor logicalNot where isnan isinf isfinite nanToNum',
  activation: 'relu sigmoid softmax logSoftmax',
  functions:
    'exp exp2 expm1 log log2 log10 log1p sqrt rsqrt sin cos tan asin acos atan sinh cosh tanh erf ' +
    'floor ceil trunc round',
  reduction:
    'sum mean prod all any amax amin max min argmax argmin var std norm logsumexp cumsum cumprod trace',
  matrices: 'matmul mm bmm mv dot outer t T mT H mH tril triu diagonal',
  shape:
    'reshape view viewAs reshapeAs flatten unflatten ravel squeeze unsqueeze permute transpose swapaxes movedim ' +
    'expand expandAs broadcastTo sumToSize flip roll repeat repeatInterleave tile unfold',
  pieces:
    'at withAt narrow select split splitWithSizes chunk unbind gather indexSelect maskedFill scatter scatterAdd indexAdd',
  sorting: 'sort argsort topk',
  conversion: 'to typeAs float double half bfloat16 long int short char byte bool clone contiguous detach',
  creation: 'newZeros newOnes newFull fill',
};

test('the common core are methods; everything else is a function', () => {
  const composites = readComposites(fileURLToPath(new URL('../../src/functional', import.meta.url)));
  const found = composites.flatMap(({ ops }) =>
    ops.flatMap(({ forms }) => forms.method ?? forms.getter ?? []),
  );
  const listed = Object.values(methods).flatMap((names) => names.split(' '));
  expect(found.sort()).toEqual(listed.sort());
});
