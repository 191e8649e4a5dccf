/** Writes the reference: docs/ops.md from the composites' documentation, docs/primitives.md from the op tables. */
import { dtypeNames, dtypes, type DType } from '../src/core/index.js';
import { infer, ops, summaries, type Inferred, type OpName, type Operand } from '../src/ops/index.js';
import { shownSignature } from './convert.js';
import type { Op, Source } from './read.js';

const note = '<!-- Written by `npm run codegen`. Do not edit. -->\n';
const cell = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();
const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;

const snake = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

/** What PyTorch calls it: as written in the documentation, else by the rule of names. */
function torchName(op: Op): string {
  const written = op.torch ?? /PyTorch: `([^`]+)`/.exec(op.description)?.[1];
  if (written !== undefined) return written;
  const [space] = op.forms.namespaces;
  if (op.forms.function) return `torch.${snake(op.forms.function)}`;
  if (op.forms.method) return `Tensor.${snake(op.forms.method)}`;
  if (op.forms.getter) return `Tensor.${op.forms.getter}`;
  return space![0] === 'F' ? `F.${snake(space![1])}` : `torch.${space![0]}.${snake(space![1])}`;
}

/** Every way to write an op, the first with its full signature. */
function writtenAs(op: Op): string {
  const { forms } = op;
  const names = [
    ...(forms.function ? [forms.function] : []),
    ...[...forms.namespaces].map(([space, name]) => `${space}.${name}`),
    ...(forms.method ? [`x.${forms.method}`] : []),
    ...(forms.getter ? [`x.${forms.getter}`] : []),
  ];
  const [first, ...others] = names;
  const asMethod = first!.startsWith('x.');
  const shown = op.signatures.map(({ parameters, returns }) =>
    forms.getter && names.length === 1
      ? first!
      : shownSignature(first!, asMethod ? parameters.slice(1) : parameters, returns),
  );
  return [...shown, ...others].map(code).join('<br>');
}

/** First paragraph of the documentation, without what another column says. */
function summary(op: Op): string {
  const text = op.description.split('\n\n')[0]!.replace(/\s*PyTorch: `[^`]+`\.?/, '');
  const failures = op.tags.filter((tag) => tag.name === 'throws').map((tag) => `Throws ${tag.text}`);
  return cell([text, ...failures].join(' '));
}

export function opsReference(sources: readonly Source[]): string {
  const sections = sources.map(({ title, ops: list }) => {
    const rows = list.map((op) => `| ${writtenAs(op)} | ${summary(op)} | ${code(torchName(op))} |`);
    return `## ${title}\n\n| written as | | PyTorch |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `${note}# Operations

Every operation, by family. Each is made of [primitives](primitives.md), so it differentiates, fuses and runs on every
backend as they do. Tensors and dimension numbers are positional, everything else goes into one options object;
\`Operand\` is a tensor or a JavaScript number, boolean or bigint; \`Dims\` is one dimension number or a list.

${sections.join('\n')}`;
}

/** Attributes under which a primitive takes operands of shape [2, 2]. */
const sampleAttrs = {
  leaf: { id: 0 },
  shape: [2, 2],
  dtype: 'float32',
  value: 0,
  size: 2,
  version: 0,
  axes: [0],
  axis: 0,
  reverse: false,
  starts: [0, 0],
  sizes: [2, 2],
  steps: [1, 1],
  low: [0, 0],
  high: [0, 0],
  interior: [0, 0],
  perm: [1, 0],
  step: 1,
  dilation: 1,
  descending: false,
  lhsBatch: [],
  rhsBatch: [],
  lhsContract: [1],
  rhsContract: [0],
  strides: [],
  padLow: [],
  padHigh: [],
  lhsDilation: [],
  rhsDilation: [],
  featureGroups: 1,
  batchGroups: 1,
  part: 'xor',
  id: 0,
  rule: 0,
  scale: 1,
  causal: false,
} as const;

const groups: readonly (readonly [string, readonly DType[]])[] = [
  ['floats', dtypeNames.filter((name) => dtypes[name].kind === 'float')],
  ['integers', dtypeNames.filter((name) => dtypes[name].kind === 'int')],
  ['bool', ['bool']],
];

function accepts(op: OpName, dtype: DType): boolean {
  const { arity } = ops[op];
  const count = typeof arity === 'number' ? arity : arity[0];
  const operand = (type: DType): Operand => ({ shape: [2, 2], dtype: type });
  const kinds: Partial<Record<OpName, readonly DType[]>> = {
    where: ['bool', dtype, dtype],
    gather: [dtype, 'int32'],
    scatter: [dtype, 'int32', dtype],
    scatterAdd: [dtype, 'int32', dtype],
    attentionGrad: [...new Array<DType>(4).fill(dtype), dtype, dtype],
  };
  const inputs = (kinds[op] ?? new Array<DType>(count).fill(dtype)).map(operand);
  const rule = infer[op] as (inputs: readonly Operand[], attrs: unknown, op: string) => Inferred;
  try {
    rule(inputs, { ...sampleAttrs, dtype }, op);
    return true;
  } catch {
    return false;
  }
}

function dtypesOf(op: OpName): string {
  const parts = groups.flatMap(([name, members]) => {
    const taken = members.filter((dtype) => accepts(op, dtype));
    return taken.length === members.length ? [name] : taken;
  });
  return parts.length === groups.length ? 'all' : parts.join(', ');
}

/** What the primitives' table says that only other folders know. */
export interface Support {
  /** Whether a primitive has a gradient; undefined where none can be. */
  readonly gradient: (op: OpName) => boolean;
  readonly backends: readonly string[];
}

export function primitivesReference({ gradient, backends }: Support): string {
  const names = Object.keys(ops) as OpName[];
  const rows = names.map(
    (op) =>
      `| \`${op}\` | ${ops[op].family} | ${cell(summaries[op])} | ${gradient(op) ? 'yes' : ''} | ${dtypesOf(op)} | ${backends.join(', ')} |`,
  );
  return `${note}# Primitives

The operators a graph is made of. Everything else is a composite of these (see [operations](ops.md)). A primitive
without a gradient is constant almost everywhere, or has operands that are no numbers.

| op | family | | gradient | dtypes | backends |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}
