/** torch-training: loss curves of small models trained from given weights on given batches, as compiled steps. */
import { F, cat, compile, nn, type Tensor } from 'fusegrad';
import { compare, worstOf, type Bound, type Verdict } from '../compare.js';
import { read, toTensor, type Settings } from '../library.js';
import type { Pack, PackRecord, TensorData } from '../packs.js';
import type { Outcome } from '../results.js';
import { stateOf } from './nn.js';
import { makeOptimizer, plainOptions } from './optim.js';

export interface TrainingRecord extends PackRecord {
  readonly loss: string;
  readonly optimizer: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly clip_grad_norm: number | null;
  readonly grad_norms?: readonly number[];
  readonly state_dict: Readonly<Record<string, unknown>>;
  readonly batches: readonly { readonly x: unknown; readonly y: unknown }[];
  readonly losses: readonly number[];
  readonly final_state_dict: Readonly<Record<string, unknown>>;
  readonly eval_out: unknown;
}

class Mlp extends nn.Module {
  fc1 = new nn.Linear(6, 16);
  fc2 = new nn.Linear(16, 16);
  fc3 = new nn.Linear(16, 4);

  forward(x: Tensor): Tensor {
    return this.fc3(this.fc2(F.relu(this.fc1(x))).tanh());
  }
}

class TextCnn extends nn.Module {
  emb = new nn.Embedding(40, 8, { paddingIdx: 0 });
  conv3 = new nn.Conv1d(8, 6, 3);
  conv4 = new nn.Conv1d(8, 6, 4);
  conv5 = new nn.Conv1d(8, 6, 5);
  fc = new nn.Linear(18, 3);

  forward(x: Tensor): Tensor {
    const embedded = this.emb(x).transpose(1, 2);
    const pooled = [this.conv3, this.conv4, this.conv5].map((conv) => F.relu(conv(embedded)).amax(2));
    return this.fc(cat(pooled, 1));
  }
}

/** The models of the pack, whose `forward` is Python there. */
const models: Readonly<Record<string, () => Mlp | TextCnn>> = {
  'mlp-adam': () => new Mlp(),
  'textcnn-adam': () => new TextCnn(),
};

const losses: Readonly<Record<string, (output: Tensor, target: Tensor) => Tensor>> = {
  CrossEntropyLoss: (output, target) => F.crossEntropy(output, target),
  MSELoss: (output, target) => F.mseLoss(output, target),
};

/** Relative bounds on the loss: the first ten steps, and those after. */
const early: Bound = { rtol: 1e-4, atol: 0 };
const late: Bound = { rtol: 1e-3, atol: 0 };
const weights: Bound = { rtol: 1e-3, atol: 1e-3 };

/** Runs one record of torch-training. */
export async function runTraining(
  pack: Pack<PackRecord>,
  record: TrainingRecord,
  settings: Settings,
): Promise<Outcome> {
  const model = models[record.id]?.();
  const criterion = losses[record.loss];
  if (!model || !criterion || settings.mode === 'interpreter') return 'notOffered';
  model.loadStateDict(stateOf(pack, record.state_dict));
  const parameters = [...model.parameters()];
  const optimizer = makeOptimizer(
    record.optimizer,
    [{ params: parameters }],
    plainOptions(pack, record.options),
  );
  if (!optimizer) return 'notOffered';
  const step = compile(
    (x: Tensor, y: Tensor) => {
      const loss = criterion(model(x), y);
      for (const parameter of parameters) parameter.grad = null;
      loss.backward();
      if (record.clip_grad_norm !== null) nn.utils.clipGradNorm(parameters, record.clip_grad_norm);
      optimizer.step();
      return loss;
    },
    { fusion: settings.mode === 'fused' },
  );
  const batches = record.batches.map(({ x, y }) =>
    [x, y].map((json) => toTensor(pack.decode(json) as TensorData)),
  );
  const verdicts: Verdict[] = [];
  for (const [t, recorded] of record.losses.entries()) {
    const [x, y] = batches[t % batches.length]!;
    const loss = Number(await step(x!, y!).item());
    const { rtol } = t < 10 ? early : late;
    const worst = Math.abs(loss - recorded) / (rtol * Math.abs(recorded));
    verdicts.push(
      worst <= 1 ? { worst } : { worst, reason: `loss of step ${t} is ${loss}, recorded ${recorded}` },
    );
  }
  model.eval();
  const state = model.stateDict();
  const names = Object.keys(record.final_state_dict);
  const values = await read([...names.map((name) => state[name]!), model(batches[0]![0]!)], settings);
  const expected = [...names.map((name) => record.final_state_dict[name]), record.eval_out];
  for (const [i, json] of expected.entries()) {
    const found = compare(values[i]!, pack.decode(json) as TensorData, weights);
    verdicts.push(
      found.reason === undefined ? found : { ...found, reason: `${names[i] ?? 'eval_out'}: ${found.reason}` },
    );
  }
  return worstOf(verdicts);
}
