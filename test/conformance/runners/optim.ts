/** torch-optim: twenty steps on given gradients, and gradient clipping. */
import { nn, optim, type Tensor } from 'fusegrad';
import { compare, worstOf, type Bound, type Verdict } from '../compare.js';
import { read, toOptions, toTensor, type Argument, type Settings } from '../library.js';
import type { Pack, PackRecord, TensorData, Value } from '../packs.js';
import type { Outcome } from '../results.js';

interface Trajectory extends PackRecord {
  readonly kind: 'trajectory';
  readonly optimizer: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly groups: readonly {
    readonly params: readonly number[];
    readonly kwargs: Readonly<Record<string, unknown>>;
  }[];
  readonly params: readonly unknown[];
  readonly grads: readonly unknown[];
  readonly trajectory: readonly unknown[];
  /** `none`: a step's gradient with a NaN in it stands for no gradient. */
  readonly special: string;
}

interface Minimisation extends PackRecord {
  readonly kind: 'function';
  readonly optimizer: string;
}

interface Clip extends PackRecord {
  readonly kind: 'clip';
  readonly function: string;
  readonly kwargs: Readonly<Record<string, number>>;
  readonly grads: readonly unknown[];
  readonly out: readonly unknown[];
  readonly total_norm?: unknown;
}

export type OptimRecord = Trajectory | Minimisation | Clip;

/** The class or function a record is about. */
export const optimName = (record: OptimRecord): string =>
  record.kind === 'clip' ? record.function : record.optimizer;

const bound: Bound = { rtol: 1e-5, atol: 1e-6 };

interface Optimizer {
  step(): unknown;
}
type Group = Record<string, Argument> & { params: readonly Tensor[] };
type Constructor = new (groups: readonly Group[], options: Record<string, Argument>) => Optimizer;
const classes = optim as unknown as Readonly<Record<string, Constructor | undefined>>;

/** Options in camelCase; an optimizer's hold no tensors. */
export const plainOptions = (
  pack: Pack<PackRecord>,
  kwargs: Readonly<Record<string, unknown>>,
): Record<string, Argument> =>
  toOptions(pack.decode(kwargs) as Record<string, Value>, 'kwargs', (data) => toTensor(data));

/** `torch.optim.<name>(groups, **kwargs)`, or undefined where we have no such class. */
export function makeOptimizer(
  name: string,
  groups: readonly Group[],
  options: Record<string, Argument>,
): Optimizer | undefined {
  const Class = Object.hasOwn(classes, name) ? classes[name] : undefined;
  return Class && new Class(groups, options);
}

/** Runs one record of torch-optim. */
export async function runOptim(
  pack: Pack<PackRecord>,
  record: OptimRecord,
  settings: Settings,
): Promise<Outcome> {
  if (record.kind === 'clip') return runClip(pack, record, settings);
  if (record.kind === 'function') return 'notOffered';
  const decoded = (values: readonly unknown[]): TensorData[] =>
    values.map((json) => pack.decode(json) as TensorData);
  const parameters = decoded(record.params).map((data) => new nn.Parameter(toTensor(data)));
  const groups = record.groups.map(({ params, kwargs }) => ({
    ...plainOptions(pack, kwargs),
    params: params.map((i) => parameters[i]!),
  }));
  const optimizer = makeOptimizer(record.optimizer, groups, plainOptions(pack, record.kwargs));
  if (!optimizer) return 'notOffered';
  const [grads, trajectory] = [decoded(record.grads), decoded(record.trajectory)];
  const verdicts: Verdict[] = [];
  for (let step = 0; step < trajectory[0]!.shape[0]!; step++) {
    for (const [i, parameter] of parameters.entries()) {
      const gradient = grads[i]!.row(step);
      const absent = record.special === 'none' && Array.from(gradient.values(), Number).some(Number.isNaN);
      parameter.grad = absent ? null : toTensor(gradient);
    }
    optimizer.step();
    const values = await read(parameters, settings);
    for (const [i, value] of values.entries()) {
      verdicts.push(
        labelled(`parameter ${i} after step ${step + 1}`, compare(value, trajectory[i]!.row(step), bound)),
      );
    }
  }
  return worstOf(verdicts);
}

const labelled = (what: string, found: Verdict): Verdict =>
  found.reason === undefined ? found : { ...found, reason: `${what}: ${found.reason}` };

type Clipper = (
  parameters: readonly Tensor[],
  limits: Readonly<Record<string, number>>,
) => Tensor | undefined;

/** The clipping functions by PyTorch's names. */
const clippers: Readonly<Record<string, Clipper>> = {
  clip_grad_norm_: (parameters, { max_norm: maxNorm, norm_type: normType }) =>
    nn.utils.clipGradNorm(parameters, maxNorm!, { normType }),
  clip_grad_value_: (parameters, { clip_value: clipValue }) => {
    nn.utils.clipGradValue(parameters, clipValue!);
    return undefined;
  },
};

async function runClip(pack: Pack<PackRecord>, record: Clip, settings: Settings): Promise<Outcome> {
  const grads = record.grads.map((json) => pack.decode(json) as TensorData);
  const parameters = grads.map((data) => {
    const parameter = new nn.Parameter(toTensor(data));
    parameter.grad = toTensor(data);
    return parameter;
  });
  const norm = clippers[record.function]!(parameters, record.kwargs);
  const expected = record.out.map((json) => pack.decode(json) as TensorData);
  const results: Tensor[] = parameters.map((parameter) => parameter.grad!);
  if (norm && record.total_norm !== undefined) {
    results.push(norm);
    expected.push(pack.decode(record.total_norm) as TensorData);
  }
  const values = await read(results, settings);
  return worstOf(values.map((value, i) => labelled(`value ${i}`, compare(value, expected[i]!, bound))));
}
