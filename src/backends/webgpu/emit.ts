/** A program as shaders, and what to dispatch in which order. */
import { BackendError, dtypes } from '../../core/index.js';
import type { LoopNest } from '../../loops/index.js';
import type { Program } from '../../plan/program.js';
import type { Target } from '../../plan/target.js';
import { emitAttention } from './kernels/attention.js';
import { emitContract } from './kernels/contract.js';
import type { Launch, Operands } from './kernels/kernel.js';
import { emitMap, emitSegmented } from './kernels/map.js';
import { emitRow } from './kernels/row.js';
import { emitScatter } from './kernels/scatter.js';
import { emitSort } from './kernels/sort.js';
import {
  bindingsOf,
  isBindable,
  scratchBytes,
  wholeRef,
  type Copy,
  type Dispatch,
  type Shader,
  type ShaderProgram,
} from './shader.js';
import { shaderKey } from './shader-key.js';
import { planSlabs } from './slabs.js';
import type { DeviceTraits } from './target.js';

const emitters: {
  readonly [K in LoopNest['kind']]: (nest: Extract<LoopNest, { kind: K }>, operands: Operands) => Launch[];
} = {
  map: emitMap,
  row: emitRow,
  contract: emitContract,
  segmented: emitSegmented,
  scatter: emitScatter,
  opaque: emitSort,
  attention: emitAttention,
};

const emitNest = <K extends LoopNest['kind']>(
  nest: Extract<LoopNest, { kind: K }>,
  operands: Operands,
): Launch[] =>
  (emitters[nest.kind] as (nest: Extract<LoopNest, { kind: K }>, operands: Operands) => Launch[])(
    nest,
    operands,
  );

/** @throws BackendError when a shader has more bindings than the device: the pipeline's own error would not say why. */
function checkBindings({ name, comment, buffers }: LoopNest, shader: Shader, target: Target): void {
  if (isBindable(shader, target)) return;
  const [count, most] = [bindingsOf(shader).length, target.buffersPerKernel + 1];
  const isLong = buffers.some(({ dtype, elements }) => elements * dtypes[dtype].bytes > target.bindingBytes);
  const why = isLong ? `: one reaches ${target.bindingBytes} bytes, and longer arrays take several` : '';
  throw new BackendError(
    [`the kernel ${name} touches ${count} buffers, and this device binds ${most}${why}`, ...comment].join(
      '\n    ',
    ),
    'compute it in parts: what is read in between is stored',
    '',
  );
}

export function emitProgram(program: Program, target: Target, traits: DeviceTraits): ShaderProgram {
  const { slabs, runs, sharedBy } = planSlabs(program, target);
  const shaders: Shader[] = [];
  const numbers = new Map<string, number>();
  const scratch: number[] = [];
  const commands: (Dispatch | Copy)[] = [];
  const numberOf = (shader: Shader): number => {
    const key = shaderKey(shader);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, shaders.length);
    return shaders.push(shader) - 1;
  };
  program.steps.forEach((step, number) => {
    if (step.kind === 'copy') {
      const { from, to, elements, dtype } = step;
      commands.push({ kind: 'copy', from, to, elements, dtype, step: number });
      return;
    }
    let taken = 0;
    const operands: Operands = {
      traits,
      target,
      buffers: step.nest.buffers,
      refs: step.buffers,
      scratch: (words) => ({ space: 'scratch', index: taken++, words }),
      reuse: (make) => {
        const before = taken;
        const made = make();
        taken = before;
        return made;
      },
      sharedBy,
      runs: runs.get(number) ?? [],
    };
    for (const { shader, buffers, workgroups } of emitNest(step.nest, operands)) {
      checkBindings(step.nest, shader, target);
      // Steps follow each other, so they share it.
      for (const ref of buffers) {
        const whole = wholeRef(ref);
        if (whole.space === 'scratch')
          scratch[whole.index] = Math.max(scratch[whole.index] ?? 0, scratchBytes(whole));
      }
      commands.push({ kind: 'dispatch', shader: numberOf(shader), buffers, workgroups, step: number });
    }
  });
  return {
    shaders,
    commands,
    scratch: Array.from(scratch, (bytes: number | undefined) => bytes ?? 16),
    slabs,
    source: shaders.map(({ name, code }) => `// ---- ${name}\n${code}`).join('\n'),
  };
}
