/** The signature rule: tensors and dimension numbers are positional, everything else goes into one options object. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readComposites, type Parameter } from '../../codegen/read.js';

const composites = readComposites(fileURLToPath(new URL('../../src/functional', import.meta.url)));
const ops = composites.flatMap((source) => source.ops);

/** Bounds and sizes that PyTorch and NumPy have taught everybody to write one after another. */
const positional: Readonly<Record<string, readonly string[]>> = {
  slice: ['start', 'end', 'step'],
  sliceScatter: ['start', 'end', 'step'],
  arange: ['end', 'step'],
  eye: ['m'],
};

const isTensor = ({ type }: Parameter): boolean => /\b(Value|Operand)\b/.test(type) && !type.startsWith('{');
const isDim = ({ name, type }: Parameter): boolean =>
  /^(start|end|source|dest)?dims?[01]?$/i.test(name) && !type.startsWith('{');
const isOptions = ({ name, optional }: Parameter): boolean => name === 'options' && optional;

describe('signatures', () => {
  it('has optional parameters for tensors, dimension numbers and options only', () => {
    const wrong = ops.flatMap((op) =>
      [op.widest, ...op.signatures].flatMap(({ parameters }) =>
        parameters
          .filter((p) => p.optional && !isTensor(p) && !isDim(p) && !isOptions(p))
          .filter((p) => !positional[op.name]?.includes(p.name))
          .map((p) => `${op.name}(${p.name}: ${p.type})`),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('has options last', () => {
    const wrong = ops.filter((op) =>
      op.signatures.some(
        ({ parameters }) =>
          parameters.findIndex((p) => p.name === 'options') < parameters.length - 1 &&
          parameters.some((p) => p.name === 'options'),
      ),
    );
    expect(wrong.map((op) => op.name)).toEqual([]);
  });

  it('lets every option be undefined, which means its default', () => {
    const wrong = ops.flatMap((op) =>
      op.widest.parameters
        .filter((p) => p.type.startsWith('{'))
        .flatMap((p) => p.type.slice(1, -1).split(';'))
        .filter((member) => member.includes('?:') && !member.includes('undefined'))
        .map((member) => `${op.name}: ${member.trim()}`),
    );
    expect(wrong).toEqual([]);
  });

  it('documents every function', () => {
    expect(ops.filter((op) => op.description.length < 4).map((op) => op.name)).toEqual([]);
  });
});
