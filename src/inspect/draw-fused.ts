/**
 * Kernels as frames around the operations they hold, with the bytes they move; arrows are values that go through
 * memory, with the reason why the two sides are not one kernel.
 */
import { type Node, type Origin } from '../graph/index.js';
import { isView } from '../loops/index.js';
import type { Plan } from '../plan/index.js';
import { Dot, colours, lines, paint } from './dot.js';
import { foldWithin, fold, originOf, shortTitles, type Box } from './fold.js';
import { formatBytes, plural, wrap } from './format.js';
import type { Boundary, KernelView } from './kernels.js';
import {
  drawLeaves,
  drawResults,
  groupLeaves,
  isNamedLeaf,
  legendOf,
  operationsOf,
  savedEdge,
  shortType,
  typesOf,
  type LeafNode,
  type Owner,
} from './pieces.js';
import { bytesAlone, bytesTouched } from './traffic.js';

/** Most boxes of operations and frames around them at the default detail. */
const mostParts = 60;
/** Reasons are cut into lines of this length. */
const reasonWidth = 22;

interface FrameBox extends Owner {
  readonly label: string;
}

/** A frame: one kernel, or all that do nothing but the optimizer's update. */
interface Frame {
  readonly id: string;
  readonly kernels: readonly KernelView[];
  readonly origin: Origin;
  /** The box of each operation; of a kernel that only moves elements, the box that stands for it. */
  readonly boxOf: ReadonlyMap<Node, string>;
  readonly boxes: readonly FrameBox[];
}

/** The name Graphviz knows a frame by. */
const frameId = ({ id }: Frame): string => `cluster_${id}`;

export type FusedDetail = 'module' | 'region' | 'op';

const onlyOptimizer = ({ computed }: KernelView): boolean =>
  computed.length > 0 && computed.every((node) => originOf(node) === 'optimizer');

/** Most of a kernel's operations say where it belongs. */
function mainOrigin(nodes: readonly Node[]): Origin {
  const counts: Record<Origin, number> = { forward: 0, backward: 0, optimizer: 0 };
  for (const node of nodes) counts[originOf(node)]++;
  return (Object.keys(counts) as Origin[]).reduce(
    (best, origin) => (counts[origin] > counts[best] ? origin : best),
    'forward',
  );
}

/** Kernels in frames: at less than full detail those of the optimizer share one. */
function gather(views: readonly KernelView[], detail: FusedDetail): KernelView[][] {
  const update = detail === 'op' ? [] : views.filter(onlyOptimizer);
  if (update.length < 2) return views.map((view) => [view]);
  return [...views.filter((view) => !update.includes(view)).map((view) => [view]), update];
}

const gradientOf = (box: Box, title: string): string =>
  box.origin === 'backward' ? `gradient of ${title}` : title;

/** The boxes in a frame: its operations one by one, by module, or all as one. */
function boxesOf(
  kernels: readonly KernelView[],
  id: string,
  detail: FusedDetail | 'whole',
  titles: ReadonlyMap<string, string>,
): Pick<Frame, 'boxes' | 'boxOf'> {
  const nodes = [...new Set(kernels.flatMap(({ computed }) => computed))];
  if (nodes.length === 0)
    return { boxes: [{ id, origin: 'forward', label: 'moves elements' }], boxOf: new Map() };
  if (detail === 'op') {
    const boxes = nodes.map((node, i) => ({
      id: `${id}_${i}`,
      origin: originOf(node),
      label: `${node.op}\n${shortType(node)}`,
    }));
    return { boxes, boxOf: new Map(nodes.map((node, i) => [node, `${id}_${i}`])) };
  }
  const parts = kernels.length > 1 || detail === 'whole' ? foldWithin(nodes, 1).boxes : fold(nodes).boxes;
  const merged = detail === 'whole' || kernels.length > 1 ? [{ ...parts[0]!, nodes }] : parts;
  const boxes = merged.map((part, i) => ({
    id: `${id}_${i}`,
    origin: part.origin,
    label: lines(
      gradientOf(part, titles.get(part.title) ?? part.title),
      ...wrap(operationsOf(part.nodes, 6), 26),
    ),
  }));
  return {
    boxes,
    boxOf: new Map(merged.flatMap((part, i) => part.nodes.map((node) => [node, `${id}_${i}`] as const))),
  };
}

function framesOf(views: readonly KernelView[], detail: FusedDetail): Frame[] {
  const folded = fold(views.flatMap(({ computed }) => computed)).boxes;
  const titles = new Map([...shortTitles(folded)].map(([box, title]) => [box.title, title]));
  const make = (how: FusedDetail | 'whole'): Frame[] =>
    gather(views, detail).map((kernels, i) => {
      const origin = mainOrigin(kernels.flatMap(({ computed }) => computed));
      return { id: `kernel${i}`, kernels, origin, ...boxesOf(kernels, `box${i}`, how, titles) };
    });
  const frames = make(detail === 'module' ? 'whole' : detail);
  const parts = frames.reduce((sum, frame) => sum + 1 + frame.boxes.length, 0);
  return detail === 'region' && parts > mostParts ? make('whole') : frames;
}

function frameLabel({ kernels }: Frame): string {
  const [only] = kernels;
  const touched = kernels.map(({ nest }) => bytesTouched(nest));
  const read = touched.reduce((sum, t) => sum + t.read, 0);
  const written = touched.reduce((sum, t) => sum + t.written, 0);
  const alone = kernels.reduce(
    (sum, { computed }) => sum + computed.reduce((all, node) => all + bytesAlone(node), 0),
    0,
  );
  return lines(
    kernels.length === 1 ? `${only!.index}: ${only!.name}` : `optimizer: ${plural(kernels.length, 'kernel')}`,
    `${kernels.length === 1 ? `${only!.nest.kind}, ` : ''}reads ${formatBytes(read)}, writes ${formatBytes(written)}`,
    alone > 0 ? `unfused ${formatBytes(alone)}` : '',
  );
}

/** The operation whose result lies in memory as `stored`, perhaps with its elements renamed. */
function behind(stored: Node): Node {
  let at = stored;
  while (isView(at) && at.inputs.length === 1) at = at.inputs[0]!;
  return at;
}

/** The box in a frame that first reads a value. */
function readerOf(frame: Frame, kernel: KernelView, value: Node): string {
  const sees = (node: Node): boolean => {
    const stack = [...node.inputs];
    for (let at = stack.pop(); at; at = stack.pop()) {
      if (at === value) return true;
      if (isView(at)) stack.push(...at.inputs);
    }
    return false;
  };
  const reader = kernel.computed.find(sees);
  return (reader && frame.boxOf.get(reader)) ?? frame.boxes[0]!.id;
}

const writerOf = (frame: Frame, value: Node): string => frame.boxOf.get(behind(value)) ?? frame.boxes[0]!.id;

/** The frames each frame leads to by way of at least one other. */
function shortcuts(
  frames: readonly Frame[],
  frameOf: ReadonlyMap<KernelView, Frame>,
): Map<Frame, Set<Frame>> {
  const before = (frame: Frame): Set<Frame> =>
    new Set(
      frame.kernels
        .flatMap(({ boundaries }) => boundaries.map(({ from }) => frameOf.get(from)!))
        .filter((from) => from !== frame),
    );
  const order = [...frames].sort((a, b) => a.kernels.at(-1)!.index - b.kernels.at(-1)!.index);
  const reachedBy = new Map<Frame, Set<Frame>>();
  const detours = new Map<Frame, Set<Frame>>(frames.map((frame) => [frame, new Set()]));
  for (const frame of order) {
    const direct = [...before(frame)];
    const far = new Set(direct.flatMap((from) => [...(reachedBy.get(from) ?? [])]));
    for (const from of far) detours.get(from)!.add(frame);
    reachedBy.set(frame, new Set([...direct, ...far]));
  }
  return detours;
}

/** Arrows between frames. Where a value is read only long after, a thin one that does not pull frames about. */
function drawBoundaries(dot: Dot, frames: readonly Frame[], frameOf: ReadonlyMap<KernelView, Frame>): void {
  interface Arrow {
    readonly from: Frame;
    readonly to: Frame;
    readonly tail: string;
    readonly head: string;
    readonly boundaries: Boundary[];
  }
  const arrows = new Map<string, Arrow>();
  for (const frame of frames) {
    for (const boundary of frame.kernels.flatMap(({ boundaries }) => boundaries)) {
      const [from, to] = [frameOf.get(boundary.from)!, frame];
      if (from === to) continue;
      const [tail, head] = [writerOf(from, boundary.value), readerOf(to, boundary.to, boundary.value)];
      const arrow = arrows.get(`${tail} ${head}`) ?? { from, to, tail, head, boundaries: [] };
      arrows.set(`${tail} ${head}`, arrow);
      arrow.boundaries.push(boundary);
    }
  }
  const explained = new Set<string>();
  const detours = shortcuts(frames, frameOf);
  for (const { from, to, tail, head, boundaries } of arrows.values()) {
    const pair = `${from.id} ${to.id}`;
    const { reason } = boundaries[0]!;
    const shown = explained.has(pair) ? [] : wrap(reason, reasonWidth);
    explained.add(pair);
    const label = lines(typesOf(boundaries.map(({ value }) => value)), ...shown);
    const ends = { ltail: frameId(from), lhead: frameId(to) };
    if (detours.get(from)!.has(to)) dot.edge(tail, head, { ...savedEdge, ...ends, tooltip: label });
    else dot.edge(tail, head, { label, fontsize: 8, color: colours[from.origin].line, ...ends });
  }
}

export function drawFused(
  views: readonly KernelView[],
  plan: Plan,
  outputs: readonly Node[],
  name: string,
  detail: FusedDetail,
): Dot {
  const frames = framesOf(views, detail);
  const frameOf = new Map(frames.flatMap((frame) => frame.kernels.map((kernel) => [kernel, frame] as const)));
  const owners = new Map(frames.flatMap((frame) => frame.boxes.map((box) => [box.id, box] as const)));
  const readers = new Map<LeafNode, Set<FrameBox>>();
  for (const view of views) {
    const frame = frameOf.get(view)!;
    for (const leaf of view.reads) {
      if (!isNamedLeaf(leaf)) continue;
      const owner = owners.get(readerOf(frame, view, leaf))!;
      readers.set(leaf, (readers.get(leaf) ?? new Set()).add(owner));
    }
  }
  const groups = groupLeaves(readers);
  const origins = new Set(frames.flatMap(({ boxes }) => boxes.map((box) => box.origin)));
  const touched = views
    .map(({ nest }) => bytesTouched(nest))
    .reduce((sum, { read, written }) => sum + read + written, 0);
  const dot = new Dot(
    `${name}: fused\n${plural(plan.kernels.length, 'kernel')} move ${formatBytes(touched)}`,
    { compound: true, ranksep: 0.3 },
  );
  dot.legend(
    [
      [colours.kernel, 'kernel'],
      ...legendOf(
        origins,
        true,
        groups.some(({ leaves }) => leaves[0]!.op === 'state'),
      ),
    ],
    ['arrow: a value that goes through\nmemory, and why', 'dashed arrow: read again later'],
  );
  for (const frame of frames) {
    dot.cluster(
      frame.id,
      {
        label: frameLabel(frame),
        fontsize: 9.5,
        color: colours[frame.origin].line,
        fillcolor: colours.kernel.fill,
        margin: 10,
      },
      () => {
        for (const { id, label, origin } of frame.boxes)
          dot.node(id, { label, fontsize: 9.5, ...paint(colours[origin]) });
        drawInside(dot, frame);
      },
    );
  }
  const frameOfBox = new Map(frames.flatMap((frame) => frame.boxes.map((box) => [box, frame] as const)));
  drawLeaves(dot, groups, (box) => ({ lhead: frameId(frameOfBox.get(box)!) }));
  drawBoundaries(dot, frames, frameOf);
  drawResults(dot, outputs, (output) => {
    const writer = views.find(
      ({ writes, computed }) => writes.includes(output) || computed.includes(behind(output)),
    );
    return writer && writerOf(frameOf.get(writer)!, output);
  });
  return dot;
}

/** Arrows inside a frame: values that never leave the kernel. */
function drawInside(dot: Dot, frame: Frame): void {
  const drawn = new Set<string>();
  for (const [node, to] of frame.boxOf) {
    const stack = [...node.inputs];
    for (let at = stack.pop(); at; at = stack.pop()) {
      const from = frame.boxOf.get(at);
      if (from === undefined && isView(at)) stack.push(...at.inputs);
      if (from === undefined || from === to || drawn.has(`${from} ${to}`)) continue;
      drawn.add(`${from} ${to}`);
      dot.edge(from, to);
    }
  }
}
