/**
 * A transformer for TypeScript's emit: loops over arrays, and what takes arrays apart, go by index instead of through
 * iterators. Code that runs once, as a compiler's does in most programs, is interpreted, and there every step of an
 * iterator is a call and an object.
 */
import ts from 'typescript';

/** @param {ts.Program} program */
export function indexed(program) {
  const checker = program.getTypeChecker();
  const isArray = (node) => {
    const types = checker.getTypeAtLocation(node);
    const all = types.isUnion() ? types.types : [types];
    return all.length > 0 && all.every((type) => checker.isArrayType(type) || checker.isTupleType(type));
  };
  return (context) => {
    const { factory: f } = context;
    const at = (array, i) => f.createElementAccessExpression(array, i);
    /** `[a, , b = 1, [c]]` as declarations from the elements of an identifier; undefined where a rest or default forbids it. */
    const visit = (node) => {
      const seen = ts.visitEachChild(node, visit, context);
      if (ts.isForOfStatement(node) && !node.awaitModifier && ts.isVariableDeclarationList(node.initializer) && isArray(node.expression)) {
        const array = f.createUniqueName('list');
        const i = f.createUniqueName('i');
        const [declaration] = seen.initializer.declarations;
        const own = f.createVariableStatement(undefined, f.createVariableDeclarationList([f.updateVariableDeclaration(declaration, declaration.name, undefined, undefined, at(array, i))], seen.initializer.flags));
        return f.createForStatement(
          f.createVariableDeclarationList([f.createVariableDeclaration(i, undefined, undefined, f.createNumericLiteral(0)), f.createVariableDeclaration(array, undefined, undefined, seen.expression)], ts.NodeFlags.Let),
          f.createLessThan(i, f.createPropertyAccessExpression(array, 'length')),
          f.createPostfixIncrement(i),
          f.createBlock([own, ...(ts.isBlock(seen.statement) ? seen.statement.statements : [seen.statement])], true),
        );
      }
      if (ts.isVariableDeclaration(node) && node.initializer && ts.isArrayBindingPattern(node.name) && ts.isVariableDeclarationList(node.parent) && ts.isVariableStatement(node.parent.parent) && isArray(node.initializer) && simple(node.name)) {
        const array = f.createUniqueName('list');
        return [
          f.createVariableDeclaration(array, undefined, undefined, seen.initializer),
          ...seen.name.elements.flatMap((element, i) => ts.isOmittedExpression(element) ? [] : [f.createVariableDeclaration(element.name, undefined, undefined, at(array, i))]),
        ];
      }
      return seen;
    };
    return (file) => ts.visitNode(file, visit);
  };
}

const simple = (pattern) => pattern.elements.every((element) => ts.isOmittedExpression(element) || (!element.dotDotDotToken && !element.initializer && ts.isIdentifier(element.name)));
