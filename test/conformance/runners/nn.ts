/** torch-nn: modules built, loaded and called, with gradients of inputs and parameters and the buffers after. */
import { nn, type Tensor } from 'fusegrad';
import { agreed, disagreed, worstOf, type Verdict } from '../compare.js';
import {
  flatten,
  toArgument,
  toArguments,
  toOptions,
  toTensor,
  type Argument,
  type Maker,
  type Output,
  type Settings,
} from '../library.js';
import { TensorData, type Pack, type PackRecord, type Value } from '../packs.js';
import type { Outcome } from '../results.js';
import { canonicalAt, pullBack, verdict, type Check } from './ops.js';

interface ModuleCall {
  readonly mode: 'train' | 'eval';
  readonly inputs: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly out: readonly unknown[];
  readonly cot?: readonly unknown[];
  readonly grad?: readonly { readonly at: string; readonly grad: unknown }[];
  readonly state_dict?: Readonly<Record<string, unknown>>;
}

export interface ModuleRecord extends PackRecord {
  readonly class: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly state_dict: Readonly<Record<string, unknown>>;
  readonly calls: readonly ModuleCall[];
}

/** A module as the runner uses it, whatever its class. */
interface Callable {
  (...args: readonly Argument[]): Output;
  train(): unknown;
  eval(): unknown;
  stateDict(): Readonly<Record<string, Tensor>>;
  loadStateDict(state: Readonly<Record<string, Tensor>>, options: { strict: boolean }): unknown;
  namedParameters(): Iterable<readonly [string, Tensor]>;
}

/** Arguments that PyTorch takes by name as well and we by position, in our order. */
const positional: Readonly<Record<string, readonly string[]>> = {
  AvgPool1d: ['kernelSize'],
  AvgPool2d: ['kernelSize'],
  AvgPool3d: ['kernelSize'],
  CosineSimilarity: ['dim'],
  Fold: ['outputSize', 'kernelSize'],
  GLU: ['dim'],
  LogSoftmax: ['dim'],
  MaxPool1d: ['kernelSize'],
  MaxPool2d: ['kernelSize'],
  MaxPool3d: ['kernelSize'],
  Softmax: ['dim'],
  Softmin: ['dim'],
  Threshold: ['threshold', 'value'],
  Unfold: ['kernelSize'],
};

/** Arguments that PyTorch also takes by position and we by name, after those we take by position. */
const named: Readonly<Record<string, readonly string[]>> = {
  AvgPool2d: ['stride'],
};

type Constructor = new (...args: readonly Argument[]) => Callable;
const classes = nn as unknown as Readonly<Record<string, Constructor | undefined>>;
const plain: Maker = (data) => toTensor(data);

/** `torch.nn.<name>(*args, **kwargs)`, or undefined where we have no such class. */
export function construct(
  pack: Pack<PackRecord>,
  name: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): Callable | undefined {
  const Class = Object.hasOwn(classes, name) ? classes[name] : undefined;
  if (!Class) return undefined;
  const ours = positional[name] ?? [];
  const [first, extra] = named[name] ? [args.slice(0, ours.length), args.slice(ours.length)] : [args, []];
  const options = {
    ...toOptions(pack.decode(kwargs) as Record<string, Value>, 'kwargs', plain),
    ...Object.fromEntries(
      extra.map((json, i) => [named[name]![i]!, toArgument(pack.decode(json), 'args', plain)]),
    ),
  };
  const moved = ours.slice(first.length).map((key) => options[key]);
  const rest = Object.entries(options).filter(([key]) => !ours.includes(key));
  const leading = [...toArguments(first.map(pack.decode), 'args', plain), ...moved];
  return new Class(...leading, ...(rest.length > 0 ? [Object.fromEntries(rest)] : []));
}

/** Tensors of a recorded state dict. */
export const stateOf = (
  pack: Pack<PackRecord>,
  state: Readonly<Record<string, unknown>>,
): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(state).map(([name, json]) => [name, toTensor(pack.decode(json) as TensorData)]),
  );

/** Runs one record of torch-nn. */
export async function runModule(
  pack: Pack<PackRecord>,
  record: ModuleRecord,
  settings: Settings,
): Promise<Outcome> {
  const module = construct(pack, record.class, record.args, record.kwargs);
  if (!module) return 'notOffered';
  const known = module.stateDict();
  // A weight given to a loss is a constructor argument already.
  const missing = Object.keys(record.state_dict).filter(
    (name) => !(name in known) && !(name in record.kwargs),
  );
  if (missing.length > 0) return disagreed(`the state dict has no ${missing.join(', ')}`);
  module.loadStateDict(stateOf(pack, record.state_dict), { strict: false });
  const verdicts: Verdict[] = [];
  for (const [i, call] of record.calls.entries()) {
    const found = await runCall(pack, module, call, settings, record.class);
    verdicts.push(found.reason === undefined ? found : { ...found, reason: `call ${i}: ${found.reason}` });
  }
  return worstOf(verdicts);
}

async function runCall(
  pack: Pack<PackRecord>,
  module: Callable,
  call: ModuleCall,
  settings: Settings,
  name: string,
): Promise<Verdict> {
  module[call.mode]();
  const wrt = new Map<string, Tensor>(
    Array.from(module.namedParameters(), ([name, parameter]) => [`params.${name}`, parameter]),
  );
  const differentiated = new Set(call.grad?.map(({ at }) => at));
  const make: Maker = (data, path) => {
    const tensor = toTensor(data, differentiated.has(path));
    wrt.set(path, tensor);
    return tensor;
  };
  const inputs = call.inputs.map((json, i) => toArgument(pack.decode(json), `inputs.${i}`, make));
  const options = toOptions(pack.decode(call.kwargs) as Record<string, Value>, 'kwargs', make);
  const outputs = await flatten(module(...inputs, ...(Object.keys(options).length > 0 ? [options] : [])));
  if (outputs.length !== call.out.length)
    return disagreed(`${outputs.length} outputs, recorded ${call.out.length}`);
  const checks: Check[] = call.out.map((out, i) => ({
    what: `output ${i}`,
    ours: outputs[i]!,
    recorded: pack.decode(out),
    kind: 'out',
    free: false,
  }));
  const { cot, grad = [], state_dict: after = {} } = call;
  if (cot) {
    for (const [i, entry] of gradients(pack, outputs, cot, grad, wrt).entries()) {
      checks.push({ ...entry, canonical: canonicalAt(name, grad[i]!.at, () => pack.decode(call.inputs[0])) });
    }
  }
  const state = module.stateDict();
  for (const [key, json] of Object.entries(after)) {
    checks.push({ what: key, ours: state[key]!, recorded: pack.decode(json), kind: 'out', free: false });
  }
  return checks.length === 0 ? agreed : verdict(checks, {}, settings);
}

function gradients(
  pack: Pack<PackRecord>,
  outputs: readonly unknown[],
  cot: readonly unknown[],
  recorded: NonNullable<ModuleCall['grad']>,
  wrt: ReadonlyMap<string, Tensor>,
): Check[] {
  const cotangents = cot.map((json) => {
    const data = pack.decode(json);
    return data instanceof TensorData ? toTensor(data) : undefined;
  });
  const found = pullBack(
    outputs,
    recorded.map(({ at }) => wrt.get(at)!),
    cotangents,
    false,
  );
  return recorded.map(({ at, grad }, i) => ({
    what: `gradient of ${at}`,
    ours: found[i],
    recorded: pack.decode(grad),
    kind: 'grad',
    free: false,
  }));
}
