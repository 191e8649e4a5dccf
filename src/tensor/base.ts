/**
 * What every tensor can do besides computing: be read, be written when it is state, take part in differentiation, and
 * show itself. The generated class Tensor adds the operations.
 */
import {
  DTypeError,
  FusegradError,
  InternalError,
  ShapeError,
  atSite,
  formatShape,
  isFloat,
  numel,
  type DType,
  type Shape,
} from '../core/index.js';
import * as f from '../functional/index.js';
import { g, type Node } from '../graph/index.js';
import {
  Cell,
  Value,
  activeTrace,
  awaitWrite,
  commit,
  gradientsEnabled,
  realise,
  refuseInTrace,
  touch,
  type Data,
} from '../runtime/index.js';
import { noState, setContent } from './content.js';
import { accumulate, isTracked, readGrad, writeGrad, type BackwardOptions } from './gradients.js';
import { formatTensor } from './print.js';
import { dataOf, itemOf, nested, numbersOf, type Held, type Nested, type Numbers } from './values.js';

/** Runs a public operation: everything it records carries the place it was called from. */
export const call = atSite;

type OperandLike = TensorBase | number | boolean | bigint;

export class TensorBase {
  /** @internal The runtime's side of this tensor. */
  readonly value: Value;

  constructor(of: Node | Data | Cell) {
    this.value = new Value(of);
  }

  /** @internal The graph value to compute with. */
  get node(): Node {
    return this.value.operand();
  }

  /** Sizes of the dimensions. */
  get shape(): Shape {
    return this.value.shape;
  }

  /** Element type. */
  get dtype(): DType {
    return this.value.dtype;
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Number of elements (torch.numel). */
  get numel(): number {
    return numel(this.shape);
  }

  /** Whether it was made by the user rather than computed: only such tensors accumulate `grad`. */
  get isLeaf(): boolean {
    return this.value.cell !== undefined || this.value.lazyNode === undefined || !this.requiresGrad;
  }

  /** Whether gradients flow into or through it. */
  get requiresGrad(): boolean {
    const { cell } = this.value;
    return cell ? cell.requiresGrad : this.value.lazyNode !== undefined && isTracked(this.value.lazyNode);
  }
  set requiresGrad(flag: boolean) {
    this.requiresGrad_(flag);
  }

  /**
   * Makes a tensor at hand a leaf that accumulates gradients, or stops it from doing so (torch.Tensor.requires_grad_).
   * @throws FusegradError for a value that is computed.
   */
  requiresGrad_(flag = true): this {
    return call(() => {
      if (flag && !isFloat(this.dtype)) {
        throw new DTypeError('requiresGrad_', `only floating tensors have gradients, not ${this.dtype}`);
      }
      if (!this.value.cell) {
        if (!flag && !this.requiresGrad) return this;
        if (activeTrace()) {
          throw new FusegradError(
            'requiresGrad_: a tensor of a traced function is no leaf',
            'use grad(output, [tensor])',
          );
        }
        if (this.requiresGrad)
          throw new FusegradError('requiresGrad_: only leaves can change it', 'use .detach()');
        this.#becomeState();
      }
      this.value.cell!.requiresGrad = flag;
      touch();
      return this;
    });
  }

  /** The gradient `backward()` accumulated here, or null. */
  get grad(): this | null {
    const { cell } = this.value;
    return cell ? (readGrad(cell, plainMaker(this)) as this | null) : null;
  }

  set grad(to: TensorBase | null) {
    const { cell } = this.value;
    if (!cell)
      throw new FusegradError(
        'grad: only leaves hold a gradient',
        'use grad(output, [tensor]) for other values',
      );
    if (to && formatShape(to.shape) !== formatShape(this.shape)) {
      throw new ShapeError(
        'grad',
        `a gradient of ${formatShape(this.shape)} has that shape, not ${formatShape(to.shape)}`,
      );
    }
    if (to && to.dtype !== this.dtype)
      throw new DTypeError(
        'grad',
        `a gradient of ${this.dtype} is ${this.dtype}, not ${to.dtype}`,
        'cast it',
      );
    writeGrad(cell, to);
  }

  /**
   * Adds the gradient of this value with respect to every leaf it depends on to that leaf's `grad`
   * (torch.Tensor.backward).
   * @param options The gradient of something with respect to this value, or options.
   * @param options.gradient That gradient; needed unless the value has one element.
   * @param options.createGraph Whether gradients may flow through what is added, on to further derivatives.
   * @throws GradientError for several elements without `gradient`, or when nothing requires a gradient.
   * @throws ShapeError for a gradient of another shape.
   */
  backward(options: TensorBase | BackwardOptions | null = {}): void {
    call(() => accumulate(this, options, plainMaker(this)));
  }

  /** Keeps this value readable after the state it was computed from is overwritten. */
  retain(): this {
    this.value.retained = true;
    if (this.value.lazyNode && !this.value.isTraced) awaitWrite(this.value);
    return this;
  }

  /** Its content lies in a cell of its own from now on: what was computed from it keeps the values it saw. */
  #becomeState(): Cell {
    this.#realise();
    const { storage, shape, dtype } = this.value.data!;
    const cell = new Cell(storage.copy(), shape, dtype);
    this.value.becomeCell(cell);
    touch();
    return cell;
  }

  #realise(): void {
    refuseInTrace('reading a tensor');
    if (this.value.isTraced) void this.value.node;
    realise([this.value], () => this.requiresGrad);
  }

  /** @internal The data, computed if need be. */
  materialise(): Data | Cell {
    // What is at hand costs no look at the stack: compiled calls come here with every argument.
    const held = this.value.cell ?? this.value.data;
    if (held && !activeTrace()) return held;
    return call(() => {
      this.#realise();
      const { cell, data } = this.value;
      if (!cell && !data) throw new InternalError('a value was computed and has no data');
      return (cell ?? data)!;
    });
  }

  /** The content as it is at the call, as a copy: wherever it lies, and whatever runs before it has come. */
  async #read(): Promise<Held> {
    const { storage, dtype } = this.materialise();
    return { array: await storage.read(), dtype };
  }

  /**
   * All values in row-major order, as a copy: a typed array of this dtype (half types as float32).
   * @throws BackendError for what lies in the memory of a device: there is `await x.data()`.
   */
  dataSync(): Numbers {
    return dataOf(this.materialise());
  }

  /** All values in row-major order, as a copy. */
  async data(): Promise<Numbers> {
    return numbersOf(await this.#read());
  }

  /**
   * The value of a tensor of one element, as a number: 1 or 0 for bool.
   * @throws ShapeError when there are more.
   */
  itemSync(): number {
    this.#refuseMany();
    return itemOf(this.materialise());
  }

  /** The value of a tensor of one element. */
  async item(): Promise<number> {
    this.#refuseMany();
    return itemOf(await this.#read());
  }

  #refuseMany(): void {
    if (numel(this.shape) === 1) return;
    throw new ShapeError(
      'item',
      `a tensor of shape ${formatShape(this.shape)} has no single value`,
      'use tolist() or data()',
    );
  }

  /** The values as nested arrays (torch.Tensor.tolist). */
  tolistSync(): Nested {
    return nested(this.dataSync(), this.shape, this.dtype);
  }

  /** The values as nested arrays. */
  async tolist(): Promise<Nested> {
    return nested(await this.data(), this.shape, this.dtype);
  }

  /**
   * Overwrites the content of a parameter or buffer with `value`, broadcast to its shape. Inside a compiled function later
   * reads see the new content; all writes of a call take effect together.
   * @throws FusegradError for a tensor that is no state.
   */
  assign(value: OperandLike): this {
    return call(() => {
      assignAll([[this, value]]);
      return this;
    });
  }

  /** Overwrites the content from the host at once; a compiled function that reads it is not traced again. */
  set(values: ArrayLike<number> | number): this {
    return call(() => {
      setContent(this, values);
      return this;
    });
  }

  /** In place: this = other, broadcast. Leaves and state only. */
  copy_(other: OperandLike): this {
    return this.#inPlace('copy_', 'x = other', () => operandNode(other, this));
  }
  /** In place: this = value everywhere. */
  fill_(value: number): this {
    return this.#inPlace('fill_', 'full(x.shape, value)', () => g.full(this.shape, value, this.dtype));
  }
  /** In place: this = 0 everywhere. */
  zero_(): this {
    return this.#inPlace('zero_', 'zerosLike(x); for a gradient: x.grad = null', () =>
      g.full(this.shape, 0, this.dtype),
    );
  }
  /** In place: this += alpha * other. */
  add_(other: OperandLike, options: { alpha?: number } = {}): this {
    return this.#inPlace('add_', 'x.add(other)', () => f.add(this.node, lowerOperand(other), options));
  }
  /** In place: this -= alpha * other. */
  sub_(other: OperandLike, options: { alpha?: number } = {}): this {
    return this.#inPlace('sub_', 'x.sub(other)', () => f.sub(this.node, lowerOperand(other), options));
  }
  /** In place: this *= other. */
  mul_(other: OperandLike): this {
    return this.#inPlace('mul_', 'x.mul(other)', () => f.mul(this.node, lowerOperand(other)));
  }
  /** In place: this /= other. */
  div_(other: OperandLike): this {
    return this.#inPlace('div_', 'x.div(other)', () => f.div(this.node, lowerOperand(other)));
  }

  #inPlace(op: string, instead: string, value: () => Node): this {
    return call(() => {
      const { value: own } = this;
      const cell = own.cell ?? (own.made && !activeTrace() ? this.#becomeState() : undefined);
      if (!cell) {
        throw new FusegradError(
          `${op}: only parameters, buffers and leaves change in place`,
          own.made && !own.isTraced
            ? 'in a compiled function, make it state: new Buffer(x)'
            : `use the functional form: ${instead}`,
        );
      }
      if (cell.requiresGrad && gradientsEnabled()) {
        throw new FusegradError(
          `${op}: a leaf that requires a gradient changes in place only under noGrad`,
          'wrap it: noGrad(() => ...)',
        );
      }
      write([[cell, fit(op, value(), this)]]);
      return this;
    });
  }

  /** Shows the values as PyTorch prints them; computes them if need be. */
  async print(): Promise<void> {
    console.log(formatTensor(await this.data(), this.shape, this.dtype, this.requiresGrad));
  }

  /** Never runs anything: the values if they are at hand, else what is known. */
  toString(): string {
    const { cell, data } = this.value;
    const held = cell ?? data;
    if (held && !held.storage.onHost)
      return `Tensor(${this.dtype}${formatShape(this.shape)}, on a device: await t.print())`;
    if (held && !this.value.isTraced)
      return formatTensor(dataOf(held), this.shape, this.dtype, this.requiresGrad);
    const site = this.value.site?.toString();
    const kind = this.value.isTraced ? 'traced' : 'lazy';
    return `Tensor(${this.dtype}${formatShape(this.shape)}, ${kind}${site ? `, ${site}` : ''})`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** What JSON shows; `await t.tolist()` gives all values. */
  toJSON(): string {
    return this.toString();
  }

  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString();
    throw new FusegradError(
      'a tensor is no number: JavaScript operators do not work on it',
      'use a.add(b), a.mul(b), a.lt(b); await a.item() for its value',
    );
  }
}

/** Makes tensors of the class Tensor, which is generated on top of this file: computed values are, whatever a parameter's own class. */
function plainMaker(tensor: TensorBase): (of: Node | Cell) => TensorBase {
  let type = tensor.constructor as typeof TensorBase;
  for (let base = type; base !== TensorBase; base = Object.getPrototypeOf(base) as typeof TensorBase)
    type = base;
  return (of) => new type(of);
}

const lowerOperand = (x: OperandLike): Node | number | boolean | bigint =>
  x instanceof TensorBase ? x.node : x;

const operandNode = (x: OperandLike, like: TensorBase): Node =>
  x instanceof TensorBase ? x.node : g.full(like.shape, x, like.dtype);

/** A value as the content of `target`: stretched to its shape, in its dtype. */
function fit(op: string, value: Node, target: TensorBase): Node {
  const stretched = f.broadcastTo(value, target.shape as number[]);
  if (isFloat(stretched.dtype) && !isFloat(target.dtype)) {
    throw new DTypeError(op, `${stretched.dtype} does not fit into ${target.dtype}`, 'cast it first');
  }
  return g.cast(stretched, target.dtype);
}

function write(pairs: readonly (readonly [Cell, Node])[]): void {
  const trace = activeTrace();
  if (trace) for (const [cell, value] of pairs) trace.write(cell, value);
  else commit(pairs.map(([cell, value]) => ({ cell, value })));
}

/** Writes several parameters or buffers at once, all from the state before. */
export function assignAll(pairs: readonly (readonly [TensorBase, OperandLike])[]): void {
  call(() => {
    write(
      pairs.map(([target, value]) => {
        const { cell } = target.value;
        if (!cell) throw noState('assign', target);
        return [cell, fit('assign', operandNode(value, target), target)] as const;
      }),
    );
  });
}
