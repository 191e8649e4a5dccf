/** What all optimizers share: groups, state, and one parallel assignment a step. */
import { ArgumentError, atSite, formatShape, kindOf, sameShape } from '../core/index.js';
import { g, withOrigin } from '../graph/index.js';
import { torchName } from '../nn/members.js';
import { lastCalled, strays } from '../nn/module.js';
import { repr } from '../nn/print.js';
import { moveTo, observe, touch, type BackendName } from '../runtime/index.js';
import { isIterable } from '../tensor/arguments.js';
import { Buffer, Parameter, Tensor, assignAll } from '../tensor/index.js';
import { filledState, zeroState } from '../tensor/state.js';
import { makeGroup, type ParamGroup, type ParamGroupInit, type Params } from './group.js';
import type { CommonOptions, Rule } from './rule.js';

type Cells = Readonly<Record<string, Buffer>>;

/** Parameters that have been updated in the same steps: they share counters. */
interface Cohort {
  readonly counters: Cells;
}

interface Entry {
  readonly slots: Cells;
  cohort: Cohort;
}

/** An optimizer's state as PyTorch writes it; `params` number the parameters through all groups. */
export interface OptimizerState {
  readonly state: Readonly<Record<string, Readonly<Record<string, Tensor>>>>;
  readonly param_groups: readonly Readonly<Record<string, unknown>>[];
}

/** Parameters that some optimizer updates. */
const held = new WeakSet<Tensor>();

const mapRecord = <A, B>(
  record: Readonly<Record<string, A>>,
  f: (value: A, key: string) => B,
): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value, key)]));

/** Base class of the optimizers. */
export class Optimizer<O extends CommonOptions> {
  /** Groups of parameters with their options. */
  readonly paramGroups: ParamGroup<O>[] = [];
  /** Options of groups that give none. */
  readonly defaults: Readonly<O>;
  readonly #rule: Rule<O, string, string, unknown>;
  readonly #check: (options: Readonly<O>) => void;
  readonly #rates = new Map<ParamGroup<O>, Buffer>();
  readonly #entries = new Map<Tensor, Entry>();
  /** Counts changes of groups and cohorts, on which a traced step depends. */
  #version = 0;
  #checked = false;

  constructor(
    params: Params<O>,
    defaults: O,
    rule: Rule<O, string, string, unknown>,
    check: (options: Readonly<O>) => void = () => undefined,
  ) {
    this.defaults = defaults;
    this.#rule = rule;
    this.#check = check;
    if (!isIterable(params)) {
      throw new ArgumentError('Optimizer', `takes a list, not ${kindOf(params)}`, 'pass model.parameters()');
    }
    const list: (Tensor | ParamGroupInit<O>)[] = [...params];
    if (list.length === 0) throw new ArgumentError('Optimizer', 'got an empty parameter list');
    const isGroup = (item: Tensor | ParamGroupInit<O>): item is ParamGroupInit<O> =>
      !(item instanceof Tensor);
    const groups = list.filter(isGroup);
    if (groups.length === 0) this.addParamGroup({ params: list as Tensor[] } as unknown as ParamGroupInit<O>);
    else if (groups.length === list.length) for (const group of groups) this.addParamGroup(group);
    else throw new ArgumentError('Optimizer', 'takes parameters or groups of them, not both');
  }

  /** Adds parameters with options of their own. */
  addParamGroup(init: ParamGroupInit<O>): void {
    const { group, lr } = makeGroup(init, this.defaults);
    this.#check(group);
    const known = new Set(this.paramGroups.flatMap(({ params }) => params));
    for (const param of group.params) {
      if (known.has(param)) throw new ArgumentError('Optimizer', 'a parameter appears twice');
      known.add(param);
      held.add(param);
    }
    this.paramGroups.push(group);
    this.#rates.set(group, lr);
    this.#changed();
  }

  #changed(): void {
    this.#version++;
    touch();
  }

  /** The groups with their options, as PyTorch prints them. */
  toString(): string {
    const groups = this.paramGroups.map(({ params: _, ...options }, i) => {
      const lines = Object.entries(options).map(
        ([name, value]) => `    ${torchName(name)}: ${repr(value)}\n`,
      );
      return `Parameter Group ${i}\n${lines.sort().join('')}`;
    });
    return `${this.constructor.name} (\n${groups.join('\n')})`;
  }

  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /**
   * Forgets the gradients of all parameters.
   * @param options `setToNone` (the default): no gradient, rather than one of zeros.
   */
  zeroGrad(options: { setToNone?: boolean | undefined } = {}): void {
    observe(() => this.#version);
    for (const { params } of this.paramGroups) {
      for (const param of params) {
        param.grad = (options.setToNone ?? true) || !param.grad ? null : param.grad.mul(0);
      }
    }
  }

  /**
   * Updates every parameter that has a gradient.
   * @param closure Computes the loss and its gradients first.
   * @returns What `closure` returned.
   */
  step<T = undefined>(closure?: () => T): T | undefined {
    const result = closure?.();
    atSite(() => withOrigin('optimizer', () => this.#step()));
    return result;
  }

  #step(): void {
    if (!this.#checked) warnOfUnheld();
    this.#checked = true;
    const writes = g.sharingScalars(() => this.#updates());
    observe(() => this.#version);
    if (writes.length > 0) assignAll(writes);
  }

  /** What the step writes, and where. */
  #updates(): (readonly [Tensor, Tensor])[] {
    const writes: (readonly [Tensor, Tensor])[] = [];
    for (const group of this.paramGroups) {
      const options: Readonly<O> = { ...group };
      for (const [cohort, params] of this.#cohorts(group)) {
        const { counters, scalars } = this.#rule.advance(cohort.counters, this.#rates.get(group)!, options);
        for (const [name, value] of Object.entries(counters)) writes.push([cohort.counters[name]!, value!]);
        for (const param of params) {
          const { slots } = this.#entries.get(param)!;
          // Cut off here once, an update carries no gradient: noGrad() would cut at every operation.
          const [p, gradient] = [param.detach(), param.grad!.detach()];
          const next = this.#rule.update({ p, g: gradient, slots, scalars }, options);
          writes.push([param, next.p]);
          for (const [name, value] of Object.entries(next.slots)) writes.push([slots[name]!, value!]);
        }
      }
    }
    return writes;
  }

  /** The parameters of a group that have gradients, by what they share; those left out of a step part from the rest. */
  #cohorts(group: ParamGroup<O>): Map<Cohort, Tensor[]> {
    const ready = group.params.filter(({ grad }) => grad !== null);
    let fresh: Cohort | undefined;
    for (const param of ready) {
      if (this.#entries.has(param)) continue;
      fresh ??= { counters: mapRecord(this.#rule.counters(group), scalar) };
      this.#entries.set(param, { slots: this.#makeSlots(param, group), cohort: fresh });
    }
    const cohorts = new Map<Cohort, Tensor[]>();
    for (const param of ready) {
      const { cohort } = this.#entries.get(param)!;
      const members = cohorts.get(cohort);
      if (members) members.push(param);
      else cohorts.set(cohort, [param]);
    }
    for (const [cohort, members] of [...cohorts]) {
      const all = group.params.filter((param) => this.#entries.get(param)?.cohort === cohort);
      if (all.length === members.length) continue;
      const apart: Cohort = { counters: mapRecord(cohort.counters, (counter) => new Buffer(counter)) };
      for (const param of members) this.#entries.get(param)!.cohort = apart;
      cohorts.delete(cohort);
      cohorts.set(apart, members);
      this.#changed();
    }
    return cohorts;
  }

  #makeSlots(param: Tensor, group: ParamGroup<O>): Cells {
    const { shape, dtype } = param;
    const owner = param instanceof Parameter && param.name ? `${param.name}.` : '';
    return mapRecord(this.#rule.slots(group), (value = 0, name) => {
      const content = value === 0 ? zeroState(shape, dtype) : filledState(shape, value, dtype);
      return new Buffer(content, { name: owner + torchName(name) });
    });
  }

  /**
   * Moves its state to where a backend computes, as `model.to(backend)` moves parameters.
   * @example await optimizer.to('wasm');
   */
  async to(backend: BackendName | 'auto'): Promise<this> {
    const entries = [...this.#entries.values()];
    const state = entries.flatMap(({ slots, cohort }) =>
      [slots, cohort.counters].flatMap(Object.values<Buffer>),
    );
    await moveTo(backend, new Set([...state, ...this.#rates.values()].map(({ value }) => value.cell!)));
    return this;
  }

  /** The state of every parameter by its number, and the groups. The tensors are the state itself, not copies. */
  stateDict(): OptimizerState {
    const params = this.paramGroups.flatMap((group) => group.params);
    const number = new Map(params.map((param, i) => [param, i]));
    const state = params.flatMap((param, i) => {
      const entry = this.#entries.get(param);
      if (!entry) return [];
      const cells = Object.entries({ ...entry.cohort.counters, ...entry.slots });
      return [[i, Object.fromEntries(cells.map(([name, cell]) => [torchName(name), cell]))] as const];
    });
    return {
      state: Object.fromEntries(state),
      param_groups: this.paramGroups.map(({ params: members, ...options }) => ({
        ...mapKeys<unknown>(options, torchName),
        params: members.map((param) => number.get(param)!),
      })),
    };
  }

  /**
   * Takes over a state dict of an optimizer with groups of the same sizes.
   * @throws ArgumentError when groups, names or shapes do not fit; then nothing has changed.
   */
  loadStateDict(dict: OptimizerState): void {
    const sizes = dict.param_groups.map(({ params }) => (params as readonly number[]).length);
    if (
      !sameShape(
        sizes,
        this.paramGroups.map(({ params }) => params.length),
      )
    ) {
      const own = formatShape(this.paramGroups.map(({ params }) => params.length));
      throw new ArgumentError(
        'loadStateDict',
        `groups of ${formatShape(sizes)} parameters do not fit groups of ${own}`,
      );
    }
    const entries = new Map<Tensor, Entry>();
    for (const [i, group] of this.paramGroups.entries()) {
      const options = mapKeys(dict.param_groups[i]!, (name) => fieldOf(group, name));
      const cohorts = new Map<string, Cohort>();
      for (const [j, param] of group.params.entries()) {
        const saved = dict.state[String((dict.param_groups[i]!.params as readonly number[])[j])];
        if (saved) entries.set(param, this.#restore(param, withGroup(group, options), saved, cohorts));
      }
    }
    for (const [i, group] of this.paramGroups.entries()) {
      const { params: _, ...options } = dict.param_groups[i]!;
      Object.assign(
        group,
        mapKeys(options, (name) => fieldOf(group, name)),
      );
    }
    this.#entries.clear();
    for (const [param, entry] of entries) this.#entries.set(param, entry);
    this.#changed();
  }

  #restore(
    param: Tensor,
    options: Readonly<O>,
    state: Readonly<Record<string, Tensor>>,
    cohorts: Map<string, Cohort>,
  ): Entry {
    const take = (name: string, shape: readonly number[]): Tensor => {
      const value = state[torchName(name)];
      if (value && sameShape(value.shape, shape)) return value;
      const found = value ? formatShape(value.shape) : 'nothing';
      throw new ArgumentError(
        'loadStateDict',
        `${torchName(name)} is ${found}, expected ${formatShape(shape)}`,
      );
    };
    const slots = mapRecord(this.#rule.slots(options), (_, name) => {
      return new Buffer(take(name, param.shape).to(param.dtype), { name: torchName(name) });
    });
    const saved = mapRecord(this.#rule.counters(options), (_, name) => take(name, []));
    // Counters are shared where they are equal, or the same ones if their values lie on a device.
    const key = Object.values(saved)
      .map((value) => (isOnHost(value) ? value.itemSync() : `#${numberOf(value)}`))
      .join();
    const cohort = cohorts.get(key) ?? { counters: mapRecord(saved, counterFrom) };
    cohorts.set(key, cohort);
    return { slots, cohort };
  }
}

const scalar = (value: number | undefined, name: string): Buffer =>
  new Buffer({ data: [value ?? 0], shape: [] }, { name: torchName(name) });

const isOnHost = (value: Tensor): boolean => value.materialise().storage.onHost;

const counterFrom = (value: Tensor, name: string): Buffer =>
  isOnHost(value)
    ? scalar(value.itemSync(), name)
    : new Buffer(value.to('float32'), { name: torchName(name) });

const numbers = new WeakMap<Tensor, number>();
let numbered = 0;

/** Tells tensors apart. */
function numberOf(value: Tensor): number {
  const known = numbers.get(value) ?? numbered++;
  numbers.set(value, known);
  return known;
}

const mapKeys = <T>(record: Readonly<Record<string, T>>, f: (key: string) => string): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [f(key), value]));

/** The option of a group that PyTorch calls `name`. */
const fieldOf = (group: object, name: string): string =>
  Object.keys(group).find((field) => torchName(field) === name) ?? name;

/** A group's options with saved ones in their place. */
const withGroup = <O extends object>(group: ParamGroup<O>, saved: Readonly<Record<string, unknown>>): O => ({
  ...group,
  ...saved,
});

/** A gradient that no optimizer uses is likely a mistake: says so once, by name. */
const warned = new WeakSet<Tensor>();

function warnOfUnheld(): void {
  for (const [name, parameter] of lastCalled()?.namedParameters() ?? []) {
    if (held.has(parameter) || warned.has(parameter) || parameter.grad === null) continue;
    warned.add(parameter);
    console.warn(`fusegrad: ${name} has a gradient, but no optimizer holds it: it will not be trained`);
  }
  for (const [module, from] of strays) {
    const [parameter] = module.parameters().filter((each) => !held.has(each) && each.grad !== null);
    if (!parameter || warned.has(parameter)) continue;
    warned.add(parameter);
    console.warn(
      `fusegrad: ${from.constructor.name} calls a ${module.constructor.name} that its public fields do not lead to: ` +
        `parameters() leaves it out, and it will not be trained`,
    );
  }
}
