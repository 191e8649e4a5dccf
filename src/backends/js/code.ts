/** JavaScript expressions as text that knows how tightly it binds, so that only needed parentheses are written. */

export interface Code {
  readonly text: string;
  readonly binds: number;
  /** The outermost operator. */
  readonly op?: Infix;
  /** The parts of a conditional. */
  readonly choice?: { readonly condition: string; readonly yes: Code; readonly no: Code };
}

const bindings = {
  '||': 2,
  '&&': 3,
  '|': 4,
  '^': 5,
  '&': 6,
  '===': 7,
  '!==': 7,
  '<': 8,
  '<=': 8,
  '>': 8,
  '>=': 8,
  '<<': 9,
  '>>': 9,
  '>>>': 9,
  '+': 10,
  '-': 10,
  '*': 11,
  '/': 11,
  '%': 11,
} as const;
const [ternary, unary, tight] = [1, 12, 14];

export type Infix = keyof typeof bindings;

const tie = (code: Code, least: number): string => (code.binds >= least ? code.text : `(${code.text})`);

export const atom = (text: string): Code => ({ text, binds: tight });
export const literal = (value: number | bigint): Code => {
  // The name NaN is a property of the global object: V8 boxes what meets it in a choice.
  if (Number.isNaN(value)) return infix('/', literal(0), literal(0));
  const text = typeof value === 'bigint' ? `${value}n` : Object.is(value, -0) ? '-0' : String(value);
  return { text, binds: text.startsWith('-') ? unary : tight };
};
export const infix = (op: Infix, a: Code, b: Code): Code => {
  const level = bindings[op];
  if (op === '+' && isNegative(b)) return infix('-', a, atom(b.text.slice(1)));
  return { text: `${tie(a, level)} ${op} ${tie(b, level + 1)}`, binds: level, op };
};
const isNegative = (code: Code): boolean => /^-[\d.]+(e[+-]?\d+)?$/.test(code.text);
export const prefix = (op: '-' | '!' | '~', a: Code): Code => ({
  text: `${op}${tie(a, unary + 1)}`,
  binds: unary,
});
export const call = (name: string, ...args: readonly Code[]): Code =>
  atom(`${name}(${args.map((arg) => arg.text).join(', ')})`);
export const element = (array: string, index: Code): Code => atom(`${array}[${index.text}]`);
export const choose = (condition: Code, yes: Code, no: Code): Code => ({
  text: `${tie(condition, ternary + 1)} ? ${tie(yes, ternary + 1)} : ${tie(no, ternary)}`,
  binds: ternary,
  choice: { condition: condition.text, yes, no },
});
/** `choose`, without asking what is known or was asked already. */
export function select(condition: Code, yes: Code, no: Code): Code {
  if (condition.text === 'true') return yes;
  if (condition.text === 'false') return no;
  const known = ({ choice }: Code): typeof choice =>
    choice?.condition === condition.text ? choice : undefined;
  return choose(condition, known(yes)?.yes ?? yes, known(no)?.no ?? no);
}

/** A name or a number: repeating it costs nothing. */
export const isSimple = (code: Code): boolean => /^-?[\w$.]+$|^-?[\d.]+e[+-]?\d+$/.test(code.text);

/** Sum of coefficient times code, and an offset. */
export function linear(terms: readonly (readonly [number, Code])[], offset: number): Code {
  let sum: Code | undefined;
  for (const [coeff, code] of terms) {
    const size = Math.abs(coeff);
    const product = size === 1 ? code : infix('*', code, literal(size));
    if (sum) sum = infix(coeff < 0 ? '-' : '+', sum, product);
    else sum = coeff < 0 ? prefix('-', product) : product;
  }
  if (!sum) return literal(offset);
  return offset === 0 ? sum : infix(offset < 0 ? '-' : '+', sum, literal(Math.abs(offset)));
}
