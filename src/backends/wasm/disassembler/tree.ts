/** Expressions of the text format and how they are laid out on lines. */

export interface Tree {
  readonly head: string;
  readonly operands: readonly Tree[];
  /** What stands on lines of its own: the instructions of a block. */
  readonly body: readonly Tree[];
  /** The whole on one line, where it fits. */
  readonly flat: string | undefined;
}

/** Columns that a line may take. */
export const width = 110;

/** An expression; a `tall` one is never put on one line. */
export function tree(
  head: string,
  operands: readonly Tree[] = [],
  body: readonly Tree[] = [],
  tall = false,
): Tree {
  let flat: string | undefined = tall ? undefined : `(${head}`;
  for (const part of [...operands, ...body]) {
    if (flat === undefined || part.flat === undefined || flat.length + part.flat.length > width)
      flat = undefined;
    else flat += ` ${part.flat}`;
  }
  return { head, operands, body, flat: flat && `${flat})` };
}

/** Adds the lines of an expression. */
export function layOut(lines: string[], { head, operands, body, flat }: Tree, indent: string): void {
  if (flat !== undefined && indent.length + flat.length <= width) {
    lines.push(indent + flat);
    return;
  }
  const lead = tree(head, operands).flat;
  const led = body.length > 0 && lead !== undefined;
  lines.push(indent + (led ? lead.slice(0, -1) : `(${head}`));
  for (const part of led ? body : [...operands, ...body]) layOut(lines, part, `${indent}  `);
  lines.push(`${lines.pop()!})`);
}
