/** What emission hands to the runtime: shaders, and what to dispatch in which order. Plain data. */
import type { DType } from '../../core/index.js';
import type { BufferRef } from '../../plan/program.js';
import type { Target } from '../../plan/target.js';
import type { Emitted } from '../backend.js';
import type { Slab } from './slabs.js';

/**
 * One shader module with the entry point `main`. Binding i of group 0 is a storage buffer; after the last comes the report
 * of indices out of range, if the shader has checks.
 */
export interface Shader {
  readonly name: string;
  readonly code: string;
  readonly bindings: readonly ('read' | 'read_write')[];
  readonly reports: boolean;
}

/** What each binding of a shader is, the report of indices last. */
export const bindingsOf = ({ bindings, reports }: Shader): Shader['bindings'] =>
  reports ? [...bindings, 'read_write'] : bindings;

/** Memory between the dispatches of one step, of so many words. */
export interface ScratchRef {
  readonly space: 'scratch';
  readonly index: number;
  readonly words: number;
}

/** Whether a kernel of the target can bind all of them. The target leaves one for reports. */
export const isBindable = (shader: Shader, { buffersPerKernel }: Target): boolean =>
  bindingsOf(shader).length <= buffersPerKernel + 1;

/** Bytes of the longest vector. */
const vectorBytes = 16;
/** Bytes with what fills up the last vector, which may be read and written too. */
export const wholeVectors = (bytes: number): number => Math.ceil(bytes / vectorBytes) * vectorBytes;

/** Bytes of such memory. */
export const scratchBytes = ({ words }: ScratchRef): number => wholeVectors(4 * words);

/** A buffer of the program, memory between the dispatches of one step, or several arrays side by side. */
export type DeviceRef = BufferRef | ScratchRef | { readonly space: 'slab'; readonly index: number };

/** Part of a buffer, in bytes: a binding reaches only so far. */
export interface RefPart {
  readonly space: 'part';
  readonly of: DeviceRef;
  readonly offset: number;
  readonly extent: number;
}

/** What a reference is part of, or itself. */
export const wholeRef = (ref: DeviceRef | RefPart): DeviceRef => (ref.space === 'part' ? ref.of : ref);

/** Equal for references to one memory. */
export const refKey = (ref: DeviceRef | RefPart): string =>
  ref.space === 'part'
    ? `${refKey(ref.of)} from ${ref.offset}`
    : `${ref.space} ${ref.space === 'arena' ? ref.allocation : ref.index}`;

export interface Dispatch {
  readonly kind: 'dispatch';
  /** Index among the shaders. */
  readonly shader: number;
  /** What each binding is. No memory is bound twice. */
  readonly buffers: readonly (DeviceRef | RefPart)[];
  readonly workgroups: readonly [number, number, number];
  /** Which of the program's steps it belongs to. */
  readonly step: number;
}

export interface Copy {
  readonly kind: 'copy';
  readonly from: BufferRef;
  readonly to: BufferRef;
  readonly elements: number;
  readonly dtype: DType;
  readonly step: number;
}

export interface ShaderProgram extends Emitted {
  readonly shaders: readonly Shader[];
  readonly commands: readonly (Dispatch | Copy)[];
  /** Bytes of each scratch buffer. */
  readonly scratch: readonly number[];
  readonly slabs: readonly Slab[];
}
