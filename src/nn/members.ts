/** How modules find what their fields hold: directly, or in plain arrays, Maps and records. */

/** PyTorch's name for a field: `runningMean` is `running_mean`. */
export const torchName = (field: string): string =>
  field.replace(/(?<=[a-z0-9])[A-Z]+/g, (letters) => `_${letters.toLowerCase()}`);

const isHolder = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

function itemsOf(value: object): Iterable<readonly [unknown, unknown]> {
  if (Array.isArray(value)) return value.entries();
  if (value instanceof Map) return value.entries();
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.entries(value) : [];
}

/** Everything of a kind that `value` holds, with its path; each container is opened once. */
export function* membersOf<M>(
  path: string,
  value: unknown,
  isMember: (value: unknown) => value is M,
  opened = new Set<object>(),
): Generator<readonly [string, M]> {
  if (!isHolder(value)) return;
  if (isMember(value)) {
    yield [path, value];
    return;
  }
  if (opened.has(value)) return;
  opened.add(value);
  for (const [key, item] of itemsOf(value))
    yield* membersOf(`${path}.${String(key)}`, item, isMember, opened);
}

/** `a.b`, or `b` alone at the root. */
export const joinPath = (prefix: string, name: string): string =>
  prefix === '' ? name : `${prefix}.${name}`;
