/** Modules that hold modules or parameters. Their keys are data and stand in state dicts as they are. */
import { ArgumentError } from '../core/index.js';
import type { Parameter, Tensor } from '../tensor/index.js';
import { Module, type Layer } from './module.js';

const asItIs = (field: string): string => field;

/** Items as the numbered fields of a module. */
function number(holder: object, items: readonly unknown[], from = 0): void {
  Object.assign(holder, Object.fromEntries(items.map((item, i) => [from + i, item])));
}

/** The fields of a module that are numbers, in order. */
const numbered = <T>(holder: object): T[] =>
  Object.entries(holder).flatMap(([key, item]) => (/^\d+$/.test(key) ? [item as T] : []));

abstract class List<T> extends Module {
  readonly [index: number]: T;

  constructor(items: Iterable<T> = []) {
    super();
    number(this, [...items]);
  }

  override stateName(field: string): string {
    return asItIs(field);
  }

  /** The items in order. */
  toArray(): T[] {
    return numbered<T>(this);
  }

  /** The item at a position, counted from the end when negative. */
  at(index: number): T | undefined {
    return this.toArray().at(index);
  }

  /** Adds an item at the end. */
  append(item: T): this {
    return this.extend([item]);
  }

  /** Adds items at the end. */
  extend(items: Iterable<T>): this {
    number(this, [...items], this.toArray().length);
    return this;
  }

  /** What `fn` makes of each item. */
  map<R>(fn: (item: T, index: number) => R): R[] {
    return this.toArray().map((item, i) => fn(item, i));
  }

  forEach(fn: (item: T, index: number) => void): void {
    this.toArray().forEach((item, i) => fn(item, i));
  }

  entries(): ArrayIterator<[number, T]> {
    return this.toArray().entries();
  }

  [Symbol.iterator](): ArrayIterator<T> {
    return this.toArray().values();
  }

  forward(): never {
    throw new ArgumentError(this.constructor.name, 'only holds its items: call those');
  }
}

/**
 * Modules in a list.
 * @example new nn.ModuleList([3, 4, 5].map((k) => new nn.Conv1d(64, 64, k)))
 */
export class ModuleList<M extends Module = Module> extends List<M> {
  /** Number of modules. */
  override get length(): number {
    return this.toArray().length;
  }
}

/** Parameters in a list. */
export class ParameterList extends List<Parameter> {
  /** Number of parameters. */
  override get length(): number {
    return this.toArray().length;
  }
}

/**
 * Modules one after the other: each takes what the one before gives.
 * @example new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10))
 * @example new nn.Sequential({ hidden: new nn.Linear(784, 128), act: new nn.ReLU() })
 */
export class Sequential extends Module {
  readonly [index: number]: Layer;

  constructor(layers: Readonly<Record<string, Layer>>);
  constructor(...layers: readonly Layer[]);
  constructor(...layers: readonly (Layer | Readonly<Record<string, Layer>>)[]) {
    super();
    const [first] = layers;
    if (first !== undefined && !(first instanceof Module)) fill(this, Object.entries(first));
    else number(this, layers);
  }

  override stateName(field: string): string {
    return asItIs(field);
  }

  #layers(): Layer[] {
    return Object.values(this).filter((value): value is Layer => value instanceof Module);
  }

  /** Number of modules. */
  override get length(): number {
    return this.#layers().length;
  }

  /** The module at a position, counted from the end when negative. */
  at(index: number): Layer | undefined {
    return this.#layers().at(index);
  }

  /** Adds a module at the end. */
  append(layer: Layer): this {
    number(this, [layer], this.length);
    return this;
  }

  forward(input: Tensor): Tensor {
    return this.#layers().reduce((x, layer) => layer(x), input);
  }

  [Symbol.iterator](): ArrayIterator<Layer> {
    return this.#layers().values();
  }
}

function fill(holder: Module, entries: Iterable<readonly [string, Module]>): void {
  for (const [name, module] of entries) holder.registerModule(name, module);
}

/** Modules by name. */
export class ModuleDict<M extends Module = Module> extends Module {
  constructor(modules: Readonly<Record<string, M>> | Iterable<readonly [string, M]> = {}) {
    super();
    fill(this, Symbol.iterator in modules ? modules : Object.entries(modules));
  }

  override stateName(field: string): string {
    return asItIs(field);
  }

  /** The module of a name. */
  get(name: string): M | undefined {
    return this.entries().find(([key]) => key === name)?.[1];
  }

  /** Adds or replaces a module. */
  set(name: string, module: M): this {
    fill(this, [[name, module]]);
    return this;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  keys(): string[] {
    return this.entries().map(([name]) => name);
  }

  values(): M[] {
    return this.entries().map(([, module]) => module);
  }

  entries(): [string, M][] {
    return Object.entries(this).filter((entry): entry is [string, M] => entry[1] instanceof Module);
  }

  [Symbol.iterator](): ArrayIterator<[string, M]> {
    return this.entries().values();
  }

  forward(): never {
    throw new ArgumentError(this.constructor.name, 'only holds its items: call those');
  }
}
