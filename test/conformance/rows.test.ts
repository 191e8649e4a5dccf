/** Every row of the torch-ops table is one call of the public API with its arguments reordered. */
import { join } from 'node:path';
import {
  Node,
  Project,
  SyntaxKind,
  type ArrowFunction,
  type ObjectLiteralExpression,
  type SourceFile,
} from 'ts-morph';
import { describe, expect, it } from 'vitest';
import { torchOps } from './torch-ops.js';
import { adapters } from './torch-ops/row.js';

const project = new Project({ skipAddingFilesFromTsConfig: true });
const files = project
  .addSourceFilesAtPaths(join(import.meta.dirname, 'torch-ops', '*.ts'))
  .filter((file) => file.getBaseName() !== 'row.ts');

/** Names a file imports as values from the library itself. */
const library = (file: SourceFile): Set<string> =>
  new Set(
    file
      .getImportDeclarations()
      .filter((declaration) => declaration.getModuleSpecifierValue() === 'fusegrad')
      .flatMap((declaration) => [
        ...declaration
          .getNamedImports()
          .filter((name) => !name.isTypeOnly())
          .map((name) => name.getName()),
        declaration.getNamespaceImport()?.getText() ?? [],
      ])
      .flat(),
  );

interface Row {
  readonly name: string;
  readonly value: Node | undefined;
}

const tables = (file: SourceFile): ObjectLiteralExpression[] =>
  file
    .getVariableDeclarations()
    .filter((declaration) => declaration.getTypeNode()?.getText() === 'Table')
    .map((declaration) => declaration.getInitializerIfKindOrThrow(SyntaxKind.ObjectLiteralExpression));

const rowsOf = (file: SourceFile): Row[] =>
  tables(file)
    .flatMap((table) => table.getProperties())
    .map((property) =>
      Node.isPropertyAssignment(property)
        ? { name: property.getName().replace(/^'|'$/g, ''), value: property.getInitializer() }
        : { name: property.getText(), value: undefined },
    );

/** Names a row's parameters bind: `args` apart, `kwargs` whole or apart. */
const boundNames = (row: ArrowFunction): Set<string> =>
  new Set(
    row.getParameters().flatMap((parameter) => {
      const name = parameter.getNameNode();
      if (Node.isIdentifier(name)) return [name.getText()];
      return name
        .getElements()
        .flatMap((element) => (Node.isBindingElement(element) ? [element.getName()] : []));
    }),
  );

/** A pick: a bound name, a property of one, a literal, one pick or another, a list or record of picks, an adapter. */
function isPick(node: Node, bound: ReadonlySet<string>): boolean {
  const pick = (child: Node): boolean => isPick(child, bound);
  if (Node.isIdentifier(node)) return bound.has(node.getText()) || node.getText() === 'undefined';
  if (Node.isPropertyAccessExpression(node)) {
    return Node.isIdentifier(node.getExpression()) && bound.has(node.getExpression().getText());
  }
  if (Node.isNumericLiteral(node) || Node.isStringLiteral(node) || Node.isNullLiteral(node)) return true;
  if (Node.isTrueLiteral(node) || Node.isFalseLiteral(node)) return true;
  if (Node.isBinaryExpression(node)) {
    return node.getOperatorToken().getText() === '??' && pick(node.getLeft()) && pick(node.getRight());
  }
  if (Node.isArrayLiteralExpression(node)) return node.getElements().every(pick);
  if (Node.isSpreadElement(node)) return pick(node.getExpression());
  if (Node.isObjectLiteralExpression(node)) {
    return node.getProperties().every((property) => {
      if (Node.isShorthandPropertyAssignment(property)) return bound.has(property.getName());
      return Node.isPropertyAssignment(property) && pick(property.getInitializerOrThrow());
    });
  }
  if (Node.isCallExpression(node)) {
    return (
      adapters.some((name) => name === node.getExpression().getText()) && node.getArguments().every(pick)
    );
  }
  return false;
}

/** What is wrong with a row, if anything. */
function fault(value: Node | undefined, imported: ReadonlySet<string>): string | undefined {
  if (!value || !Node.isArrowFunction(value)) return 'is not an arrow function';
  if (value.getParameters().length > 2) return 'takes more than args and kwargs';
  const bound = boundNames(value);
  const body = value.getBody();
  // A view that PyTorch spells as a property, such as x.T.
  if (Node.isPropertyAccessExpression(body))
    return isPick(body, bound) ? undefined : 'reads more than a property';
  // Where PyTorch gives several results, each is a call.
  if (Node.isArrayLiteralExpression(body))
    return body
      .getElements()
      .map((each) => faultOfCall(each, bound, imported))
      .find(Boolean);
  return faultOfCall(body, bound, imported);
}

function faultOfCall(
  body: Node,
  bound: ReadonlySet<string>,
  imported: ReadonlySet<string>,
): string | undefined {
  if (!Node.isCallExpression(body)) return 'is not one call';
  const callee = body.getExpression();
  if (!Node.isPropertyAccessExpression(callee)) return `calls ${callee.getText()}`;
  const target = callee.getExpression().getText();
  if (!bound.has(target) && !imported.has(target))
    return `calls ${callee.getText()}, which is neither a method nor ours`;
  const odd = body.getArguments().find((argument) => !isPick(argument, bound));
  return odd && `has the argument ${odd.getText()}, which is more than a pick`;
}

describe('rows of the torch-ops table', () => {
  it.each(files.map((file) => [file.getBaseName(), file] as const))('%s: each is one call', (_, file) => {
    const imported = library(file);
    const faults = rowsOf(file).flatMap(({ name, value }) => {
      const what = fault(value, imported);
      return what === undefined ? [] : [`${name} ${what}`];
    });
    expect(faults).toEqual([]);
  });

  it('has no row that escapes the check, and no name twice', () => {
    const names = files.flatMap((file) => rowsOf(file).map(({ name }) => name));
    expect([...names].sort()).toEqual(Object.keys(torchOps).sort());
  });
});
