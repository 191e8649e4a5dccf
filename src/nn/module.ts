/** The base class of models and layers. */
import { ArgumentError, inModule, unpinned } from '../core/index.js';
import { currentEpoch, moveTo, observe, touch, type BackendName, type Cell } from '../runtime/index.js';
import { Buffer, Parameter, type Tensor } from '../tensor/index.js';
import { CallableBase, invoke } from './callable.js';
import { joinPath, membersOf, torchName } from './members.js';
import { printModule } from './print.js';
import { loadState, type LoadResult, type StateDict } from './state-dict.js';

/**
 * Called after a module's `forward` with its arguments and its output.
 * @returns Another output to take its place, or nothing.
 */
export type ForwardHook = (module: Module, args: readonly unknown[], output: unknown) => unknown;

/** A module from one tensor to one tensor. */
export interface Layer extends Module {
  forward(input: Tensor): Tensor;
}

type Member = Module | Parameter | Buffer;

const isMember = (value: unknown): value is Member =>
  value instanceof Module || value instanceof Parameter || value instanceof Buffer;

/** The module whose `forward` runs. */
let active: Module | undefined;
/** The module called last from outside all modules. */
let outermost: Module | undefined;

/** Modules called inside the model in use that are in no field of their caller, and those callers. */
export const strays = new Map<Module, Module>();

/** Runs `body` as what happens inside `module`. */
function within<T>(module: Module, body: () => T): T {
  const enclosing = active;
  if (enclosing === undefined && outermost !== module) {
    outermost = module;
    strays.clear();
  }
  active = module;
  try {
    return body();
  } finally {
    active = enclosing;
  }
}

/** The model in use: the module that was called last and not by another one. */
export const lastCalled = (): Module | undefined => outermost;

/**
 * A model or a layer: parameters, buffers and submodules in its fields (directly, or in arrays, Maps and records), and a
 * `forward` that computes with them. Write `forward`; call the module: `model(x)`.
 */
export abstract class Module extends CallableBase {
  /** Whether it is training: dropout and batch normalisation behave differently then. Set by `train()` and `eval()`. */
  training = true;
  #hooks: readonly ForwardHook[] = [];
  readonly #transient = new Set<string>();
  /** The module it was last called from, and the field through which. */
  #reached: { from: Module; label: string } | undefined;
  /** How fields lead to the modules below: known until a field changes. */
  #labels: { epoch: number; of: ReadonlyMap<Module, string> } | undefined;

  /** Computes the module's output; calling the module runs it. */
  abstract override forward(...args: never[]): unknown;

  [invoke](...args: never[]): unknown {
    const label = this.#label(active);
    return within(this, () =>
      inModule(label, () => {
        const output = unpinned(() => this.forward(...args));
        const hooks = observe(() => this.#hooks);
        return hooks.reduce((result, hook) => unpinned(() => hook(this, args, result)) ?? result, output);
      }),
    );
  }

  /** The field of the calling module that holds this one; the class name of one called by itself. */
  #label(from: Module | undefined): string {
    if (from === undefined) return this.constructor.name;
    if (this.#reached?.from !== from) {
      const label = from.#labelOf(this);
      if (label === undefined) strays.set(this, from);
      this.#reached = { from, label: label ?? this.constructor.name };
    }
    return this.#reached.label;
  }

  /** The fields that lead to a module below this one. */
  #labelOf(sought: Module): string | undefined {
    const epoch = currentEpoch();
    if (this.#labels?.epoch !== epoch) this.#labels = { epoch, of: this.#labelsBelow('', new Map()) };
    return this.#labels.of.get(sought);
  }

  #labelsBelow(prefix: string, labels: Map<Module, string>, met = new Set<Module>()): Map<Module, string> {
    met.add(this);
    for (const [field, value] of Object.entries(this)) {
      for (const [path, member] of membersOf(field, value, isMember)) {
        if (!(member instanceof Module)) continue;
        const label = joinPath(prefix, path);
        if (!labels.has(member)) labels.set(member, label);
        if (!met.has(member)) member.#labelsBelow(label, labels, met);
      }
    }
    return labels;
  }

  /** The name of a field in state dicts: as PyTorch writes it, `running_mean` for `runningMean`. */
  stateName(field: string): string {
    return torchName(field);
  }

  *#members(): Generator<readonly [string, Member]> {
    for (const [field, value] of Object.entries(this)) {
      yield* membersOf(this.stateName(field), value, isMember);
    }
  }

  /** Itself and all modules below, parents first. A module met again is left out, unless `shared` and no ancestor. */
  *#tree(prefix: string, shared: boolean, met = new Set<Module>()): Generator<readonly [string, Module]> {
    if (met.has(this)) return;
    met.add(this);
    yield [prefix, this];
    for (const [name, member] of this.#members()) {
      if (member instanceof Module) yield* member.#tree(joinPath(prefix, name), shared, met);
    }
    if (shared) met.delete(this);
  }

  *#state<M extends Member>(
    shared: boolean,
    select: (member: Member, module: Module, name: string) => member is M,
  ): Generator<readonly [string, M]> {
    const met = new Set<M>();
    for (const [path, module] of this.#tree('', shared)) {
      for (const [name, member] of module.#members()) {
        if (!select(member, module, name) || (!shared && met.has(member))) continue;
        met.add(member);
        const full = joinPath(path, name);
        // Errors and drawings name state by its longest path known.
        if (isState(member) && full.endsWith(member.name ?? '')) member.name = full;
        yield [full, member];
      }
    }
  }

  /** Modules in the fields of this one, with their names. */
  namedChildren(): [string, Module][] {
    const children = new Map<Module, string>();
    for (const [name, member] of this.#members()) {
      if (member instanceof Module && !children.has(member)) children.set(member, name);
    }
    return Array.from(children, ([child, name]) => [name, child]);
  }

  /** Modules in the fields of this one. */
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** This module (named '') and all below, each once. */
  namedModules(): [string, Module][] {
    return Array.from(this.#tree('', false), ([name, module]) => [name, module]);
  }

  /** This module and all below, each once. */
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** All parameters of this module and those below, each once, with their names. */
  namedParameters(): [string, Parameter][] {
    return Array.from(this.#state(false, isParameter), ([name, parameter]) => [name, parameter]);
  }

  /** All parameters of this module and those below, each once: what an optimizer takes. */
  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** All buffers of this module and those below, each once, with their names. */
  namedBuffers(): [string, Buffer][] {
    return Array.from(this.#state(false, isBuffer), ([name, buffer]) => [name, buffer]);
  }

  /** All buffers of this module and those below, each once. */
  buffers(): Buffer[] {
    return this.namedBuffers().map(([, buffer]) => buffer);
  }

  /** Parameters and persistent buffers by the names that PyTorch gives them. They are the state itself, not copies. */
  stateDict(): Record<string, Parameter | Buffer> {
    const dict = Object.create(null) as Record<string, Parameter | Buffer>;
    const saved = (member: Member, module: Module, name: string): member is Parameter | Buffer =>
      isState(member) && !module.#transient.has(name);
    for (const [name, member] of this.#state(true, saved)) dict[name] = member;
    return dict;
  }

  /**
   * Writes the values of a state dict into this module: all of them, or none.
   * @param options `strict` (the default): missing and unexpected names are errors.
   * @returns The names that were missing and unexpected.
   * @throws ArgumentError listing missing and unexpected names and shapes that do not fit.
   * @example model.loadStateDict(await load('model.safetensors'))
   */
  loadStateDict(state: StateDict, options: { strict?: boolean | undefined } = {}): LoadResult {
    return loadState(this.constructor.name, this.stateDict(), state, options.strict ?? true);
  }

  /** Puts this module and all below into training mode, or into evaluation mode with `false`. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Puts this module and all below into evaluation mode. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Moves parameters, their gradients and buffers to where a backend computes. Programs there move state by themselves
   * when they first use it, but for what lies on a WebGPU device: reading that takes waiting.
   * @param backend 'auto': webgpu where `initWebGPU()` has been called, else wasm
   * @example await model.to('wasm');
   */
  async to(backend: BackendName | 'auto'): Promise<this> {
    const cells = new Set<Cell>();
    for (const tensor of [...this.parameters(), ...this.buffers()]) {
      const { cell } = tensor.value;
      cells.add(cell!);
      if (cell!.grad?.value.cell) cells.add(cell!.grad.value.cell);
    }
    await moveTo(backend, cells);
    return this;
  }

  /** Calls `fn` with every module below and then with this one: for initialisation. */
  override apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this);
    return this;
  }

  /** Sets whether the parameters get gradients. */
  requiresGrad_(requiresGrad = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(requiresGrad);
    return this;
  }

  /**
   * Forgets the gradients of all parameters.
   * @param options `setToNone` (the default): no gradient, rather than one of zeros.
   */
  zeroGrad(options: { setToNone?: boolean | undefined } = {}): void {
    for (const parameter of this.parameters()) {
      parameter.grad = (options.setToNone ?? true) || !parameter.grad ? null : parameter.grad.mul(0);
    }
  }

  /**
   * Adds a buffer as the field `name`: state that is saved but not trained.
   * @param options `persistent` (the default): part of the state dict.
   */
  registerBuffer(
    name: string,
    value: Tensor | null,
    options: { persistent?: boolean | undefined } = {},
  ): void {
    this.#register(name, value && (value instanceof Buffer ? value : new Buffer(value)));
    if (options.persistent ?? true) this.#transient.delete(this.stateName(name));
    else this.#transient.add(this.stateName(name));
  }

  /** Adds a parameter as the field `name`. */
  registerParameter(name: string, parameter: Parameter | null): void {
    this.#register(name, parameter);
  }

  /** Adds a submodule as the field `name`. */
  registerModule(name: string, module: Module | null): void {
    this.#register(name, module);
  }

  #register(name: string, member: Member | null): void {
    if (name in this && !Object.hasOwn(this, name)) {
      throw new ArgumentError(
        'register',
        `'${name}' is a method of ${this.constructor.name}`,
        'choose another name',
      );
    }
    Object.assign(this, { [name]: member });
  }

  /**
   * Runs `hook` after every `forward` of this module.
   * @returns What takes it away again.
   */
  registerForwardHook(hook: ForwardHook): { remove: () => void } {
    const own: ForwardHook = (...args) => hook(...args);
    this.#setHooks([...this.#hooks, own]);
    return { remove: () => this.#setHooks(this.#hooks.filter((other) => other !== own)) };
  }

  #setHooks(hooks: readonly ForwardHook[]): void {
    this.#hooks = hooks;
    touch();
  }

  /** What stands in the brackets when the module is printed. */
  extraRepr(): string {
    return '';
  }

  /** The module as PyTorch prints it. */
  override toString(): string {
    const children = this.namedChildren().map(([name, child]) => [name, child.toString()] as const);
    return printModule(this.constructor.name, this.extraRepr(), children);
  }

  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

const isParameter = (member: Member): member is Parameter => member instanceof Parameter;
const isState = (member: Member): member is Parameter | Buffer => !(member instanceof Module);
const isBuffer = (member: Member): member is Buffer => member instanceof Buffer;
