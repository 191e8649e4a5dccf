/**
 * Scatters: the base is written, then one element after another is added or put in its place. Where all elements of the
 * last axis go through one index (rows of an embedding), they go together.
 */
import { dtypes } from '../../../core/index.js';
import { axesUsed, collapse, operandsOf, type Axis, type ScatterNest } from '../../../loops/index.js';
import type { Library } from '../library/index.js';
import { loadRow, loadSplat, storeRow } from '../vector/access.js';
import { apply } from '../vector/arithmetic.js';
import { KernelCode } from '../vector/kernel-code.js';
import { alongLanes, overAxes, sizeOf, strideAlong } from '../vector/loops.js';
import { Section } from '../vector/section.js';
import { emitElements } from './map.js';
import { simpleLaunch, type Launch } from './launch.js';

/** Whether a value of the body differs along an axis. */
function varies({ body }: ScatterNest, id: number, axis: number): boolean {
  const instr = body.find((each) => each.id === id);
  if (!instr) return false;
  return (
    axesUsed(instr).has(axis) || operandsOf(instr).some((arg) => varies({ body } as ScatterNest, arg, axis))
  );
}

function rowAxis(nest: ScatterNest): Axis | undefined {
  const last = nest.axes.at(-1);
  if (!last || last.extent < 4 || strideAlong(nest.index, last.axis) !== 1) return undefined;
  return varies(nest, nest.indirect.id, last.axis) ? undefined : last;
}

export function emitScatter(library: Library, given: ScatterNest): Launch[] {
  const nest = collapse(given);
  const launches: Launch[] = [];
  if (sizeOf(nest.base.axes) === 0) return launches;
  const base = new KernelCode(library, `${nest.name}_base`, nest.buffers, 'ii');
  launches.push(simpleLaunch(base, emitElements(base, nest.base).units));
  if (sizeOf(nest.axes) === 0) return launches;

  const k = new KernelCode(library, nest.name, nest.buffers, 'ii');
  const { c } = k;
  const section = new Section(k);
  const { dtype } = nest.buffers[nest.buffer]!;
  const { bytes } = dtypes[dtype];
  const lanes = rowAxis(nest);
  const write = (): void => {
    section.run(nest.body);
    const found = section.found([nest.indirect]);
    const value = section.value(nest.value);
    k.when(
      () => c.get(found.mask!).lane('i32x4.extract_lane', 0),
      () => {
        const row = found.first(bytes, k.pointer(nest.buffer));
        const at = { local: k.materialise(k.index(nest.index, bytes, row)), offset: 0 };
        const valid = k.lanes?.valid ?? 1;
        const old =
          nest.combine === 'set'
            ? undefined
            : k.lanes
              ? loadRow(c, at, dtype, valid)
              : loadSplat(c, at, dtype);
        storeRow(c, at, old ? apply(c, 'add', [old, value], dtype, dtype, library) : value, valid);
      },
    );
  };
  overAxes(k, lanes ? nest.axes.slice(0, -1) : nest.axes, () =>
    lanes ? alongLanes(k, lanes, write) : write(),
  );
  launches.push(simpleLaunch(k, 1));
  return launches;
}
