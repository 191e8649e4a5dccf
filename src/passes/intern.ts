/** Hash-consing: equal nodes are one object, which keeps the sources of all it stands for. */
import type { Leaf, OpName } from '../ops/index.js';
import { withInputs, type Node, type Source } from '../graph/index.js';
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

/** Ids up to here fit into one exact number by twos. */
const idLimit = 2 ** 26;

/** What tells nodes of one primitive apart: a number where two operands are all there is, which is quicker to find than text. */
function keyOf({ op, attrs }: Node, inputs: readonly Node[]): number | string {
  const names = Object.keys(attrs);
  const a = inputs[0]?.id ?? 0;
  const b = inputs[1]?.id ?? 0;
  // Operands keep their order in the node: only the key forgets it.
  const exchanged = a > b && commutative.has(op);
  const short = names.length === 0 && inputs.length <= 2;
  if (short && a < idLimit && b < idLimit) return exchanged ? b * idLimit + a : a * idLimit + b;
  let key = '';
  if (exchanged) key += `${b},${a},`;
  else for (const input of inputs) key += `${input.id},`;
  if (names.length > 1) names.sort();
  for (const name of names) key += `;${name}=${textOf((attrs as Record<string, AttrValue>)[name]!)}`;
  return key;
}

/** The nodes of one compilation, by what they compute. */
export class InternTable {
  readonly #byOp = new Map<OpName, Map<number | string, Node>>();
  readonly #sources = new Map<Node, Source[]>();

  has(value: Node): boolean {
    return this.#sources.has(value);
  }

  /**
   * The node like `traced` on interned operands, which have the shapes and dtypes of its own, for the events in `sources`.
   * `simplify` says what a node met for the first time becomes; `merged` is called when an equal one was there.
   */
  intern(
    traced: Node,
    inputs: readonly Node[],
    sources: readonly Source[],
    simplify: (fresh: Node) => Node,
    merged: () => void,
  ): Node {
    const nodes = this.#ofOp(traced.op);
    const key = keyOf(traced, inputs);
    const known = nodes.get(key);
    if (known) {
      merged();
      this.absorb(known, sources);
      return known;
    }
    const own: Source[] = [];
    const fresh = withInputs(traced, inputs, own);
    const result = simplify(fresh);
    if (result === fresh) this.#sources.set(fresh, own);
    nodes.set(key, result);
    this.absorb(result, sources);
    return result;
  }

  #ofOp(op: OpName): Map<number | string, Node> {
    const known = this.#byOp.get(op);
    if (known) return known;
    const made = new Map<number | string, Node>();
    this.#byOp.set(op, made);
    return made;
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
