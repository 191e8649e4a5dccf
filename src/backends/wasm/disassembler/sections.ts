/** The sections of a module, as the assembler writes them. */
import { InternalError } from '../../../core/index.js';
import { valueTypeCodes, type ValueType } from '../assembler/index.js';
import { Reader } from './reader.js';

export interface FunctionType {
  readonly takes: readonly ValueType[];
  readonly gives: readonly ValueType[];
}

export interface Function extends FunctionType {
  /** Unique among the functions of the module, and an identifier of the text format. */
  readonly id: string;
  readonly name: string;
  readonly exports: readonly string[];
}

export interface Defined extends Function {
  /** Locals after the parameters. */
  readonly locals: readonly ValueType[];
  readonly code: Reader;
}

export interface Memory {
  readonly from: readonly [module: string, name: string];
  readonly minimum: number;
  readonly maximum: number | undefined;
  readonly shared: boolean;
}

export interface Imported extends Function {
  readonly from: readonly [module: string, name: string];
}

export interface Module {
  readonly memories: readonly Memory[];
  readonly imported: readonly Imported[];
  readonly defined: readonly Defined[];
}

const types = new Map(Object.entries(valueTypeCodes).map(([type, code]) => [code, type as ValueType]));

/** A value type by its code; nothing for the code of an empty block type. */
export function valueTypes(code: number): readonly ValueType[] {
  if (code === 0x40) return [];
  const type = types.get(code);
  if (!type) throw new InternalError(`there is no value type 0x${code.toString(16)}`);
  return [type];
}

/** Function names as identifiers: other characters replaced, a number behind names that occur twice. */
function identifiers(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = name.replace(/[^\w.$/:<>=!*+-]/g, '_') || '_';
    let id = plain;
    for (let i = 1; taken.has(id); i++) id = `${plain}_${i}`;
    taken.add(id);
    return `$${id}`;
  });
}

function readImport(
  reader: Reader,
  signatures: readonly FunctionType[],
): Memory | (FunctionType & Pick<Imported, 'from'>) {
  const from = [reader.text(), reader.text()] as const;
  const kind = reader.byte();
  if (kind === 0) return { ...signatures[reader.unsigned()]!, from };
  if (kind !== 2) throw new InternalError(`import of kind ${kind}`);
  const flags = reader.byte();
  const minimum = reader.unsigned();
  const maximum = (flags & 1) === 1 ? reader.unsigned() : undefined;
  return { from, minimum, maximum, shared: (flags & 2) === 2 };
}

function readNames(reader: Reader): ReadonlyMap<number, string> {
  while (reader.more) {
    const kind = reader.byte();
    const content = reader.sized();
    if (kind === 1) return new Map(content.list(() => [content.unsigned(), content.text()] as const));
  }
  return new Map();
}

/** Reads a module. */
export function readModule(bytes: Uint8Array): Module {
  const reader = new Reader(bytes);
  reader.bytes(8);
  const sections = new Map<number, Reader>();
  let names: ReadonlyMap<number, string> = new Map();
  while (reader.more) {
    const id = reader.byte();
    const content = reader.sized();
    if (id !== 0) sections.set(id, content);
    else if (content.text() === 'name') names = readNames(content);
  }
  const list = <T>(id: number, read: (reader: Reader) => T): T[] => {
    const content = sections.get(id);
    return content ? content.list(() => read(content)) : [];
  };
  const signatures = list(1, (type): FunctionType => {
    type.byte();
    return {
      takes: type.list(() => valueTypes(type.byte())).flat(),
      gives: type.list(() => valueTypes(type.byte())).flat(),
    };
  });
  const imports = list(2, (content) => readImport(content, signatures));
  const declared = list(3, (content) => signatures[content.unsigned()]!);
  const exported = list(7, (content) => {
    const name = content.text();
    return { name, kind: content.byte(), index: content.unsigned() };
  });
  const bodies = list(10, (content) => {
    const code = content.sized();
    const locals = code
      .list(() => {
        const count = code.unsigned();
        return Array<ValueType>(count).fill(types.get(code.byte())!);
      })
      .flat();
    return { locals, code };
  });

  const memories = imports.filter((entry) => 'minimum' in entry);
  const called = imports.filter((entry) => 'takes' in entry);
  const functionNames = [...called, ...declared].map((_, index) => names.get(index) ?? `function${index}`);
  const ids = identifiers(functionNames);
  const described = (type: FunctionType, index: number): Function => ({
    takes: type.takes,
    gives: type.gives,
    id: ids[index]!,
    name: functionNames[index]!,
    exports: exported.filter((entry) => entry.kind === 0 && entry.index === index).map((entry) => entry.name),
  });
  return {
    memories,
    imported: called.map((entry, index) => ({ ...described(entry, index), from: entry.from })),
    defined: declared.map((type, i) => ({ ...described(type, called.length + i), ...bodies[i]! })),
  };
}
