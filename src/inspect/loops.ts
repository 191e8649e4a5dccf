/** LoopNests as pseudo code: loops with their bounds, memory accesses with their index expressions. */
import { formatNumber } from '../graph/index.js';
import type {
  AttentionResult,
  Axis,
  IndexExpr,
  Instr,
  LoopNest,
  NestBuffer,
  Predicate,
  Store,
} from '../loops/index.js';
import { formatScalar } from './format.js';

type Nest<K extends LoopNest['kind']> = Extract<LoopNest, { kind: K }>;

/** `8*i0 + i1 % 4 - 1`. */
export function formatIndex(expr: IndexExpr): string {
  let text = '';
  for (const { coeff, atom } of expr.terms) {
    const size = Math.abs(coeff);
    const of = atom.kind === 'axis' ? '' : formatIndex(atom.of);
    const grouped = /[ *]/.test(of) ? `(${of})` : of;
    const value =
      atom.kind === 'axis' ? `i${atom.axis}` : `${grouped} ${atom.kind === 'div' ? '/' : '%'} ${atom.by}`;
    const term = size === 1 ? value : `${size}*${atom.kind === 'axis' ? value : `(${value})`}`;
    text += text === '' ? (coeff < 0 ? `-${term}` : term) : ` ${coeff < 0 ? '-' : '+'} ${term}`;
  }
  if (text === '') return String(expr.offset);
  return expr.offset === 0 ? text : `${text} ${expr.offset < 0 ? '-' : '+'} ${Math.abs(expr.offset)}`;
}

const formatMasks = (masks: readonly Predicate[]): string =>
  masks
    .map(({ expr, lo, hi }) =>
      hi - lo === 1 ? `${formatIndex(expr)} == ${lo}` : `${lo} <= ${formatIndex(expr)} < ${hi}`,
    )
    .join(' and ');

const infix: Readonly<Record<string, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  lt: '<',
  le: '<=',
  eq: '==',
  and: '&',
  or: '|',
  xor: '^',
  shl: '<<',
  shr: '>>',
};

class Printer {
  readonly lines: string[] = [];
  readonly #values = new Map<number, string>();
  #depth = 0;

  constructor(readonly buffers: readonly string[]) {}

  line(text: string): void {
    this.lines.push('  '.repeat(this.#depth) + text);
  }

  /** Runs `body` inside loops over `axes`; without any, where it is. */
  loop(axes: readonly Axis[], body: () => void, reverse = false): void {
    if (axes.length > 0) {
      this.line(
        `for ${axes.map(({ axis, extent }) => `i${axis} < ${extent}`).join(', ')}${reverse ? ', backwards' : ''}:`,
      );
      this.#depth++;
    }
    body();
    if (axes.length > 0) this.#depth--;
  }

  block(title: string, body: () => void): void {
    this.line(title);
    this.#depth++;
    body();
    this.#depth--;
  }

  /** The name of a value. */
  value(id: number): string {
    return this.#values.get(id) ?? `v${id}`;
  }

  name(id: number, text: string): void {
    this.#values.set(id, text);
  }

  instrs(body: readonly Instr[]): void {
    for (const instr of body) {
      // Numbers stand where they are used.
      if (instr.kind === 'const') this.#values.set(instr.id, formatScalar(instr.value, instr.dtype));
      else this.line(`v${instr.id} = ${this.#expression(instr)}`);
    }
  }

  #expression(instr: Exclude<Instr, { kind: 'const' }>): string {
    switch (instr.kind) {
      case 'load': {
        const picked = instr.indirect.map(({ id, coeff }) =>
          coeff === 1 ? this.value(id) : `${coeff}*${this.value(id)}`,
        );
        const fixed = formatIndex(instr.index);
        const index = [...(fixed === '0' && picked.length > 0 ? [] : [fixed]), ...picked].join(' + ');
        const load = `${this.buffers[instr.buffer]}[${index}]`;
        return instr.masks.length === 0
          ? load
          : `${load} if ${formatMasks(instr.masks)} else ${formatNumber(instr.fill)}`;
      }
      case 'index':
        return formatIndex(instr.expr);
      case 'guard':
        return `${this.value(instr.value)} if ${formatMasks(instr.masks)} else ${this.value(instr.otherwise)}`;
      case 'scratch':
        return `scratch${instr.slot}[here]`;
      case 'compute': {
        const args = instr.args.map((id) => this.value(id));
        const sign = infix[instr.op];
        if (sign) return args.join(` ${sign} `);
        if (instr.op === 'where') return `${args[1]} if ${args[0]} else ${args[2]}`;
        const name = instr.op === 'cast' || instr.op === 'bitcast' ? `${instr.op} ${instr.dtype}` : instr.op;
        return `${name}(${args.join(', ')})`;
      }
    }
  }

  stores(stores: readonly Store[]): void {
    for (const { buffer, index, value } of stores)
      this.line(`${this.buffers[buffer]}[${formatIndex(index)}] = ${this.value(value)}`);
  }
}

function printRow(nest: Nest<'row'>, out: Printer): void {
  out.instrs(nest.setup);
  nest.scratch.forEach((dtype, slot) => out.line(`scratch${slot}: ${dtype} for each inner position`));
  const keepers = nest.accumulators.map(({ id, scope, combine, value, stage }) => ({
    stage,
    text: `v${id} = ${combine} of ${out.value(value)} over ${scope === 'column' ? 'all rows, for each inner position' : 'all rows'}`,
  }));
  out.loop(nest.rows, () => {
    nest.stages.forEach((stage, s) => {
      const accumulated = keepers.filter((keeper) => keeper.stage === s);
      out.instrs(stage.rowBody);
      out.stores(stage.rowStores);
      const walks = [stage.body, stage.reduces, stage.scans, stage.keeps, stage.stores].some(
        (part) => part.length > 0,
      );
      const pass = (): void => {
        out.instrs(stage.body);
        for (const { id, combine, value, position } of stage.reduces) {
          out.line(
            `v${id} = ${combine} of ${out.value(value)}${position ? ` at ${formatIndex(position)}` : ''}`,
          );
        }
        for (const { id, combine, value } of stage.scans)
          out.line(`v${id} = running ${combine} of ${out.value(value)}`);
        for (const { slot, value } of stage.keeps) out.line(`scratch${slot}[here] = ${out.value(value)}`);
        out.stores(stage.stores);
        for (const { text } of accumulated) out.line(text);
      };
      if (walks) out.loop(nest.inner, pass, stage.reverse);
      else for (const { text } of accumulated) out.line(text);
    });
  });
  const { finishColumns, finishTotals } = nest;
  if (finishColumns.stores.length > 0) {
    out.block('after all rows:', () =>
      out.loop(nest.inner, () => (out.instrs(finishColumns.body), out.stores(finishColumns.stores))),
    );
  }
  if (finishTotals.stores.length > 0)
    out.block(
      'after all rows, once:',
      () => (out.instrs(finishTotals.body), out.stores(finishTotals.stores)),
    );
}

function printContract(nest: Nest<'contract'>, out: Printer): void {
  const { batch, m, n, k } = nest;
  out.loop([...batch, ...m, ...n], () => {
    out.loop(k, () => {
      out.instrs(nest.a.body);
      out.instrs(nest.b.body);
      out.line(`v${nest.sum} = sum of ${out.value(nest.a.value)} * ${out.value(nest.b.value)}`);
    });
    out.instrs(nest.body);
    out.stores(nest.stores);
  });
}

function printSegmented(nest: Nest<'segmented'>, out: Printer): void {
  out.instrs(nest.setup);
  const streams = new Printer(
    nest.streams.map((buffers) => `(${buffers.map((b) => out.buffers[b]).join(' | ')})`),
  );
  for (const { id } of nest.setup) streams.name(id, out.value(id));
  out.block(`for each segment, i0 < (${nest.counts.join(' | ')}):`, () => {
    streams.instrs(nest.body);
    streams.stores(nest.stores);
    streams.lines.forEach((line) => out.line(line));
  });
}

function printScatter(nest: Nest<'scatter'>, out: Printer): void {
  out.loop(nest.base.axes, () => {
    out.instrs(nest.base.body);
    out.stores(nest.base.stores);
  });
  out.loop(nest.axes, () => {
    out.instrs(nest.body);
    const { id, coeff, bound } = nest.indirect;
    const place = `${formatIndex(nest.index)} + ${coeff === 1 ? '' : `${coeff}*`}${out.value(id)}`;
    const assign = nest.combine === 'add' ? '+=' : '=';
    out.line(
      `${out.buffers[nest.buffer]}[${place}] ${assign} ${out.value(nest.value)} if 0 <= ${out.value(id)} < ${bound}`,
    );
  });
}

function printAttention(nest: Nest<'attention'>, out: Printer): void {
  const { batch, queries, keys, width, valueWidth, scale, causal, q, k, v, mask, dropout, backward } = nest;
  const operand = (name: string, axes: readonly Axis[], { body, value }: typeof q): void =>
    out.loop(axes, () => {
      out.instrs(body);
      out.line(`${name}[${axes.map(({ axis }) => `i${axis}`).join(', ')}] = ${out.value(value)}`);
    });
  operand('q', [batch, queries, width], q);
  operand('k', [batch, keys, width], k);
  operand('v', [batch, keys, valueWidth], v);
  if (mask) operand('mask', [batch, queries, keys], mask);
  if (dropout) {
    out.instrs(dropout.body);
    const key = dropout.key.map((id) => out.value(id)).join(', ');
    out.line(`kept(x) = x / ${formatNumber(1 - dropout.probability)} or 0, drawn with key (${key})`);
  }
  const seen = causal ? ` for i${keys.axis} <= i${queries.axis}` : '';
  const scores = `s = ${formatNumber(scale)} * q k^T${mask ? ' + mask' : ''}${seen}`;
  const kept = (x: string): string => (dropout ? `kept(${x})` : x);
  const results: Record<AttentionResult, string> = {
    output: `${kept('softmax(s)')} v`,
    logsumexp: 'log sum exp(s)',
    gradientQ: 'scale * ds k',
    gradientK: 'scale * ds^T q',
    gradientV: `${kept('p')}^T cotangent`,
  };
  if (backward) {
    operand('cotangent', [batch, queries, valueWidth], backward.cotangent);
    operand('logsumexp', [batch, queries], backward.logsumexp);
    operand('rows', [batch, queries], backward.rows);
  }
  out.block(`tile by tile over i${queries.axis}, i${keys.axis}:`, () => {
    out.line(scores);
    if (backward) {
      out.line('p = exp(s - logsumexp)');
      out.line(`ds = p * (${kept('cotangent v^T')} - rows)`);
    }
    for (const [result, buffer] of Object.entries(nest.results) as [AttentionResult, number][])
      out.line(`${out.buffers[buffer]} = ${results[result]}`);
  });
}

const bodies: { readonly [K in LoopNest['kind']]: (nest: Nest<K>, out: Printer) => void } = {
  map: (nest, out) =>
    out.loop(nest.axes, () => {
      out.instrs(nest.body);
      out.stores(nest.stores);
    }),
  row: printRow,
  contract: printContract,
  segmented: printSegmented,
  scatter: printScatter,
  attention: printAttention,
  opaque: ({ op, outer, size, inner, descending, input, output }, out) =>
    out.line(
      `${out.buffers[output]} = ${op} of ${out.buffers[input]} along the middle of [${outer}, ${size}, ${inner}]${descending ? ', descending' : ''}`,
    ),
};

/** Buffers of one name are told apart by number. */
function bufferNames(buffers: readonly NestBuffer[]): string[] {
  const counts = new Map<string, number>();
  return buffers.map(({ name }) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count === 1 ? name : `${name}_${count}`;
  });
}

/** The loops of a nest, without its heading. */
export function printLoops(nest: LoopNest): string[] {
  const out = new Printer(bufferNames(nest.buffers));
  // One cast: TypeScript does not see that the printer at `kind` takes nests of that kind.
  (bodies[nest.kind] as (nest: LoopNest, out: Printer) => void)(nest, out);
  return out.lines;
}

/** A nest for a person: its comment, its buffers, its loops. */
export function printNest(nest: LoopNest): string {
  const names = bufferNames(nest.buffers);
  const listed = (wanted: 'read' | 'write'): string =>
    nest.buffers
      .flatMap(({ access, dtype, elements }, i) =>
        (access === 'read') === (wanted === 'read') ? [`${names[i]}: ${dtype}[${elements}]`] : [],
      )
      .join(', ');
  return [
    `${nest.kind} ${nest.name}(${listed('read')}) -> ${listed('write')}`,
    ...nest.comment.map((line) => `  # ${line}`),
    ...printLoops(nest).map((line) => `  ${line}`),
  ].join('\n');
}
