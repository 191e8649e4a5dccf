/**
 * Invocations of a workgroup that exchange values without memory. WGSL says neither which lanes a subgroup has nor in
 * which order built-in reductions add, so a reduction that gives the same bits in every run of any implementation cannot be
 * written with them. Here lanes combine with partners in an order of our own, and subgroups are numbered by their first lanes:
 * what remains is that a device always forms subgroups alike, and leaves no lane of one empty if the workgroup is a
 * multiple of the largest size. The devices behind browsers do both.
 */
import type { WgslType } from '../wgsl/value.js';
import type { Kernel } from './kernel.js';

/** Where a lane's subgroup stands in its workgroup. */
interface Place {
  /** Whether the lane is the subgroup's first. */
  readonly isFirst: string;
  /** The subgroup's number, below `count`. */
  readonly number: string;
  readonly count: string;
}

export class Subgroups {
  /** Where the workgroup's code begins. */
  readonly #level: number;
  #place: Place | undefined;

  constructor(
    readonly kernel: Kernel,
    readonly lane: string,
    readonly width: number,
  ) {
    this.#level = kernel.writer.level;
  }

  /** Goes over log2(size) partners. What a lane and its partner have then combined is known to both. */
  eachPartner(body: (partner: (text: string, type: WgslType) => string) => void): void {
    const w = this.kernel.writer;
    const reach = w.fresh('reach');
    w.open(`for (var ${reach} = 1u; ${reach} < ${this.kernel.subgroupSize()}; ${reach} *= 2u)`);
    body((text, type) =>
      type === 'bool'
        ? `subgroupShuffleXor(u32(${text}), ${reach}) != 0u`
        : `subgroupShuffleXor(${text}, ${reach})`,
    );
    w.close();
  }

  /** Found once. `subgroup_id` is no substitute: where it is emulated, subgroups are numbered as they come. */
  place(): Place {
    return (this.#place ??= this.#find());
  }

  #find(): Place {
    const { kernel, lane, width } = this;
    const w = kernel.writer;
    const words = Math.ceil(width / 32);
    const firsts = kernel.workgroupArray('firsts', 'atomic<u32>', words);
    kernel.define(
      '/** Number of the subgroup with this first lane, and of all subgroups. */',
      'fn subgroup_place(first: i32) -> vec2i {',
      '  var place = vec2u();',
      `  for (var i = 0; i < ${words}; i++) {`,
      `    let bits = atomicLoad(&${firsts}[i]);`,
      '    let before = extractBits(bits, 0u, u32(clamp(first - 32 * i, 0, 32)));',
      '    place += vec2u(countOneBits(before), countOneBits(bits));',
      '  }',
      '  return vec2i(place);',
      '}',
    );
    const line = (text: string): void => w.line(text, this.#level);
    const first = w.declare('first', `subgroupMin(${lane})`, this.#level);
    const isFirst = w.declare('is_first', `${lane} == ${first}`, this.#level);
    line(`if (${isFirst}) { atomicOr(&${firsts}[${lane} / 32], 1u << u32(${lane} % 32)); }`);
    line('workgroupBarrier();');
    const place = w.declare('place', `subgroup_place(${first})`, this.#level);
    return { isFirst, number: `${place}.x`, count: `${place}.y` };
  }
}
