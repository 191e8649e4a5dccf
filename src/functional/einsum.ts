/** Einstein summation: each pair of operands is one contraction, what only one of them has is summed before. */
import { ArgumentError, ShapeError, formatShape } from '../core/index.js';
import { g } from '../graph/index.js';
import { diagonal } from './diagonal.js';
import { range, rank, resultType, type Value } from './operands.js';

/** An operand with a name for each dimension. Dimensions under '...' are named by number, from the last. */
interface Term {
  readonly value: Value;
  readonly names: readonly string[];
}

function subscripts(text: string, free: number, of: string): string[] {
  const clean = text.replace(/\s+/g, '');
  const [before, after, ...more] = clean.split('...');
  if (more.length > 0 || !/^[A-Za-z]*$/.test(before! + (after ?? ''))) {
    throw new ArgumentError(
      'einsum',
      `'${text.trim()}' is no list of subscripts`,
      `write letters and at most one '...'`,
    );
  }
  const dots = after === undefined ? 0 : free - before!.length - after.length;
  if (dots < 0) throw new ShapeError('einsum', `'${text.trim()}' names more dimensions than ${of} has`);
  return [...before!, ...range(dots).map((i) => String(dots - i)), ...(after ?? '')];
}

/** An operand with each name once: dimensions that share a name become their diagonal. */
function distinct(term: Term): Term {
  const names = [...term.names];
  let { value } = term;
  for (;;) {
    const second = names.findIndex((name, i) => names.indexOf(name) !== i);
    if (second < 0) return { value, names };
    const first = names.indexOf(names[second]!);
    if (value.shape[first] !== value.shape[second]) {
      throw new ShapeError(
        'einsum',
        `dimensions named ${names[second]} of ${formatShape(value.shape)} differ in size`,
      );
    }
    value = diagonal(value, { dim1: first, dim2: second });
    const [name] = names.splice(second, 1);
    names.splice(first, 1);
    names.push(name!);
  }
}

/** Sums over the dimensions whose names nobody else needs. */
function summed({ value, names }: Term, needed: ReadonlySet<string>): Term {
  const axes = names.flatMap((name, i) => (needed.has(name) ? [] : [i]));
  return { value: g.sum(value, axes), names: names.filter((name) => needed.has(name)) };
}

function contract(left: Term, right: Term, needed: ReadonlySet<string>): Term {
  const shared = left.names.filter((name) => right.names.includes(name));
  // A dimension of size 1 stretches to the other operand's: it takes no part in the product, which has it from there.
  const loose = shared.filter((name) => sizeOf(left, name) !== sizeOf(right, name));
  const drop = (term: Term): Term => {
    const gone = loose.filter((name) => sizeOf(term, name) === 1);
    const kept = term.names.filter((name) => !gone.includes(name));
    return {
      value: g.reshape(
        term.value,
        kept.map((name) => sizeOf(term, name)),
      ),
      names: kept,
    };
  };
  const [a, b] = [summed(drop(left), new Set([...needed, ...right.names])), drop(right)];
  const only = new Set([...needed, ...a.names]);
  const c = summed(b, only);
  const both = a.names.filter((name) => c.names.includes(name));
  const batch = both.filter((name) => needed.has(name));
  const inner = both.filter((name) => !needed.has(name));
  const at = (term: Term, names: readonly string[]): number[] =>
    names.map((name) => term.names.indexOf(name));
  const value = g.dot(a.value, c.value, {
    lhsBatch: at(a, batch),
    rhsBatch: at(c, batch),
    lhsContract: at(a, inner),
    rhsContract: at(c, inner),
  });
  const free = (term: Term): string[] => term.names.filter((name) => !both.includes(name));
  return summed({ value, names: [...batch, ...free(a), ...free(c)] }, needed);
}

const sizeOf = ({ value, names }: Term, name: string): number => value.shape[names.indexOf(name)]!;

/**
 * The product of tensors summed over the subscripts that the result does not have. Without '->' the result has, in
 * alphabetical order, those that occur once; a subscript twice in one operand takes a diagonal; '...' stands for
 * further dimensions, which broadcast.
 * @example einsum('bij,bjk->bik', [x, y]) // bmm(x, y)
 * @function
 */
export function einsum(equation: string, operands: readonly Value[]): Value {
  const [inputs, output, ...more] = equation.split('->');
  const texts = inputs!.split(',');
  if (more.length > 0 || texts.length !== operands.length || operands.length === 0) {
    throw new ArgumentError('einsum', `'${equation}' does not describe ${operands.length} operands`);
  }
  const type = resultType('einsum', ...operands);
  const dtype = type === 'bool' ? 'int32' : type;
  const terms = operands.map((value, i): Term => {
    const names = subscripts(texts[i]!, rank(value), `operand ${i} of shape ${formatShape(value.shape)}`);
    if (names.length !== rank(value)) {
      throw new ShapeError(
        'einsum',
        `'${texts[i]!.trim()}' does not name the dimensions of ${formatShape(value.shape)}`,
      );
    }
    return distinct({ value: g.cast(value, dtype), names });
  });
  const all = texts.flatMap((text, i) => subscripts(text, rank(operands[i]!), `operand ${i}`));
  checkSizes(terms);
  const dots = [...new Set(all.filter((name) => /\d/.test(name)))].sort((a, b) => Number(b) - Number(a));
  const once = [...new Set(all)].filter(
    (name) => !/\d/.test(name) && all.filter((n) => n === name).length === 1,
  );
  const target =
    output === undefined
      ? [...dots, ...once.sort()]
      : subscripts(
          output,
          output.includes('...') ? letters(output) + dots.length : letters(output),
          'the result',
        );
  const unknown = target.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new ArgumentError('einsum', `the result's '${unknown}' is in no operand`);
  if (new Set(target).size !== target.length)
    throw new ArgumentError('einsum', `'${equation}' has a subscript twice in its result`);
  const result = terms.slice(1).reduce((left, right, i) => {
    const later = terms.slice(i + 2).flatMap((term) => term.names);
    return contract(left, right, new Set([...target, ...later]));
  }, terms[0]!);
  const { value, names } = summed(result, new Set(target));
  return g.permute(
    value,
    target.map((name) => names.indexOf(name)),
  );
}

const letters = (text: string): number => text.replace(/[^A-Za-z]/g, '').length;

function checkSizes(terms: readonly Term[]): void {
  const sizes = new Map<string, number>();
  for (const term of terms) {
    for (const name of term.names) {
      const [size, known] = [sizeOf(term, name), sizes.get(name) ?? 1];
      if (size !== known && size !== 1 && known !== 1) {
        throw new ShapeError('einsum', `subscript ${name} has sizes ${known} and ${size}`);
      }
      sizes.set(name, Math.max(size, known));
    }
  }
}
