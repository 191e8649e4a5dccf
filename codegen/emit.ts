/** Writes the generated sources: Tensor's class body, the function forms, the namespaces, the list of composites. */
import { lifted, lowered, nodeType, parameterText, tensorType } from './convert.js';
import type { namespaces, Op, Parameter, Signature, Source } from './read.js';

const banner = '// Written by `npm run codegen` from src/functional. Do not edit.\n';
const reserved = new Set(['var', 'delete', 'in', 'new', 'with', 'switch', 'default', 'function']);

/** JSDoc of a generated member. `self`: the parameter that a method calls `this`. */
function docText(op: Op, self: string | undefined): string {
  const tags = op.tags
    .filter((tag) => !(self !== undefined && tag.name === 'param' && tag.text.startsWith(`${self} `)))
    .map((tag) => `@${tag.name} ${tag.text}`);
  const lines = [op.description, ...tags].join('\n').split('\n');
  return `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n`;
}

const parametersOf = (list: readonly Parameter[], typed: (type: string) => string): string =>
  list.map((parameter) => parameterText(parameter, typed)).join(', ');
const parametersText = (list: readonly Parameter[]): string => parametersOf(list, tensorType);

const overloadsOf = (op: Op): readonly Signature[] => (op.signatures[0] === op.widest ? [] : op.signatures);

/** The composite; an overloaded one as what its implementation is, which takes the arguments of all overloads. */
function composite(op: Op): string {
  if (overloadsOf(op).length === 0) return `f.${op.name}`;
  const { parameters, returns } = op.widest;
  const type = nodeType(`(${parametersOf(parameters, (text) => text)}) => ${returns}`);
  return `(f.${op.name} as ${type})`;
}

/** What the body calls: the composite, with arguments taken down and the result brought up. */
function bodyText(op: Op, name: string, self: string | undefined): string {
  const [first, ...others] = op.widest.parameters.map((parameter) => lowered(name, parameter));
  const head = self ?? first;
  const args = head === undefined ? [] : [head, ...others];
  const result = lifted(op.widest.returns, `${composite(op)}(${args.join(', ')})`);
  const making = op.widest.parameters.filter(({ type }) => /\bMaking\b|\brequiresGrad\b/.test(type));
  const options = making.map(({ name, rest }) => (rest ? `...${name}` : name));
  const made = op.leaf ? `leaf(${[result, ...options].join(', ')})` : result;
  return `return call(() => ${made});`;
}

function methodText(op: Op): string {
  const name = op.forms.method!;
  const head = ({ parameters, returns }: Signature): string =>
    `${name}(${parametersText(parameters.slice(1))}): ${tensorType(returns)}`;
  const overloads = overloadsOf(op).map((signature) => `${head(signature)};\n`);
  const self = op.widest.parameters[0]!.name;
  return `${docText(op, self)}${overloads.join('')}${head(op.widest)} { ${bodyText(op, name, 'this.node')} }\n`;
}

const getterText = (op: Op): string =>
  `${docText(op, op.widest.parameters[0]!.name)}get ${op.forms.getter!}(): ${tensorType(op.widest.returns)} { ${bodyText(op, op.forms.getter!, 'this.node')} }\n`;

function functionText(op: Op, name: string): string {
  const own = reserved.has(name) ? `${name}_` : name;
  const keyword = own === name ? 'export function' : 'function';
  const head = ({ parameters, returns }: Signature): string =>
    `${keyword} ${own}(${parametersText(parameters)}): ${tensorType(returns)}`;
  const overloads = overloadsOf(op).map((signature) => `${head(signature)};\n`);
  const alias = own === name ? '' : `export { ${own} as ${name} };\n`;
  return `${docText(op, undefined)}${overloads.join('')}${head(op.widest)} { ${bodyText(op, name, undefined)} }\n${alias}`;
}

/** Imports of the names among `types` that a text uses. */
function typeImports(text: string, types: ReadonlyMap<string, string>): string {
  const used = (name: string): boolean =>
    new RegExp(`\\b${name}\\b`).test(text.replace(/\/\*\*[\s\S]*?\*\//g, ''));
  const names = [...types.keys()].filter((name) => !local.has(name) && used(name)).sort();
  if (/\bNamedNodes\b/.test(text)) names.push('Named as NamedNodes');
  const lines =
    names.length > 0 ? [`import type { ${names.join(', ')} } from '../functional/index.js';`] : [];
  return lines.join('\n') + '\n';
}

/** Types with a meaning of their own over tensors. */
const local = new Set(['Value', 'Operand', 'Named']);

const opsOf = (sources: readonly Source[]): Op[] => sources.flatMap((source) => source.ops);
const byName = (name: (op: Op) => string) => (a: Op, b: Op) => (name(a) < name(b) ? -1 : 1);

const tensorHead = `
/** A tensor, or a JavaScript value that stands for one. */
export type Operand = Tensor | number | boolean | bigint;

/** Several named tensors, which may be taken apart by name or in order. */
export type Named<K extends string> = Readonly<Record<K, Tensor>> & Iterable<Tensor>;

/** @internal */
export const wrap = (node: Node): Tensor => new Tensor(node);

/** @internal */
export const wrapEach = (result: Node | Node[]): Tensor | Tensor[] =>
  Array.isArray(result) ? result.map(wrap) : wrap(result);

/** @internal */
export function named<K extends string>(nodes: Readonly<Record<K, Node>>): Named<K> {
  const entries = Object.entries<Node>(nodes).map(([name, node]) => [name, wrap(node)] as const);
  const order = { value: () => entries.map(([, tensor]) => tensor).values() };
  return Object.defineProperty(Object.fromEntries(entries), Symbol.iterator, order) as Named<K>;
}

/** @internal */
export const wrapOrName = <K extends string>(result: Node | Readonly<Record<K, Node>>): Tensor | Named<K> =>
  'op' in result ? wrap(result) : named(result);

/** @internal */
export function leaf(tensor: Tensor, ...options: readonly unknown[]): Tensor {
  const wanted = (each: unknown): boolean =>
    typeof each === 'object' && each !== null && 'requiresGrad' in each && each.requiresGrad === true;
  tensor.value.made = true;
  return options.some(wanted) ? tensor.requiresGrad_() : tensor;
}

/** @internal */
export const lower = <T>(x: T | Tensor): T | Node => (x instanceof Tensor ? x.node : x);

/** @internal */
export const lowerIndex = (x: Index<Tensor> | readonly Index<Tensor>[]): Index<Node> | readonly Index<Node>[] =>
  Array.isArray(x) ? (x as readonly Index<Tensor>[]).map((each) => lower(each)) : lower(x as Index<Tensor>);
`;

const tensorClass = `
/** A multi-dimensional array of one dtype, computed when its values are asked for. */
export class Tensor<S extends readonly Dim[] = readonly Dim[], D extends DType = DType> extends TensorBase {
  /** Sizes of the dimensions. */
  override get shape(): S { return super.shape as readonly Dim[] as S; }
  /** Element type. */
  override get dtype(): D { return super.dtype as D; }
`;

/** Import of those names of a file beside the generated one that a text uses. */
function helpers(text: string, file: string, names: readonly string[]): string {
  const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  return used.length > 0 ? `import { ${used.join(', ')} } from './${file}.js';\n` : '';
}
const argumentHelpers = ['maybeNodeOf', 'nodeOf', 'nodesOf'];

export function tensorSource(sources: readonly Source[], types: ReadonlyMap<string, string>): string {
  const ops = opsOf(sources);
  const getters = ops.filter((op) => op.forms.getter).sort(byName((op) => op.forms.getter!));
  const methods = ops.filter((op) => op.forms.method).sort(byName((op) => op.forms.method!));
  const body = `${tensorHead}${tensorClass}\n${[...getters.map(getterText), ...methods.map(methodText)].join('\n')}}\n`;
  return `${banner}import type { DType, Dim } from '../core/index.js';
import * as f from '../functional/index.js';
${typeImports(body, types)}import type { Node } from '../graph/index.js';
${helpers(body, 'arguments', argumentHelpers)}import { TensorBase, call } from './base.js';
${body}`;
}

function formsSource(
  ops: readonly (readonly [Op, string])[],
  types: ReadonlyMap<string, string>,
  summary: string,
): string {
  const sorted = ops.toSorted(([, a], [, b]) => (a < b ? -1 : 1));
  const body = sorted.map(([op, name]) => functionText(op, name)).join('\n');
  const used = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(body);
  const values = ['leaf', 'lower', 'lowerIndex', 'named', 'wrap', 'wrapEach', 'wrapOrName'].filter((name) =>
    new RegExp(`\\b${name}\\b`).test(body),
  );
  const typeNames = ['Named', 'Operand', 'Tensor'].filter(used).map((name) => `type ${name}`);
  return `${banner}/** ${summary} */
${used('DType') ? "import type { DType } from '../core/index.js';\n" : ''}import * as f from '../functional/index.js';
${typeImports(body, types)}${used('Node') ? "import type { Node } from '../graph/index.js';\n" : ''}${helpers(body, 'arguments', argumentHelpers)}import { call } from './base.js';
import { ${[...values, ...typeNames].join(', ')} } from './tensor.generated.js';

${body}`;
}

export const functionsSource = (sources: readonly Source[], types: ReadonlyMap<string, string>): string =>
  formsSource(
    opsOf(sources).flatMap((op) => (op.forms.function ? [[op, op.forms.function] as const] : [])),
    types,
    'Operations as functions.',
  );

const summaries: Readonly<Record<(typeof namespaces)[number], string>> = {
  F: 'torch.nn.functional: activations, losses, convolutions, normalisation, attention.',
  special: 'torch.special: special functions.',
  linalg: 'torch.linalg: linear algebra.',
};

export function namespaceSource(
  space: (typeof namespaces)[number],
  sources: readonly Source[],
  types: ReadonlyMap<string, string>,
): string {
  const members = opsOf(sources).flatMap((op) => {
    const name = op.forms.namespaces.get(space);
    return name === undefined ? [] : [[op, name] as const];
  });
  return formsSource(members, types, summaries[space]);
}

/** The public composites and the types their signatures name: what the files above call. */
export function compositesSource(sources: readonly Source[], types: ReadonlyMap<string, string>): string {
  const signatures = opsOf(sources).flatMap((op) => [op.widest, ...op.signatures]);
  const text = signatures.map((s) => [...s.parameters.map((p) => p.type), s.returns].join(' ')).join('\n');
  const lines = sources.map(
    ({ file, ops }) =>
      `export { ${ops
        .map((op) => op.name)
        .sort()
        .join(', ')} } from './${file}.js';`,
  );
  const used = [...types].filter(([name]) => new RegExp(`\\b${name}\\b`).test(text));
  const exports = used.map(([name, file]) => `export type { ${name} } from './${file}.js';`);
  return `${banner}${[...lines, ...exports.sort()].join('\n')}\n`;
}
