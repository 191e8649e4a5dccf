/**
 * A throw-away printer of LoopNests as WGSL: one module per kernel, an entry point per dispatch. It shows that the IR says
 * all that a backend for GPUs needs; nothing here is tuned.
 */
import type { DType } from '../../../src/core/index.js';
import {
  collapse,
  type Axis,
  type ContractNest,
  type LoopNest,
  type MapNest,
  type RowNest,
  type SegmentedNest,
} from '../../../src/loops/index.js';
import { refKey, sizeOf, type Launch } from '../readers/axes.js';
import { helpersIn, storageType, typeOf } from './language.js';
import { declarations, planRow, rowLanes, writeFinish, writeRows } from './row.js';
import { Section, type Memory } from './section.js';

export interface Entry {
  readonly name: string;
  readonly workgroups: readonly [number, number, number];
}
export interface Shader {
  readonly code: string;
  readonly entries: readonly Entry[];
  readonly storageBuffers: number;
}

interface Binding {
  readonly name: string;
  readonly type: string;
  written: boolean;
}

/** Memory that several of a nest's buffers name is bound once: writable bindings may not overlap. */
class Bindings {
  readonly #known = new Map<string, Binding>();

  bind(key: string, name: string, dtype: DType | 'words', written: boolean): string {
    const known = this.#known.get(key);
    if (known) {
      known.written ||= written;
      return known.name;
    }
    const binding = {
      name: `b${this.#known.size}_${name}`,
      type: dtype === 'words' ? 'u32' : storageType(dtype),
      written,
    };
    this.#known.set(key, binding);
    return binding.name;
  }

  get size(): number {
    return this.#known.size;
  }

  text(): string[] {
    return [...this.#known.values()].map(
      ({ name, type, written }, i) =>
        `@group(0) @binding(${i}) var<storage, ${written ? 'read_write' : 'read'}> ${name}: array<${type}>;`,
    );
  }
}

interface Part {
  readonly entry: Entry;
  readonly size: string;
  readonly parameters: string;
  readonly out: Section;
}
interface Printed {
  readonly declarations: readonly string[];
  readonly parts: readonly Part[];
}
type Print<K extends LoopNest['kind']> = (
  nest: Extract<LoopNest, { kind: K }>,
  memory: Memory,
  bindings: Bindings,
  launch: Launch,
) => Printed;

const globalId = '@builtin(global_invocation_id) id: vec3u';
const groupAndLane = '@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u';
const perWorkgroup = 64;
/** A dispatch has at most 65,535 workgroups a dimension: more go into a second one. */
function spread(count: number): { workgroups: Entry['workgroups']; position: string } {
  const groups = Math.ceil(count / perWorkgroup);
  const x = Math.min(groups, 65535);
  return { workgroups: [x, Math.ceil(groups / x), 1], position: `i32(id.x + id.y * ${x * perWorkgroup}u)` };
}

function printMap(nest: MapNest, memory: Memory): Printed {
  const out = new Section(memory);
  const count = sizeOf(nest.axes);
  const { workgroups, position } = spread(count);
  out.line(`let flat = ${position};`);
  out.line(`if (flat >= ${count}) { return; }`);
  out.axes(nest.axes, 'flat');
  out.run(nest.body);
  out.store(nest.stores);
  return {
    declarations: [],
    parts: [
      { entry: { name: nest.name, workgroups }, size: String(perWorkgroup), parameters: globalId, out },
    ],
  };
}

function printRow(nest: RowNest, memory: Memory, bindings: Bindings): Printed {
  const plan = planRow(nest);
  const rows = new Section(memory);
  rows.line('let lane = i32(local.x);');
  if (plan.partialWords === 0) {
    writeRows(nest, plan, rows);
    const entry: Entry = { name: nest.name, workgroups: [plan.chunks, 1, 1] };
    return {
      declarations: declarations(nest, plan),
      parts: [{ entry, size: String(rowLanes), parameters: groupAndLane, out: rows }],
    };
  }
  const partials = bindings.bind('partials', 'partials', 'words', true);
  writeRows(nest, plan, rows);
  const finish = new Section(memory);
  writeFinish(nest, plan, finish);
  for (const { lines } of [rows, finish])
    lines.forEach((line, i) => (lines[i] = line.replaceAll('partials[', `${partials}[`)));
  const columns = Math.ceil(
    Math.max(1, nest.finishColumns.stores.length > 0 ? plan.inner : 1) / perWorkgroup,
  );
  return {
    declarations: declarations(nest, plan),
    parts: [
      {
        entry: { name: nest.name, workgroups: [plan.chunks, 1, 1] },
        size: String(rowLanes),
        parameters: groupAndLane,
        out: rows,
      },
      {
        entry: { name: `${nest.name}_finish`, workgroups: [columns, 1, 1] },
        size: String(perWorkgroup),
        parameters: globalId,
        out: finish,
      },
    ],
  };
}

/** Both operands are packed into workgroup memory, tile by tile: that evaluates their bodies, views and masks with them. */
function printContract(nest: ContractNest, memory: Memory): Printed {
  const tile = 16;
  const out = new Section(memory);
  const type = typeOf(nest.dtype);
  const [m, n, k] = [sizeOf(nest.m), sizeOf(nest.n), sizeOf(nest.k)];
  const zero = `${type}(0)`;
  const pack = (
    into: string,
    { body, value }: ContractNest['a'],
    lanes: readonly Axis[],
    group: string,
    size: number,
  ): void =>
    out.block('', () => {
      out.line(`let lane = ${group} * ${tile} + y;`);
      out.line('let deep = start + x;');
      out.line(`var packed = ${zero};`);
      out.block(`if (lane < ${size} && deep < ${k})`, () => {
        out.axes(lanes, 'lane');
        out.axes(nest.k, 'deep');
        out.run(body);
        out.line(`packed = v${value};`);
      });
      out.line(`${into}[y * ${tile} + x] = packed;`);
    });
  out.line('let x = i32(local.x);');
  out.line('let y = i32(local.y);');
  out.axes(nest.batch, 'i32(group.z)');
  out.line(`var sum = ${zero};`);
  out.block(`for (var start = 0; start < ${k}; start += ${tile})`, () => {
    pack('tile_a', nest.a, nest.m, 'i32(group.y)', m);
    pack('tile_b', nest.b, nest.n, 'i32(group.x)', n);
    out.line('workgroupBarrier();');
    out.line(
      `for (var d = 0; d < ${tile}; d++) { sum += tile_a[y * ${tile} + d] * tile_b[x * ${tile} + d]; }`,
    );
    out.line('workgroupBarrier();');
  });
  out.line(`let row = i32(group.y) * ${tile} + y;`);
  out.line(`let column = i32(group.x) * ${tile} + x;`);
  out.line(`if (row >= ${m} || column >= ${n}) { return; }`);
  out.axes(nest.m, 'row');
  out.axes(nest.n, 'column');
  out.line(`let v${nest.sum} = sum;`);
  out.run(nest.body);
  out.store(nest.stores);
  const workgroups = [Math.ceil(n / tile), Math.ceil(m / tile), sizeOf(nest.batch)] as const;
  return {
    declarations: [
      `var<workgroup> tile_a: array<${type}, ${tile * tile}>;`,
      `var<workgroup> tile_b: array<${type}, ${tile * tile}>;`,
    ],
    parts: [
      { entry: { name: nest.name, workgroups }, size: `${tile}, ${tile}`, parameters: groupAndLane, out },
    ],
  };
}

/**
 * One dispatch for all segments. The buffers of a stream lie in one memory, at offsets that a table holds: a row of it is a
 * segment's first position, then its offset in each stream.
 */
function printSegmented(nest: SegmentedNest, memory: Memory, bindings: Bindings, launch: Launch): Printed {
  const table = bindings.bind('segments', 'segments', 'words', false);
  const width = nest.streams.length + 1;
  const written = new Set(nest.stores.map(({ buffer }) => buffer));
  const streams = nest.streams.map((buffers, s) => {
    const { name, dtype } = nest.buffers[buffers[0]!]!;
    return {
      dtype,
      name: bindings.bind(
        buffers.map((b) => refKey(launch.buffers[b]!)).join('+'),
        name,
        dtype,
        written.has(s),
      ),
    };
  });
  const out = new Section({
    dtype: (stream) => streams[stream]!.dtype,
    at: (stream, index) =>
      `${streams[stream]!.name}[i32(${table}[segment * ${width} + ${stream + 1}]) + ${index}]`,
  });
  const setup = new Section(memory);
  const total = nest.counts.reduce((sum, count) => sum + count, 0);
  const { workgroups, position } = spread(total);
  out.line(`let flat = ${position};`);
  out.line(`if (flat >= ${total}) { return; }`);
  out.line('var segment = 0;');
  out.line(
    `while (segment + 1 < ${nest.counts.length} && flat >= i32(${table}[(segment + 1) * ${width}])) { segment++; }`,
  );
  out.line(`let i0 = flat - i32(${table}[segment * ${width}]);`);
  setup.run(nest.setup);
  out.lines.push(...setup.lines);
  out.run(nest.body);
  out.store(nest.stores);
  return {
    declarations: [],
    parts: [
      { entry: { name: nest.name, workgroups }, size: String(perWorkgroup), parameters: globalId, out },
    ],
  };
}

const printers: { readonly [K in LoopNest['kind']]: Print<K> } = {
  map: printMap,
  row: printRow,
  contract: printContract,
  segmented: printSegmented,
  attention: () => {
    throw new Error('the printer has no attention');
  },
  scatter: () => {
    throw new Error('the printer has no scatters');
  },
  opaque: () => {
    throw new Error('the printer has no sorts');
  },
};

export function printShader(launch: Launch): Shader {
  const nest = collapse(launch.nest);
  const bindings = new Bindings();
  const memory: Memory = {
    dtype: (buffer) => nest.buffers[buffer]!.dtype,
    at: (buffer, index) => {
      const { name, dtype, access } = nest.buffers[buffer]!;
      return `${bindings.bind(refKey(launch.buffers[buffer]!), name, dtype, access !== 'read')}[${index}]`;
    },
  };
  // One cast: TypeScript does not see that the printer at `kind` takes nests of that kind.
  const print = printers[nest.kind] as Print<LoopNest['kind']>;
  const { declarations: shared, parts } = print(nest as never, memory, bindings, launch);
  const functions = parts.map(({ entry, size, parameters, out }) =>
    [`@compute @workgroup_size(${size})`, `fn ${entry.name}(${parameters}) {`, ...out.lines, '}'].join('\n'),
  );
  const body = functions.join('\n\n');
  return {
    code: [...bindings.text(), ...shared, '', ...helpersIn(body), '', body, '']
      .join('\n')
      .replace(/\n{3,}/g, '\n\n'),
    entries: parts.map(({ entry }) => entry),
    storageBuffers: bindings.size,
  };
}
