/** A shader under construction: its bindings, its memory shared by a workgroup, its body. */
import { dtypes } from '../../../core/index.js';
import type { NestBuffer } from '../../../loops/index.js';
import {
  wholeVectors,
  refKey,
  type DeviceRef,
  type RefPart,
  type ScratchRef,
  type Shader,
} from '../shader.js';
import type { Target } from '../../../plan/target.js';
import type { SegmentRun } from '../slabs.js';
import type { DeviceTraits } from '../target.js';
import { librarySource, type HelperName } from '../wgsl/library.js';
import { Positions } from '../wgsl/positions.js';
import type { Use, WgslType } from '../wgsl/value.js';
import { checkCount, Writer } from '../wgsl/writer.js';
import { Binding } from './binding.js';

/** What ends a comment in WGSL: names of modules may hold anything. */
const lineBreaks = /[\n\v\f\r\u0085\u2028\u2029]/g;
/** Most workgroups along one dimension of a dispatch, by WebGPU's specification. */
const mostGroups = 65_535;

/** A shader with what it is dispatched on. */
export interface Launch {
  readonly shader: Shader;
  readonly buffers: readonly (DeviceRef | RefPart)[];
  readonly workgroups: readonly [number, number, number];
}

/** What a nest touches: several of its buffers may be one memory. */
export interface Operands {
  readonly traits: DeviceTraits;
  readonly target: Target;
  readonly buffers: readonly NestBuffer[];
  readonly refs: readonly (DeviceRef | RefPart)[];
  /** Memory of `words` words between the dispatches of a nest. */
  readonly scratch: (words: number) => ScratchRef;
  /** What this takes of it is free again afterwards: for dispatches that follow each other, or are not made after all. */
  readonly reuse: <T>(make: () => T) => T;
  /** Equal for references that may lie in one buffer. */
  readonly sharedBy: (ref: DeviceRef | RefPart) => string;
  /** What a segmented nest runs over. */
  readonly runs: readonly SegmentRun[];
}

export class Kernel {
  readonly writer = new Writer();
  readonly positions = new Positions(this.writer);
  readonly #bindings = new Map<string, Binding>();
  readonly #refs: (DeviceRef | RefPart)[] = [];
  readonly #modes: ('read' | 'read_write')[] = [];
  readonly #arrays: string[] = [];
  readonly #helpers = new Set<HelperName>();
  readonly #shared: string[] = [];
  readonly #wide = new Set<string>();
  readonly #functions = new Set<string>();
  #reports = false;
  #subgroups = false;

  constructor(
    readonly name: string,
    readonly operands: Operands,
    readonly comment: readonly string[],
  ) {}

  readonly use: Use = (name) => {
    this.#helpers.add(name);
    return name;
  };

  /**
   * Makes buffers of the nest arrays of vectors, before any of them is used. What is one memory under several numbers is
   * so only if all of them are given.
   */
  widen(buffers: ReadonlySet<number>): void {
    const { refs } = this.operands;
    const others = new Set(refs.flatMap((ref, i) => (buffers.has(i) ? [] : [refKey(ref)])));
    for (const buffer of buffers) {
      const key = refKey(refs[buffer]!);
      if (!others.has(key)) this.#wide.add(key);
    }
  }

  isWide(buffer: number): boolean {
    return this.#wide.has(refKey(this.operands.refs[buffer]!));
  }

  /** A buffer of the nest. */
  buffer(number: number): Binding {
    const { buffers, refs } = this.operands;
    const ref = refs[number]!;
    const key = refKey(ref);
    const known = this.#bindings.get(key);
    if (known) return known;
    const { name, dtype, elements } = buffers[number]!;
    const written = buffers.some(({ access }, i) => access !== 'read' && refKey(refs[i]!) === key);
    const access = { written, wide: this.#wide.has(key), halves: this.operands.traits.halves };
    return this.#bind(ref, { name, dtype, elements }, access, this.#isWrittenTo(ref));
  }

  /** Memory between dispatches. In one kernel it is always of one type, which has a word to itself. */
  scratch(ref: ScratchRef, name: string, dtype: 'float32' | 'int32' | 'uint32'): Binding {
    const access = { written: true, wide: false, halves: false };
    return (
      this.#bindings.get(refKey(ref)) ?? this.#bind(ref, { name, dtype, elements: ref.words }, access, true)
    );
  }

  #bind(
    ref: DeviceRef | RefPart,
    { name, dtype, elements }: Omit<NestBuffer, 'access'>,
    access: ConstructorParameters<typeof Binding>[1],
    writable: boolean,
  ): Binding {
    const cut = this.#cut(ref, elements * dtypes[dtype].bytes);
    const names = cut.refs.map(() => this.writer.fresh(name));
    const parts = { names, bytes: cut.bytes, define: (...lines: string[]) => this.define(...lines) };
    const made = new Binding(dtype, access, this.writer, this.use, parts);
    this.#bindings.set(refKey(ref), made);
    for (const [i, part] of cut.refs.entries()) this.#declare(part, names[i]!, made.type, writable);
    return made;
  }

  /** A buffer in parts that a binding reaches. */
  #cut(
    ref: DeviceRef | RefPart,
    total: number,
  ): { readonly refs: readonly (DeviceRef | RefPart)[]; readonly bytes: number } {
    const { alignment, bindingBytes } = this.operands.target;
    if (total <= bindingBytes || ref.space === 'part') return { refs: [ref], bytes: total };
    const bytes = Math.floor(bindingBytes / alignment) * alignment;
    // The last vector may reach past the last element.
    const end = wholeVectors(total);
    const refs = Array.from({ length: Math.ceil(end / bytes) }, (_, i): RefPart => {
      const offset = i * bytes;
      return { space: 'part', of: ref, offset, extent: Math.min(bytes, end - offset) };
    });
    return { refs, bytes };
  }

  /** Whether the nest writes to it or to what may lie in the same buffer: one dispatch binds a buffer in one way only. */
  #isWrittenTo(ref: DeviceRef | RefPart): boolean {
    const { buffers, refs, sharedBy } = this.operands;
    const shared = sharedBy(ref);
    return buffers.some(({ access }, i) => access !== 'read' && sharedBy(refs[i]!) === shared);
  }

  #declare(ref: DeviceRef | RefPart, name: string, type: string, written: boolean): void {
    const mode = written ? 'read_write' : 'read';
    this.#refs.push(ref);
    this.#modes.push(mode);
    this.#arrays.push(
      `@group(0) @binding(${this.#arrays.length}) var<storage, ${mode}> ${name}: array<${type}>;`,
    );
  }

  /** An array that the invocations of a workgroup share. */
  workgroupArray(wanted: string, type: WgslType | 'vec4f' | 'atomic<u32>', length: number): string {
    const name = this.writer.fresh(wanted);
    this.#shared.push(`var<workgroup> ${name}: array<${type}, ${length}>;`);
    return name;
  }

  /** Says that operations of subgroups are used. @returns the name of their size. */
  subgroupSize(): string {
    this.#subgroups = true;
    return 'subgroup_size';
  }

  /** Adds a function of the kernel's own, once. */
  define(...lines: readonly string[]): void {
    this.#functions.add(lines.join('\n'));
  }

  /** Reports an index out of range. */
  report(check: number, index: string, position: string): string {
    this.#reports = true;
    return `report(${check}, ${index}, ${position});`;
  }

  /**
   * Opens the body for `items` invocations. @returns the number of the invocation, already known to be below `items`.
   */
  eachInvocation(items: number, size = 64): string {
    const w = this.writer;
    // The last row of workgroups may reach beyond the items.
    checkCount(items + mostGroups * size);
    const item = w.fresh('item');
    w.line(`let ${item} = i32(group(workgroup) * ${size}u + lane);`);
    w.line(`if (${item} >= ${items}) { return; }`);
    this.#groups = Math.ceil(items / size);
    this.#size = size;
    return item;
  }

  /** Opens the body for `groups` workgroups of `size`. @returns names of the workgroup's number and of the lane. */
  eachGroup(groups: number, size: number): { group: string; lane: string } {
    checkCount(groups + mostGroups);
    const w = this.writer;
    this.#groups = groups;
    this.#size = size;
    const group = w.fresh('group');
    w.line(`let ${group} = i32(group(workgroup));`);
    w.open(`if (${group} < ${groups})`);
    const lane = w.fresh('lane');
    w.line(`let ${lane} = i32(lane);`);
    return { group, lane };
  }

  #groups = 1;
  #size = 1;

  finish(): Launch {
    const body = this.writer.render();
    const x = Math.min(Math.max(this.#groups, 1), mostGroups);
    const y = Math.ceil(Math.max(this.#groups, 1) / x);
    const reports = this.#reports
      ? [
          `@group(0) @binding(${this.#arrays.length}) var<storage, read_write> reported: array<atomic<i32>, 4>;`,
          '',
          '/** Keeps the first index out of range that any invocation meets. */',
          'fn report(check: i32, index: i32, position: i32) {',
          '  if (atomicCompareExchangeWeak(&reported[3], 0, 1).exchanged) {',
          '    atomicStore(&reported[1], index);',
          '    atomicStore(&reported[2], position);',
          '    atomicStore(&reported[0], check + 1);',
          '  }',
          '}',
        ]
      : [];
    const builtins = [
      '@builtin(workgroup_id) workgroup: vec3u',
      '@builtin(local_invocation_index) lane: u32',
      ...(this.#subgroups ? ['@builtin(subgroup_size) subgroup_size: u32'] : []),
    ];
    const halves = [...this.#bindings.values()].some(({ isHalves }) => isHalves);
    const code = [
      ...(halves ? ['enable f16;'] : []),
      ...(this.#subgroups ? ['enable subgroups;'] : []),
      ...this.comment.map((line) => `// ${line.replace(lineBreaks, ' ')}`),
      ...this.#arrays,
      ...reports,
      ...this.#shared,
      '',
      librarySource(this.#helpers),
      ...this.#functions,
      'fn group(workgroup: vec3u) -> u32 {',
      `  return ${y === 1 ? 'workgroup.x' : `workgroup.x + workgroup.y * ${x}u`};`,
      '}',
      '',
      `@compute @workgroup_size(${this.#size})`,
      `fn main(${builtins.join(', ')}) {`,
      ...body,
      '}',
    ];
    return {
      shader: {
        name: this.name,
        code: `${code.join('\n')}\n`,
        bindings: this.#modes,
        reports: this.#reports,
      },
      buffers: this.#refs,
      workgroups: [x, y, 1],
    };
  }
}
