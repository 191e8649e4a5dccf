/** Padding as modules. */
import * as F from '../tensor/F.js';
import type { Tensor } from '../tensor/index.js';
import { Module } from './module.js';
import { repr } from './print.js';

/** One amount for every side, or amounts before and after, last dimension first. */
export type PaddingAmounts = number | readonly number[];

abstract class Pad extends Module {
  readonly padding: readonly number[];
  protected abstract readonly mode: 'constant' | 'reflect' | 'replicate';

  constructor(
    padding: PaddingAmounts,
    rank: number,
    readonly value = 0,
  ) {
    super();
    this.padding = typeof padding === 'number' ? new Array<number>(2 * rank).fill(padding) : [...padding];
  }

  forward(input: Tensor): Tensor {
    return F.pad(input, this.padding, { mode: this.mode, value: this.value });
  }

  override extraRepr(): string {
    return repr(this.padding);
  }
}

abstract class ConstantPad extends Pad {
  protected readonly mode = 'constant';

  override extraRepr(): string {
    return `padding=${repr(this.padding)}, value=${this.value}`;
  }
}

/** Pads time with a value. */
export class ConstantPad1d extends ConstantPad {
  constructor(padding: PaddingAmounts, value: number) {
    super(padding, 1, value);
  }
}

/** Pads images with a value. */
export class ConstantPad2d extends ConstantPad {
  constructor(padding: PaddingAmounts, value: number) {
    super(padding, 2, value);
  }
}

/** Pads volumes with a value. */
export class ConstantPad3d extends ConstantPad {
  constructor(padding: PaddingAmounts, value: number) {
    super(padding, 3, value);
  }
}

/** Pads images with zeros. */
export class ZeroPad2d extends Pad {
  protected readonly mode = 'constant';

  constructor(padding: PaddingAmounts) {
    super(padding, 2);
  }
}

abstract class ReflectionPad extends Pad {
  protected readonly mode = 'reflect';
}

/** Pads time with its mirror image. */
export class ReflectionPad1d extends ReflectionPad {
  constructor(padding: PaddingAmounts) {
    super(padding, 1);
  }
}

/** Pads images with their mirror image. */
export class ReflectionPad2d extends ReflectionPad {
  constructor(padding: PaddingAmounts) {
    super(padding, 2);
  }
}

/** Pads volumes with their mirror image. */
export class ReflectionPad3d extends ReflectionPad {
  constructor(padding: PaddingAmounts) {
    super(padding, 3);
  }
}

abstract class ReplicationPad extends Pad {
  protected readonly mode = 'replicate';
}

/** Pads time with its edge. */
export class ReplicationPad1d extends ReplicationPad {
  constructor(padding: PaddingAmounts) {
    super(padding, 1);
  }
}

/** Pads images with their edge. */
export class ReplicationPad2d extends ReplicationPad {
  constructor(padding: PaddingAmounts) {
    super(padding, 2);
  }
}

/** Pads volumes with their edge. */
export class ReplicationPad3d extends ReplicationPad {
  constructor(padding: PaddingAmounts) {
    super(padding, 3);
  }
}
