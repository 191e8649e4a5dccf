/** Arguments as trees: arrays and records whose leaves are tensors or fixed values. */
import { sameShape, type DType, type Shape } from '../core/index.js';
import { Tensor } from './tensor.generated.js';

type Spec =
  | { readonly kind: 'tensor'; readonly shape: Shape; readonly dtype: DType }
  | { readonly kind: 'array'; readonly items: readonly Spec[] }
  | { readonly kind: 'record'; readonly keys: readonly string[]; readonly items: readonly Spec[] }
  | { readonly kind: 'fixed'; readonly value: unknown };

export interface Tree {
  readonly spec: Spec;
  readonly tensors: readonly Tensor[];
  /** The arguments it was made from, tensors aside. */
  readonly sample: unknown;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null &&
  typeof value === 'object' &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);

function specOf(value: unknown, tensors: Tensor[]): Spec {
  if (value instanceof Tensor) {
    // State among the arguments is an input like any other: its content is read at the call.
    tensors.push(value);
    return { kind: 'tensor', shape: value.shape, dtype: value.dtype };
  }
  if (Array.isArray(value)) return { kind: 'array', items: value.map((each) => specOf(each, tensors)) };
  if (isRecord(value)) {
    const keys = Object.keys(value);
    return { kind: 'record', keys, items: keys.map((key) => specOf(value[key], tensors)) };
  }
  return { kind: 'fixed', value };
}

export function flattenTree(args: readonly unknown[]): Tree {
  const tensors: Tensor[] = [];
  return { spec: specOf(args, tensors), tensors, sample: args };
}

/** The tensors among arguments, in the order of `flattenTree`. */
export function tensorsOf(value: unknown, found: Tensor[] = []): Tensor[] {
  if (value instanceof Tensor) found.push(value);
  else if (Array.isArray(value)) for (let i = 0; i < value.length; i++) tensorsOf(value[i], found);
  else if (isRecord(value)) for (const key of Object.keys(value)) tensorsOf(value[key], found);
  return found;
}

function matches(spec: Spec, value: unknown): boolean {
  switch (spec.kind) {
    case 'tensor':
      return value instanceof Tensor && value.dtype === spec.dtype && sameShape(value.shape, spec.shape);
    case 'array':
      if (!Array.isArray(value) || value.length !== spec.items.length) return false;
      for (let i = 0; i < value.length; i++) if (!matches(spec.items[i]!, value[i])) return false;
      return true;
    case 'record': {
      if (!isRecord(value)) return false;
      const keys = Object.keys(value);
      return (
        keys.length === spec.keys.length &&
        spec.keys.every((key, i) => keys[i] === key && matches(spec.items[i]!, value[key]))
      );
    }
    case 'fixed':
      return Object.is(spec.value, value);
  }
}

/** Whether arguments are of the kind a tree was made from: same shapes and dtypes, equal fixed values. */
export const matchesTree = (tree: Tree, args: unknown): boolean => matches(tree.spec, args);

/** The arguments with other tensors in place. */
export function mapTree(tree: Tree, tensors: readonly Tensor[]): unknown {
  let next = 0;
  const build = (spec: Spec): unknown => {
    switch (spec.kind) {
      case 'tensor':
        return tensors[next++];
      case 'array':
        return spec.items.map(build);
      case 'record':
        return Object.fromEntries(spec.keys.map((key, i) => [key, build(spec.items[i]!)]));
      case 'fixed':
        return spec.value;
    }
  };
  return build(tree.spec);
}

/** Names of a function's parameters, as far as its source shows plain ones. */
export function parameterNames(fn: (...args: never[]) => unknown): string[] {
  const list = /^(?:async\s+)?(?:function\s*\w*\s*)?(?:\(([^()]*)\)|(\w+)\s*=>)/.exec(fn.toString());
  const names = (list?.[1] ?? list?.[2] ?? '').split(',').map((each) => each.trim());
  return names.every((each) => /^[A-Za-z_$][\w$]*$/.test(each)) ? names : [];
}

/** What each tensor among the arguments is called: its parameter, and the way to it inside. */
export function tensorNames(tree: Tree, parameters: readonly string[]): string[] {
  const names: string[] = [];
  const visit = (spec: Spec, name: string): void => {
    if (spec.kind === 'tensor') names.push(name);
    else if (spec.kind === 'array') spec.items.forEach((item, i) => visit(item, `${name}.${i}`));
    else if (spec.kind === 'record') spec.items.forEach((item, i) => visit(item, `${name}.${spec.keys[i]!}`));
  };
  if (tree.spec.kind === 'array')
    tree.spec.items.forEach((item, i) => visit(item, parameters[i] ?? `arg${i}`));
  return names;
}
