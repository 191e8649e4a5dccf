/** Import directions: a folder of src imports itself and those before it, and nothing reaches around that. */
import { readdirSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Project, SyntaxKind, type SourceFile } from 'ts-morph';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const order = [
  'core',
  'ops',
  'graph',
  'autodiff',
  'functional',
  'passes',
  'loops',
  'fusion',
  'lower',
  'plan',
  'backends',
  'runtime',
  'webgpu',
  'inspect',
  'tensor',
  'nn',
  'optim',
  'data',
  'train',
  'io',
  'cli',
];

const project = new Project({ skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true });
const sources = project.addSourceFilesAtPaths(`${root}/src/**/*.ts`);

/** Everything a file imports or exports from, static and dynamic. */
function specifiers(source: SourceFile): string[] {
  const fixed = [...source.getImportDeclarations(), ...source.getExportDeclarations()];
  const dynamic = source
    .getDescendantsOfKind(SyntaxKind.CallExpression)
    .filter((call) => call.getExpression().isKind(SyntaxKind.ImportKeyword))
    .map((call) => call.getArguments()[0]?.asKind(SyntaxKind.StringLiteral)?.getLiteralValue());
  return [...fixed.map((declaration) => declaration.getModuleSpecifierValue()), ...dynamic].filter(
    (specifier) => specifier !== undefined,
  );
}

interface Import {
  readonly file: string;
  readonly specifier: string;
  /** Folders below src, outermost first. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

const imports: Import[] = sources.flatMap((source) => {
  const path = source.getFilePath();
  const folders = (file: string): string[] => relative(`${root}/src`, file).split(sep).slice(0, -1);
  return specifiers(source)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => ({
      file: relative(root, path),
      specifier,
      from: folders(path),
      to: folders(resolve(path, '..', specifier)),
    }));
});

const show = ({ file, specifier }: Import): string => `${file} imports ${specifier}`;

describe('imports', () => {
  it('knows every folder', () => {
    const folders = readdirSync(`${root}/src`, { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    expect(folders.map((entry) => entry.name).filter((name) => !order.includes(name))).toEqual([]);
  });

  it('point to the same folder or to one before it', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (from[0] === undefined) return false;
      return to[0] === undefined || order.indexOf(to[0]) > order.indexOf(from[0]);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it('reach no backend from another', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        from[0] === 'backends' &&
        to[0] === 'backends' &&
        from[1] !== undefined &&
        to[1] !== undefined &&
        from[1] !== to[1],
    );
    expect(wrong.map(show)).toEqual([]);
  });

  it('are relative inside src: the library depends on no package', () => {
    const wrong = sources.flatMap((source) =>
      specifiers(source)
        .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
        .map((specifier) => `${relative(root, source.getFilePath())} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('have no effect when they load: package.json says sideEffects: false', () => {
    const effects = sources.flatMap((source) => [
      ...source.getStatements().filter((statement) => statement.isKind(SyntaxKind.ExpressionStatement)),
      ...source.getImportDeclarations().filter((declaration) => !declaration.getImportClause()),
      ...source.getDescendantsOfKind(SyntaxKind.ClassStaticBlockDeclaration),
    ]);
    // A module that fills its own table, which none of its exports can do without, loses nothing when it is dropped.
    const ownTable = 'src/runtime/backend.ts: registerBackend(';
    const wrong = effects
      .map(
        (statement) => `${relative(root, statement.getSourceFile().getFilePath())}: ${statement.getText()}`,
      )
      .filter((effect) => !effect.startsWith(ownTable));
    expect(wrong).toEqual([]);
  });
});
