/**
 * Kernels that do the same to different arrays become one: the update of every parameter by an optimizer is a single
 * segmented kernel, whatever the shapes.
 */
import type { Fusion } from '../fusion/index.js';
import {
  axesFor,
  axisIndex,
  flattenIndex,
  type Instr,
  type MapNest,
  type SegmentedNest,
} from '../loops/index.js';
import { roots } from '../graph/index.js';
import { storageOf } from '../fusion/index.js';
import type { Kernel } from './index.js';

/** A map whose accesses are all either the element itself or a scalar, with the accesses named by role. */
interface Flat {
  readonly kernel: Kernel & { nest: MapNest };
  readonly count: number;
  /** Buffers accessed per element, in order of first use. */
  readonly streams: readonly number[];
  readonly signature: string;
}

function flatten(kernel: Kernel, isResult: (kernel: Kernel) => boolean): Flat | undefined {
  const { nest } = kernel;
  if (nest.kind !== 'map' || !isResult(kernel)) return undefined;
  const extents = nest.axes.map((axis) => axis.extent);
  const count = extents.reduce((a, b) => a * b, 1);
  const rank = Math.max(-1, ...nest.axes.map((axis) => axis.axis)) + 1;
  const shape = new Array<number>(rank).fill(1);
  for (const { axis, extent } of nest.axes) shape[axis] = extent;
  const identity = flattenIndex(axesFor(shape), shape).key;
  const streams: number[] = [];
  const role = (buffer: number, index: { key: string }): string | undefined => {
    if (count > 1 && index.key === '0' && nest.buffers[buffer]!.elements === 1)
      return `scalar ${kernel.operands[buffer]!.id}`;
    if (index.key !== identity || nest.buffers[buffer]!.elements !== count) return undefined;
    if (!streams.includes(buffer)) streams.push(buffer);
    return `stream ${streams.indexOf(buffer)} ${nest.buffers[buffer]!.dtype}`;
  };
  const lines: string[] = [];
  const first = nest.body[0]?.id ?? 0;
  const rename = new Map(nest.body.map((instr, i) => [instr.id, i]));
  for (const instr of nest.body) {
    const line = describe(instr, rename, role);
    if (line === undefined) return undefined;
    lines.push(line);
  }
  for (const store of nest.stores) {
    const where = role(store.buffer, store.index);
    if (where === undefined) return undefined;
    lines.push(`store ${where} ${rename.get(store.value) ?? first}`);
  }
  return { kernel: kernel as Flat['kernel'], count, streams, signature: lines.join('\n') };
}

function describe(
  instr: Instr,
  rename: ReadonlyMap<number, number>,
  role: (buffer: number, index: { key: string }) => string | undefined,
): string | undefined {
  switch (instr.kind) {
    case 'const':
      return `const ${instr.dtype} ${Object.is(instr.value, -0) ? '-0' : instr.value}`;
    case 'compute':
      return `${instr.op} ${instr.of} ${instr.dtype} ${instr.part ?? ''} ${instr.args.map((id) => rename.get(id)).join(' ')}`;
    case 'load': {
      if (instr.masks.length > 0 || instr.indirect.length > 0) return undefined;
      const where = role(instr.buffer, instr.index);
      return where === undefined ? undefined : `load ${where}`;
    }
    default:
      return undefined;
  }
}

/** Merges kernels of equal meaning whose results nothing in the program reads. */
export function mergeSegments(kernels: readonly Kernel[], fusion: Fusion): Kernel[] {
  const finals = new Set(roots(fusion.flow.graph).map(storageOf));
  const read = new Set(
    kernels.flatMap(({ nest, operands }) => operands.filter((_, i) => nest.buffers[i]!.access === 'read')),
  );
  const isResult = ({ nest, operands }: Kernel): boolean =>
    operands.every((node, i) => nest.buffers[i]!.access === 'read' || (finals.has(node) && !read.has(node)));
  const families = new Map<string, Flat[]>();
  const out: Kernel[] = [];
  for (const kernel of kernels) {
    const flat = flatten(kernel, isResult);
    if (!flat || flat.count < 1) {
      out.push(kernel);
      continue;
    }
    const family = families.get(flat.signature);
    if (family) family.push(flat);
    else families.set(flat.signature, [flat]);
  }
  for (const family of families.values()) out.push(family.length === 1 ? family[0]!.kernel : merge(family));
  return out;
}

function merge(family: readonly Flat[]): Kernel {
  const first = family[0]!;
  const buffers = [...first.kernel.nest.buffers];
  const operands = [...first.kernel.operands];
  const streams = first.streams.map((buffer) => [buffer]);
  // Scalars are the same in every segment.
  for (const { kernel, streams: own } of family.slice(1)) {
    own.forEach((buffer, s) => {
      streams[s]!.push(buffers.push(kernel.nest.buffers[buffer]!) - 1);
      operands.push(kernel.operands[buffer]!);
    });
  }
  const at = axisIndex(0, Math.max(...family.map(({ count }) => count)));
  const toStream = (buffer: number): number => first.streams.indexOf(buffer);
  const setup: Instr[] = [];
  const body: Instr[] = [];
  for (const instr of first.kernel.nest.body) {
    if (instr.kind === 'load' && toStream(instr.buffer) >= 0)
      body.push({ ...instr, buffer: toStream(instr.buffer), index: at });
    else if (instr.kind === 'load' || instr.kind === 'const') setup.push(instr);
    else body.push(instr);
  }
  // What rests on scalars alone is computed once.
  const invariantIds = new Set(setup.map((instr) => instr.id));
  const perElement = body.filter((instr) => {
    const uniform = instr.kind === 'compute' && instr.args.every((arg) => invariantIds.has(arg));
    if (uniform) {
      invariantIds.add(instr.id);
      setup.push(instr);
    }
    return !uniform;
  });
  const stores = first.kernel.nest.stores.map((store) => ({
    ...store,
    buffer: toStream(store.buffer),
    index: at,
  }));
  const nest: SegmentedNest = {
    kind: 'segmented',
    name: first.kernel.nest.name,
    comment: [...first.kernel.nest.comment, `${family.length} segments`],
    buffers,
    counts: family.map((flat) => flat.count),
    streams,
    setup,
    body: perElement,
    stores,
  };
  return { nest, operands, regions: family.flatMap(({ kernel }) => kernel.regions) };
}
