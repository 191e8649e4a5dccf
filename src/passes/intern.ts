/** Hash-consing: equal nodes are one object, which keeps the sources of all it stands for. */
import type { Leaf, OpAttrs, OpName } from '../ops/index.js';
import { node, type Node, type Source } from '../graph/index.js';
import { commutative } from './rule.js';

/** Places of the user's program a merged node remembers: enough to show, bounded for a zero that all share. */
const maxSources = 32;

type AttrValue = number | bigint | string | boolean | readonly number[] | Leaf;

/** Numbers by their value with -0 apart from 0; the decimal form of a double is exact. */
function textOf(value: AttrValue): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object') return String(value);
  return 'id' in value ? `#${value.id}` : `[${value.join()}]`;
}

function keyOf(op: OpName, inputs: readonly Node[], attrs: OpAttrs[OpName]): string {
  let key = `${op}(`;
  // Operands keep their order in the node: only the key forgets it.
  if (commutative.has(op) && inputs[0]!.id > inputs[1]!.id) key += `${inputs[1]!.id},${inputs[0]!.id},`;
  else for (const input of inputs) key += `${input.id},`;
  const names = Object.keys(attrs);
  if (names.length > 1) names.sort();
  for (const name of names) key += `;${name}=${textOf((attrs as Record<string, AttrValue>)[name]!)}`;
  return key;
}

/** A node to be had: one that is there already, or a new one. */
export interface Wanted {
  readonly op: OpName;
  readonly inputs: readonly Node[];
  readonly attrs: OpAttrs[OpName];
  readonly sources: readonly Source[];
}

/** The nodes of one compilation, by what they compute. */
export class InternTable {
  readonly #byKey = new Map<string, Node>();
  readonly #sources = new Map<Node, Source[]>();

  has(value: Node): boolean {
    return this.#sources.has(value);
  }

  /**
   * The node for `op` on interned operands. `simplify` says what a node met for the first time becomes; `merged` is
   * called when an equal one was there.
   */
  intern(wanted: Wanted, simplify: (fresh: Node) => Node, merged: () => void): Node {
    const key = keyOf(wanted.op, wanted.inputs, wanted.attrs);
    const known = this.#byKey.get(key);
    if (known) {
      merged();
      this.absorb(known, wanted.sources);
      return known;
    }
    const sources: Source[] = [];
    const fresh = node(wanted.op, wanted.inputs, wanted.attrs, sources);
    const result = simplify(fresh);
    if (result === fresh) this.#sources.set(fresh, sources);
    this.#byKey.set(key, result);
    this.absorb(result, wanted.sources);
    return result;
  }

  /** `value` stands for the events in `sources` too. Leaves stand for themselves only. */
  absorb(value: Node, sources: readonly Source[]): void {
    const own = this.#sources.get(value)!;
    if (own.length > 0 && value.inputs.length === 0) return;
    for (const source of sources) {
      if (own.length >= maxSources) return;
      const known = own.some(
        (other) =>
          other.site === source.site && other.origin === source.origin && other.module === source.module,
      );
      if (!known) own.push(source);
    }
  }
}
