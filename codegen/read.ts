/** Reads the composites: which functions of src/functional users reach, how, and with what signatures. */
import {
  Node,
  Project,
  type FunctionDeclaration,
  type JSDoc,
  type JSDocTag,
  type SourceFile,
} from 'ts-morph';

export interface Parameter {
  readonly name: string;
  /** The type as written. */
  readonly type: string;
  readonly optional: boolean;
  readonly rest: boolean;
  readonly initializer: string | undefined;
}

export interface Signature {
  readonly parameters: readonly Parameter[];
  readonly returns: string;
}

/** The ways a user can write an op. */
export interface Forms {
  readonly method: string | undefined;
  readonly getter: string | undefined;
  readonly function: string | undefined;
  /** Namespace to name in it. */
  readonly namespaces: ReadonlyMap<string, string>;
}

export interface Op {
  /** Name of the exported function, unique among all files. */
  readonly name: string;
  /** File name without its extension. */
  readonly file: string;
  readonly forms: Forms;
  /** What users may write: the overloads, or else the implementation's own signature. */
  readonly signatures: readonly Signature[];
  /** What the implementation takes. */
  readonly widest: Signature;
  readonly description: string;
  /** Tags that go into the generated documentation as they are. */
  readonly tags: readonly { readonly name: string; readonly text: string }[];
  readonly torch: string | undefined;
  /** Whether the result becomes a leaf where `requiresGrad` is asked for. */
  readonly leaf: boolean;
}

export interface Source {
  readonly file: string;
  /** First sentence of the file's header. */
  readonly title: string;
  readonly ops: readonly Op[];
}

export const namespaces = ['F', 'special', 'linalg'] as const;
const formTags = ['method', 'getter', 'function', 'namespace', 'torch', 'leaf'];

export class CodegenError extends Error {}

/** The type a default such as `-1` gives a parameter without a written one. */
const literalType = (initializer: string | undefined): string | undefined =>
  initializer !== undefined && /^-?\d/.test(initializer) ? 'number' : undefined;

const signatureOf = (declaration: FunctionDeclaration): Signature => ({
  parameters: declaration.getParameters().map((parameter) => {
    const initializer = parameter.getInitializer()?.getText();
    const type = parameter.getTypeNode()?.getText() ?? literalType(initializer);
    if (type === undefined) {
      throw new CodegenError(
        `${declaration.getName()}: parameter ${parameter.getName()} needs a written type`,
      );
    }
    return {
      name: parameter.getName(),
      type: type.replace(/\s+/g, ' '),
      optional: parameter.isOptional() && !parameter.isRestParameter(),
      rest: parameter.isRestParameter(),
      initializer,
    };
  }),
  returns: declaration.getReturnTypeNode()?.getText().replace(/\s+/g, ' ') ?? 'void',
});

/** The documentation stands before the first overload. */
function docOf(declaration: FunctionDeclaration): JSDoc | undefined {
  return [...declaration.getOverloads(), declaration].flatMap((d) => d.getJsDocs()).at(-1);
}

function textOf(tag: JSDocTag): string {
  const text = tag.getCommentText() ?? '';
  return Node.isJSDocParameterTag(tag) ? `${tag.getName()} ${text}` : text;
}

function readOp(declaration: FunctionDeclaration, file: string): Op | undefined {
  const name = declaration.getName();
  const doc = docOf(declaration);
  if (name === undefined || doc === undefined || !declaration.isExported()) return undefined;
  const tags = doc.getTags().map((tag) => ({ name: tag.getTagName(), text: textOf(tag) }));
  const texts = (tag: string): string[] => tags.filter((t) => t.name === tag).map((t) => t.text.trim());
  const named = (tag: string): string | undefined => {
    const [text] = texts(tag);
    return text === undefined ? undefined : text || name;
  };
  const spaces = texts('namespace').map((text) => text.split(/\s+/));
  const forms: Forms = {
    method: named('method'),
    getter: named('getter'),
    function: named('function'),
    namespaces: new Map(spaces.map(([space, as]) => [space!, as ?? name])),
  };
  if (!forms.method && !forms.getter && !forms.function && forms.namespaces.size === 0) return undefined;
  const overloads = declaration.getOverloads().map(signatureOf);
  const widest = signatureOf(declaration);
  return {
    name,
    file,
    forms,
    signatures: overloads.length > 0 ? overloads : [widest],
    widest,
    description: doc.getDescription().trim(),
    tags: tags.filter((tag) => !formTags.includes(tag.name)),
    torch: texts('torch')[0],
    leaf: texts('leaf').length > 0,
  };
}

function readFile(source: SourceFile): Source {
  const file = source.getBaseNameWithoutExtension();
  const header =
    source.getLeadingCommentRanges()[0] ?? source.getStatements()[0]?.getLeadingCommentRanges()[0];
  const text = (header?.getText() ?? '').replace(/^\/\*\*?|\*\/$/g, '').replace(/^\s*\* ?/gm, '');
  const title = text
    .trim()
    .replace(/\s+/g, ' ')
    .split(/(?<=[.:;]) /)[0]!
    .replace(/[.:;]$/, '');
  const ops = source.getFunctions().flatMap((declaration) => readOp(declaration, file) ?? []);
  return { file, title, ops };
}

/** All composites, in the order of their files. */
export function readComposites(folder: string): Source[] {
  const project = new Project({ skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true });
  const files = project.addSourceFilesAtPaths([
    `${folder}/*.ts`,
    `!${folder}/index.ts`,
    `!${folder}/*.generated.ts`,
  ]);
  const sources = files.map(readFile).filter((source) => source.ops.length > 0);
  const home = new Map<string, string>();
  for (const { file, ops } of sources) {
    for (const { name, forms } of ops) {
      const before = home.get(name);
      if (before !== undefined) throw new CodegenError(`${name} stands in ${before}.ts and in ${file}.ts`);
      home.set(name, file);
      const unknown = [...forms.namespaces.keys()].find(
        (space) => !namespaces.some((known) => known === space),
      );
      if (unknown) throw new CodegenError(`${name}: there is no namespace ${unknown}`);
    }
  }
  return sources.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Types that signatures may name, with the file that exports each. */
export function readTypes(folder: string): Map<string, string> {
  const project = new Project({ skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true });
  const types = new Map<string, string>();
  for (const source of project.addSourceFilesAtPaths([
    `${folder}/*.ts`,
    `!${folder}/index.ts`,
    `!${folder}/*.generated.ts`,
  ])) {
    for (const declaration of [...source.getTypeAliases(), ...source.getInterfaces()]) {
      if (declaration.isExported()) types.set(declaration.getName(), source.getBaseNameWithoutExtension());
    }
  }
  return types;
}
