/**
 * How a signature over graph values becomes one over tensors: the types users see, the expression that takes an
 * argument down to the graph, and the one that brings a result up.
 */
import { Project, SyntaxKind } from 'ts-morph';
import { CodegenError, type Parameter } from './read.js';

const scratch = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true });

/** Names and types of an object type's members, or undefined for any other type. */
function membersOf(type: string): { name: string; type: string }[] | undefined {
  const file = scratch.createSourceFile('type.ts', `type T = ${type};`, { overwrite: true });
  const node = file.getTypeAliasOrThrow('T').getTypeNodeOrThrow();
  if (!node.isKind(SyntaxKind.TypeLiteral)) return undefined;
  return node
    .getProperties()
    .map((member) => ({ name: member.getName(), type: member.getTypeNodeOrThrow().getText() }));
}

/** A type as users see it. */
export const tensorType = (type: string): string => type.replace(/\bValue\b/g, 'Tensor');

/** A type as the graph's side writes it in generated files, where `Named` holds tensors. */
export const nodeType = (type: string): string =>
  type.replace(/\bValue\b/g, 'Node').replace(/\bNamed</g, 'NamedNodes<');

/** Whether a value of that type may hold graph values. */
const holdsValues = (type: string): boolean => /\b(Value|Operand)\b/.test(type);

/** Expressions by the type they lower, `undefined` in it aside. */
const lowerings: readonly (readonly [RegExp, (x: string, dot: string, op: string) => string])[] = [
  [/^Value$/, (x, dot, op) => `${dot === '?.' ? 'maybeNodeOf' : 'nodeOf'}(${x}, '${op}', '${x}')`],
  [/^readonly Value\[\]$/, (x, _, op) => `nodesOf(${x}, '${op}', '${x}')`],
  [/^readonly (Operand|Index<Value>|\(.*\))\[\]$/, (x, dot) => `${x}${dot}map((each) => lower(each))`],
  [/^Index<Value> \| readonly Index<Value>\[\]$/, (x) => `lowerIndex(${x})`],
  [/^[^[\]{}]*$/, (x) => `lower(${x})`],
];

function lowerMembers(
  op: string,
  name: string,
  members: { name: string; type: string }[],
  optional: boolean,
): string {
  const changed = members.filter((member) => holdsValues(member.type));
  const texts = changed.map(
    (member) => `${member.name}: ${lowerText(op, `${name}.${member.name}`, member.type, true)}`,
  );
  const record = `{ ...${name}, ${texts.join(', ')} }`;
  return optional ? `${name} && ${record}` : record;
}

function lowerText(op: string, expression: string, written: string, optional: boolean): string {
  const type = written.replace(/\s*\|\s*undefined\b/g, '').trim();
  if (!holdsValues(type)) return expression;
  const members = membersOf(type);
  if (members) return lowerMembers(op, expression, members, optional);
  const rule = lowerings.find(([pattern]) => pattern.test(type));
  if (!rule) throw new CodegenError(`no way to take a ${written} to the graph`);
  return rule[1](expression, optional ? '?.' : '.', op);
}

/** The argument as the composite takes it; `op` is what errors call the operation. */
export function lowered(op: string, parameter: Parameter): string {
  const { name, type, optional, rest } = parameter;
  const expression = lowerText(op, name, type, optional);
  return rest ? `...${expression}` : expression;
}

const liftings: readonly (readonly [RegExp, (x: string) => string])[] = [
  [/^Value$/, (x) => `wrap(${x})`],
  [/^Value\[\]$/, (x) => `${x}.map(wrap)`],
  [/^Named<[^<>]*>$/, (x) => `named(${x})`],
  [/^Value \| Value\[\]$/, (x) => `wrapEach(${x})`],
  [/^Value \| (Named<[^<>]*>|\{(\s*\w+: Value;?)+ \})$/, (x) => `wrapOrName(${x})`],
];

/** The result as users get it. */
export function lifted(returns: string, expression: string): string {
  if (!holdsValues(returns) && !returns.includes('Named<')) return expression;
  if (membersOf(returns)?.every((member) => member.type === 'Value')) return `named(${expression})`;
  const rule = liftings.find(([pattern]) => pattern.test(returns));
  if (!rule) throw new CodegenError(`no way to bring a ${returns} up from the graph`);
  return rule[1](expression);
}

/** A parameter of a generated signature. */
export function parameterText(
  { name, type, optional, rest }: Parameter,
  typed: (type: string) => string,
): string {
  return `${rest ? '...' : ''}${name}${optional ? '?' : ''}: ${typed(type)}`;
}

/** A signature as the reference shows it: defaults written out, `| undefined` left out. */
export function shownSignature(name: string, parameters: readonly Parameter[], returns: string): string {
  const shown = parameters.map(({ name: parameter, type, optional, rest, initializer }) => {
    const clean = tensorType(type)
      .replace(/\s*\|\s*undefined\b/g, '')
      .replace(/;? \}/g, ' }');
    if (initializer !== undefined && initializer !== '{}') return `${parameter} = ${initializer}`;
    return `${rest ? '...' : ''}${parameter}${optional ? '?' : ''}: ${clean}`;
  });
  return `${name}(${shown.join(', ')}): ${tensorType(returns)}`;
}
