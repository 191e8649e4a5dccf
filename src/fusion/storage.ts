/**
 * Which values go to memory. A value used only where it is computed never does; one used elsewhere is stored there
 * once, or computed again by its readers when that moves fewer bytes.
 */
import { dtypes, numel } from '../core/index.js';
import type { Node } from '../graph/index.js';
import { axesFor, isRenaming, isView } from '../loops/index.js';
import { ops } from '../ops/index.js';
import { fits, tooManyBuffers } from './buffers.js';
import { isElementwise, isLeaf, type Flow } from './flow.js';
import { isClosed, type Group } from './group.js';
import type { Grouping, Refusal } from './grouping.js';

/** `value` is written where `stored` lies: itself, or itself with its positions renamed. */
export interface Result {
  readonly value: Node;
  readonly stored: Node;
}

/** Work a reader may repeat to spare a store: elementwise operations per element. */
const cheap = 4;
const bytesOf = (node: Node): number => numel(node.shape) * dtypes[node.dtype].bytes;

export interface Storage {
  readonly results: ReadonlyMap<Group, readonly Result[]>;
  /** Kernels that only move a view into place. */
  readonly copies: readonly Group[];
}

export function chooseStorage(flow: Flow, grouping: Grouping, fused: boolean, refusals: Refusal[]): Storage {
  const results = new Map<Group, Result[]>();
  const copies: Group[] = [];
  const refused = new Set(refusals.map(({ producer }) => producer));
  /** Groups in whose kernels a value is needed. */
  const sites = new Map<Node, Set<Group>>();
  const need = (node: Node, group: Group): void => {
    const known = sites.get(node);
    if (known) known.add(group);
    else sites.set(node, new Set([group]));
  };
  const store = (group: Group, result: Result): void => {
    const known = results.get(group);
    if (known) known.push(result);
    else results.set(group, [result]);
  };

  for (const place of flow.demanded) {
    if (!isView(place) && !isLeaf(place)) continue;
    if (place.op === 'input' || place.op === 'state') continue;
    let value: Node = place;
    while (isRenaming(value)) value = value.inputs[0]!;
    const home = isView(value) || isLeaf(value) || flow.free.has(value) ? undefined : grouping.home(value);
    if (home && fused && !isClosed(home) && home.members.get(value)?.level === 'element') {
      store(home, { value, stored: place });
      need(value, home);
      continue;
    }
    const group = copyGroup(place, copies.length);
    copies.push(group);
    store(group, { value: place, stored: place });
    for (const source of sourcesOf(place, group, flow)) need(source, group);
  }

  const repeated = new Map<Group, Set<Node>>();
  /** Whether these kernels can bind what they read once they compute a value again. */
  const fit = (node: Node, groups: readonly Group[]): boolean =>
    groups.every((group) =>
      fits([group.members.keys()], flow, grouping.limits, [repeated.get(group) ?? [], [node]]),
    );

  for (const node of [...flow.compute].reverse()) {
    const home = grouping.home(node);
    const needed = sites.get(node) ?? new Set<Group>();
    const demanded = flow.demanded.has(node);
    if (!home) continue;
    if (demanded) needed.add(home);
    if (needed.size === 0) continue;
    const elsewhere = [...needed].filter((group) => group !== home);
    const wanted =
      !demanded &&
      elsewhere.length > 0 &&
      fused &&
      (isElementwise(node)
        ? recompute(node, home, elsewhere, needed.has(home), flow, grouping)
        : `${node.op} is not computed again by those who read what is made of it`);
    const again = wanted === true && !fit(node, elsewhere) ? tooManyBuffers : wanted;
    const stored = demanded || (elsewhere.length > 0 && again !== true);
    if (stored && typeof again === 'string' && (isElementwise(node) || !refused.has(node))) {
      refusals.push({ producer: node, consumer: flow.users.get(node)![0]!, reason: again });
    }
    if (stored) store(home, { value: node, stored: node });
    const computedIn = stored ? [home] : [...needed];
    if (!stored) {
      for (const group of elsewhere) {
        const known = repeated.get(group);
        if (known) known.add(node);
        else repeated.set(group, new Set([node]));
      }
    }
    for (const group of computedIn) for (const source of sourcesOf(node, group, flow)) need(source, group);
  }
  return { results, copies };
}

/** The values a node reads in `group`: through views, unless a view lies in memory itself. */
function sourcesOf(node: Node, group: Group, flow: Flow): Set<Node> {
  const found = new Set<Node>();
  const stack: Node[] = isLeaf(node) ? [] : [...node.inputs];
  for (let at = stack.pop(); at; at = stack.pop()) {
    if (!isView(at)) found.add(at);
    else if (!flow.demanded.has(at) || madeFrom(at, group)) stack.push(...at.inputs);
  }
  return found;
}

/** Whether a view shows values that `group` itself computes: there it is no place to load from. */
export function madeFrom(view: Node, group: Group): boolean {
  const stack = [...view.inputs];
  for (let at = stack.pop(); at; at = stack.pop()) {
    if (group.members.has(at)) return true;
    if (isView(at)) stack.push(...at.inputs);
  }
  return false;
}

const copyGroup = (place: Node, index: number): Group => ({
  id: -1 - index,
  kind: 'map',
  domain: place.shape,
  orientation: undefined,
  update: false,
  members: new Map([[place, { level: 'element', at: axesFor(place.shape) }]]),
  needs: new Set(),
  readers: new Set(),
  depth: 0,
});

/** true when readers should compute the value themselves, else why not. */
function recompute(
  node: Node,
  home: Group,
  elsewhere: readonly Group[],
  usedAtHome: boolean,
  flow: Flow,
  grouping: Grouping,
): true | string {
  const tree = new Set<Node>();
  const leaves = new Set<Node>();
  let cost = 0;
  const stack = [node];
  for (let at = stack.pop(); at; at = stack.pop()) {
    if (tree.has(at) || leaves.has(at)) continue;
    const atHome = grouping.home(at);
    const inside =
      isElementwise(at) &&
      !flow.demanded.has(at) &&
      !(at !== node && readElsewhere(at, tree, flow, grouping));
    if (at === node || flow.free.has(at) || inside) {
      tree.add(at);
      // A picked element costs its position too.
      cost += at.op === 'gather' ? 3 : ops[at.op].cost;
      stack.push(...(flow.sources.get(at) ?? []));
      if (tree.size > 64) return 'too much to compute again';
    } else {
      leaves.add(at);
      const kept = isLeaf(at) || flow.demanded.has(at) || readElsewhere(at, tree, flow, grouping);
      if (!kept && atHome && numel(at.shape) >= numel(node.shape))
        return `to compute it again, ${at.op} would have to be stored instead`;
    }
  }
  const loaded = [...leaves].reduce((sum, leaf) => sum + bytesOf(leaf), 0);
  const repeats = Math.max(...elsewhere.map((group) => repeatsIn(group, node)));
  const once = elsewhere.length === 1 && !usedAtHome;
  const moves = `computing it again reads ${loaded} bytes for ${bytesOf(node)}`;
  if (repeats > 1) return cost <= 2 && loaded <= bytesOf(node) * 1.1 ? true : `${moves}, ${repeats} times`;
  if (once) return loaded <= bytesOf(node) * 3 + 64 ? true : moves;
  if (cost > cheap) return `costs ${cost} operations an element to compute again`;
  return loaded <= bytesOf(node) * 1.1 + 64 ? true : moves;
}

/** How often one element of `node` is evaluated by a kernel that computes it itself. */
function repeatsIn(group: Group, node: Node): number {
  if (group.kind === 'contract') {
    const root = [...group.members.keys()].find((member) => member.op === 'conv');
    return root ? numel(root.inputs[1]!.shape.slice(2)) : 1;
  }
  // Tiles are packed again for each tile of the other side.
  if (group.kind === 'attention') return 2;
  return Math.max(1, Math.round(numel(group.domain) / Math.max(1, numel(node.shape))));
}

const readElsewhere = (node: Node, tree: ReadonlySet<Node>, flow: Flow, grouping: Grouping): boolean =>
  flow.users
    .get(node)!
    .some((user) => !tree.has(user) && grouping.home(user) !== grouping.home(node) && !flow.free.has(user));
