/** Where the conformance runner meets fusegrad: recorded values become arguments, results become recorded values. */
import * as fg from 'fusegrad';
import type { BackendName, Tensor } from 'fusegrad';
import { structuralKey, type Graph } from '../../src/graph/index.js';
import {
  Instance,
  compileGraph,
  pending,
  realise,
  type Cell,
  type Data,
  type Storage,
} from '../../src/runtime/index.js';
import { interpret } from '../oracle/interpreter.js';
import { isList, TensorData, type PackRecord, type TensorValues, type Value } from './packs.js';

/** How results are computed. `interpreter` is the float64 reference that walks the traced graph. */
export const modes = ['fused', 'unfused', 'interpreter'] as const;
export type Mode = (typeof modes)[number];

export const backends = ['wasm', 'js', 'webgpu'] as const satisfies readonly BackendName[];

export interface Settings {
  readonly mode: Mode;
  readonly backend: BackendName;
}

/** What a row of a table returns: tensors, plainly or in lists and records, or a value that had to be read. */
export type Output =
  | Tensor
  | number
  | bigint
  | boolean
  | null
  | readonly Output[]
  | Iterable<Tensor>
  | Readonly<Record<string, Tensor>>;

/** An argument of a call, as the library takes it. */
export type Argument =
  | Tensor
  | number
  | bigint
  | boolean
  | string
  | null
  | undefined
  | readonly Argument[]
  | { readonly [name: string]: Argument };

/** Makes the tensor at a path of a record. */
export type Maker = (data: TensorData, path: string) => Tensor;

export function toTensor(data: TensorData, requiresGrad = false): Tensor {
  const tensor = fg.fromTypedArray(data.data, data.shape, data.dtype);
  return requiresGrad ? tensor.requiresGrad_() : tensor;
}

/** A recorded value as an argument, its tensors made by `make`, which is told the path of each. */
export function toArgument(value: Value, path: string, make: Maker): Argument {
  if (value instanceof TensorData) return make(value, path);
  if (isList(value)) return value.map((item, i) => toArgument(item, `${path}.${i}`, make));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, toArgument(item, `${path}.${key}`, make)]),
  );
}

/** Positional arguments: Python's None is an argument left out. */
export const toArguments = (values: readonly Value[], path: string, make: Maker): Argument[] =>
  values.map((value, i) => toArgument(value, `${path}.${i}`, make) ?? undefined);

/** Keyword arguments as one options object with camelCase keys. */
export const toOptions = (
  values: Readonly<Record<string, Value>>,
  path: string,
  make: Maker,
): Record<string, Argument> =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [camelCase(key), toArgument(value, `${path}.${key}`, make)]),
  );

/** Options without those that are None: almost everywhere that is Python's way of leaving an argument out. */
export const withoutNone = (options: Readonly<Record<string, Argument>>): Record<string, Argument> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));

export const camelCase = (name: string): string =>
  name.replace(/(?<=[A-Za-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The results of a call as a flat list, nested ones opened in order. */
export async function flatten(
  output: Output | Promise<Output>,
): Promise<(Tensor | number | bigint | boolean | null)[]> {
  const result = await output;
  if (result instanceof fg.Tensor || typeof result !== 'object' || result === null) return [result];
  return (await Promise.all(Object.values(result).map(flatten))).flat();
}

type Memory = Data | Cell;

/** What a storage holds, wherever that lies. */
const valuesOf = async (
  { shape, dtype }: Pick<Memory, 'shape' | 'dtype'>,
  storage: Storage,
): Promise<TensorData> => new TensorData(shape, dtype, await storage.read());

const held = (memory: Memory): Promise<TensorData> => valuesOf(memory, memory.storage);

/** How each mode computes the tensors of a graph that have no data yet. */
const evaluators: Readonly<
  Record<Mode, (tensors: readonly Tensor[], settings: Settings) => Promise<TensorValues[]>>
> = {
  fused: async (tensors) => {
    realise(
      tensors.map((t) => t.value),
      () => true,
    );
    return Promise.all(tensors.map((t) => held(t.materialise())));
  },
  unfused: async (tensors, { backend }) => {
    const graph = graphOf(tensors);
    const leaves = structuralKey(graph).leaves as readonly Memory[];
    const instance = new Instance(compileGraph(graph, { name: 'unfused', fusion: false, backend }, leaves));
    const results = instance.run(leaves, (leaf) => (leaf as Data).storage, []);
    return Promise.all(tensors.map((t, i) => valuesOf(t, results[i]!)));
  },
  interpreter: async (tensors) =>
    interpret(graphOf(tensors), (leaf) => {
      const { shape, dtype, array } = leaf as Memory;
      return new TensorData(shape, dtype, array).values();
    }).map(({ shape, dtype, data }) => ({ shape, dtype, values: () => data })),
};

const graphOf = (tensors: readonly Tensor[]): Graph => ({
  outputs: tensors.map((t) => t.value.node),
  assigns: [],
});

/** Reads tensors, all computed by one program. */
export async function read(tensors: readonly Tensor[], settings: Settings): Promise<TensorValues[]> {
  const memory = ({ value }: Tensor): Memory | undefined => value.data ?? value.cell;
  const waiting = tensors.filter((t) => !memory(t));
  const computed = waiting.length === 0 ? [] : await evaluators[settings.mode](waiting, settings);
  const found = new Map(waiting.map((t, i) => [t, computed[i]!]));
  return Promise.all(tensors.map(async (t) => found.get(t) ?? held(memory(t)!)));
}

/** Lets go of values nobody will read, so that no record computes what another left behind. */
export const forget = (): void => pending.all().forEach((value) => pending.delete(value));

/**
 * Whether a record cannot run on a backend that lacks a dtype of it: no other record may need such a dtype. Integers are
 * handed over as int32, so that int64 is needed for a result of that dtype alone.
 */
export function isNotHeld(record: PackRecord, error: unknown): boolean {
  if (!(error instanceof fg.DTypeError)) return false;
  const [, lacking] = / (\w+) is no dtype of the \w+ backend/.exec(error.message) ?? [];
  const where = lacking === 'int64' && 'out' in record ? record.out : record;
  return lacking !== undefined && JSON.stringify(where).includes(`"${lacking}"`);
}

/** An error that says the library lacks what a row or runner asked for; thrown inside the library it is a bug. */
export const isNotOffered = (error: unknown): boolean =>
  error instanceof TypeError &&
  / is not a (function|constructor)/.test(error.message) &&
  (error.stack?.split('\n')[1]?.includes('/conformance/') ?? false);
