/** A shader under construction: its bindings, its memory shared by a workgroup, its body. */
import type { NestBuffer } from '../../../loops/index.js';
import type { DeviceRef, Shader } from '../shader.js';
import { librarySource, type HelperName } from '../wgsl/library.js';
import { Positions } from '../wgsl/positions.js';
import { elementOf, type Use, type WgslType } from '../wgsl/value.js';
import { Writer } from '../wgsl/writer.js';

/** Most workgroups along one dimension of a dispatch, by WebGPU's specification. */
const mostGroups = 65_535;

/** A shader with what it is dispatched on. */
export interface Launch {
  readonly shader: Shader;
  readonly buffers: readonly DeviceRef[];
  readonly workgroups: readonly [number, number, number];
}

/** What a nest touches: several of its buffers may be one memory. */
export interface Operands {
  readonly buffers: readonly NestBuffer[];
  readonly refs: readonly DeviceRef[];
  /** Memory of `words` words between the dispatches of a nest. */
  readonly scratch: (words: number) => DeviceRef;
}

interface Binding {
  readonly ref: DeviceRef;
  readonly name: string;
  readonly element: string;
  written: boolean;
}

const keyOf = (ref: DeviceRef): string => `${ref.space} ${'allocation' in ref ? ref.allocation : ref.index}`;

export class Kernel {
  readonly writer = new Writer();
  readonly positions = new Positions(this.writer);
  readonly #bindings = new Map<string, Binding>();
  readonly #helpers = new Set<HelperName>();
  readonly #shared: string[] = [];
  readonly #functions = new Set<string>();
  #reports = false;

  constructor(
    readonly name: string,
    readonly operands: Operands,
    readonly comment: readonly string[],
  ) {}

  readonly use: Use = (name) => {
    this.#helpers.add(name);
    return name;
  };

  /** The name of a buffer of the nest. */
  buffer(number: number): string {
    const { name, dtype, access } = this.operands.buffers[number]!;
    return this.#bind(this.operands.refs[number]!, name, elementOf(dtype), access !== 'read');
  }

  /** The name of memory between dispatches. */
  scratch(ref: DeviceRef, wanted: string, type: Exclude<WgslType, 'bool'>, written: boolean): string {
    return this.#bind(ref, wanted, type, written);
  }

  #bind(ref: DeviceRef, wanted: string, element: string, written: boolean): string {
    const key = keyOf(ref);
    let known = this.#bindings.get(key);
    if (!known) {
      known = { ref, name: this.writer.fresh(wanted), element, written: false };
      this.#bindings.set(key, known);
    }
    known.written ||= written;
    return known.name;
  }

  /** An array that the invocations of a workgroup share. */
  workgroupArray(wanted: string, type: WgslType, length: number): string {
    const name = this.writer.fresh(wanted);
    this.#shared.push(`var<workgroup> ${name}: array<${type}, ${length}>;`);
    return name;
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
    const item = w.fresh('item');
    w.line(`let ${item} = i32(group(workgroup) * ${size}u + lane);`);
    w.line(`if (${item} >= ${items}) { return; }`);
    this.#groups = Math.ceil(items / size);
    this.#size = size;
    return item;
  }

  /** Opens the body for `groups` workgroups of `size`. @returns names of the workgroup's number and of the lane. */
  eachGroup(groups: number, size: number): { group: string; lane: string } {
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
    const bindings = [...this.#bindings.values()];
    const x = Math.min(Math.max(this.#groups, 1), mostGroups);
    const y = Math.ceil(Math.max(this.#groups, 1) / x);
    const mode = ({ written }: Binding): 'read' | 'read_write' => (written ? 'read_write' : 'read');
    const reports = this.#reports
      ? [
          `@group(0) @binding(${bindings.length}) var<storage, read_write> reported: array<atomic<i32>, 4>;`,
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
    const code = [
      ...this.comment.map((line) => `// ${line}`),
      ...bindings.map(
        (binding, i) =>
          `@group(0) @binding(${i}) var<storage, ${mode(binding)}> ${binding.name}: array<${binding.element}>;`,
      ),
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
      'fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {',
      ...body,
      '}',
    ];
    return {
      shader: {
        name: this.name,
        code: `${code.join('\n')}\n`,
        bindings: bindings.map(mode),
        reports: this.#reports,
      },
      buffers: bindings.map(({ ref }) => ref),
      workgroups: [x, y, 1],
    };
  }
}
