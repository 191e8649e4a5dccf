/** torch-ops: one call a record, with outputs, gradients and second derivatives. */
import { grad, Tensor } from 'fusegrad';
import {
  agreed,
  compare,
  compareForm,
  disagreed,
  isZero,
  worstOf,
  type Kind,
  type Verdict,
} from '../compare.js';
import { conventions, type Convention } from '../conventions.js';
import {
  flatten,
  read,
  toArgument,
  toArguments,
  toOptions,
  toTensor,
  withoutNone,
  type Settings,
} from '../library.js';
import { TensorData, type Pack, type PackRecord, type TensorValues, type Value } from '../packs.js';
import type { Outcome } from '../results.js';
import { findRow } from '../torch-ops.js';

export interface Call {
  readonly op: string;
  readonly variant: string;
  readonly input: unknown;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

interface At {
  readonly at: string;
}

export interface OpRecord extends PackRecord, Call {
  readonly out: readonly unknown[];
  readonly cot?: readonly unknown[];
  readonly grad?: readonly (At & { readonly grad: unknown })[];
  readonly second?: {
    readonly w: readonly (At & { readonly w: unknown })[];
    readonly grad: readonly (At & { readonly grad: unknown })[];
    readonly cot_grad: readonly unknown[];
  };
  readonly free?: readonly number[];
  readonly noise?: Readonly<Partial<Record<Kind, number>>>;
}

/** Makes a recorded call. Tensors whose paths are in `wrt` require gradients and are put in that map. */
export function call(
  pack: Pack<PackRecord>,
  record: Call,
  wrt: Map<string, Tensor | undefined>,
): ReturnType<typeof flatten> {
  const row = findRow(record.op, record.variant);
  if (!row) throw new TypeError(`${record.op} is not a function`);
  const make = (data: TensorData, path: string): Tensor => {
    const tensor = toTensor(data, wrt.has(path));
    if (wrt.has(path)) wrt.set(path, tensor);
    return tensor;
  };
  const input = toArgument(pack.decode(record.input), 'input', make);
  const args = toArguments(record.args.map(pack.decode), 'args', make);
  const options = toOptions(pack.decode(record.kwargs) as Record<string, Value>, 'kwargs', make);
  return flatten(row([input, ...args], withoutNone(options)));
}

/** A value of ours to compare with a recorded one; undefined: no gradient flows. */
interface Check {
  readonly what: string;
  readonly ours: Tensor | number | bigint | boolean | null | undefined;
  readonly recorded: Value;
  readonly kind: Kind;
  readonly free: boolean;
  /** Brings a gradient to a form that can be compared. */
  readonly canonical?: ((gradient: TensorValues) => TensorValues) | undefined;
}

/** The convention under which gradients of `name` at a path are compared, applied to the value there. */
export function canonicalAt(name: string, at: string, of: () => Value): Check['canonical'] {
  const convention: Convention | undefined = conventions[name]?.[at];
  return convention && ((gradient) => convention(gradient, of() as TensorData));
}

/** Runs one record of torch-ops. */
export async function runOp(pack: Pack<PackRecord>, record: OpRecord, settings: Settings): Promise<Outcome> {
  if (!findRow(record.op, record.variant)) return 'notOffered';
  const wrt = new Map<string, Tensor | undefined>((record.grad ?? []).map(({ at }) => [at, undefined]));
  const outputs = await call(pack, record, wrt);
  const recorded = record.out.flat();
  if (outputs.length !== recorded.length)
    return disagreed(`${outputs.length} outputs, recorded ${recorded.length}`);
  const checks: Check[] = recorded.map((out, i) => ({
    what: `output ${i}`,
    ours: outputs[i]!,
    recorded: pack.decode(out),
    kind: 'out',
    free: record.free?.includes(i) ?? false,
  }));
  if (record.cot) checks.push(...derivatives(pack, record, outputs, wrt));
  return verdict(checks, record, settings);
}

function derivatives(
  pack: Pack<PackRecord>,
  record: OpRecord,
  outputs: readonly unknown[],
  wrt: ReadonlyMap<string, Tensor | undefined>,
): Check[] {
  const { second } = record;
  const cotangents = record.cot!.map((cot) => {
    const data = pack.decode(cot);
    return data instanceof TensorData ? toTensor(data, second !== undefined) : undefined;
  });
  const paths = record.grad!.map(({ at }) => at);
  const inputs = paths.map((at) => wrt.get(at)!);
  const gradients = pullBack(outputs, inputs, cotangents, second !== undefined);
  const first = record.grad!.map(({ at, grad: recorded }, i) => ({
    ...check(`gradient of ${at}`, gradients[i], pack.decode(recorded), 'grad'),
    canonical: canonicalAt(record.op, at, () => pack.decode(record.input)),
  }));
  if (!second) return first;
  const weights = paths.map((at) => {
    const data = pack.decode(second.w.find((entry) => entry.at === at)?.w ?? null);
    return data instanceof TensorData ? toTensor(data) : undefined;
  });
  const held = cotangents.filter((cot) => cot !== undefined);
  const seconds = pullBack(gradients, [...inputs, ...held], weights, false);
  const cotGrads = second.cot_grad.filter((_, i) => cotangents[i] !== undefined);
  return [
    ...first,
    ...second.grad.map(({ at, grad: recorded }) =>
      check(`second derivative of ${at}`, seconds[paths.indexOf(at)], pack.decode(recorded), 'second'),
    ),
    ...cotGrads.map((recorded, i) =>
      check(`derivative of cotangent ${i}`, seconds[inputs.length + i], pack.decode(recorded), 'second'),
    ),
  ];
}

const check = (what: string, ours: Tensor | null | undefined, recorded: Value, kind: Kind): Check => ({
  what,
  ours,
  recorded,
  kind,
  free: false,
});

/** Gradients of `sum_j <outputs_j, cotangents_j>` over those outputs that have a cotangent and depend on an input. */
export function pullBack(
  outputs: readonly unknown[],
  inputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
  createGraph: boolean,
): (Tensor | null)[] {
  const pairs = outputs.flatMap((output, i) => {
    const cotangent = cotangents[i];
    return output instanceof Tensor && output.requiresGrad && cotangent ? [{ output, cotangent }] : [];
  });
  if (pairs.length === 0) return inputs.map(() => null);
  return grad(
    pairs.map(({ output }) => output),
    inputs,
    { gradOutputs: pairs.map(({ cotangent }) => cotangent), createGraph, allowUnused: true },
  );
}

/** Reads everything a record computes at once and compares. */
export async function verdict(
  checks: readonly Check[],
  { noise }: Pick<OpRecord, 'noise'>,
  settings: Settings,
): Promise<Verdict> {
  const tensors = checks.flatMap(({ ours }) => (ours instanceof Tensor ? [ours] : []));
  const values = await read(tensors, settings);
  const data = new Map(tensors.map((tensor, i) => [tensor, values[i]!]));
  return worstOf(
    checks.map((entry) => {
      const { ours, kind } = entry;
      const found =
        ours instanceof Tensor
          ? compareTensor(data.get(ours)!, entry, noise?.[kind])
          : compareOther(ours ?? null, entry);
      return found.reason === undefined ? found : { ...found, reason: `${entry.what}: ${found.reason}` };
    }),
  );
}

function compareTensor(ours: TensorValues, entry: Check, noise: number | undefined): Verdict {
  const { recorded, kind, free, canonical = (gradient: TensorValues) => gradient } = entry;
  if (recorded instanceof TensorData) {
    if (!free) return compare(canonical(ours), canonical(recorded), kind, noise);
    const mismatch = compareForm(ours, recorded);
    return mismatch === undefined ? agreed : disagreed(mismatch);
  }
  // No gradient and a gradient of zeros are the same derivative.
  return recorded === null && isZero(ours) ? agreed : disagreed('there is one, recorded none');
}

function compareOther(ours: number | bigint | boolean | null, { recorded, kind }: Check): Verdict {
  if (recorded instanceof TensorData)
    return kind !== 'out' && isZero(recorded) ? agreed : disagreed('there is none');
  return ours === recorded ? agreed : disagreed(`is ${ours}, recorded ${JSON.stringify(recorded)}`);
}

export type { Check };
