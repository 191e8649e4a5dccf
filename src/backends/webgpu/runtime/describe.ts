/** What errors say of kernels and memory: a line that names them, then a line for each place in the user's program. */
import { formatShape } from '../../../core/index.js';
import { writesTo, type Program, type Slot, type Step } from '../../../plan/program.js';
import { stepName } from '../../stopwatch.js';
import { wholeRef, type Dispatch, type ShaderProgram } from '../shader.js';

/** Places that are listed: one kernel may update hundreds of parameters. */
const mostPlaces = 6;

/** A text whose first line has become another one. */
export function headed(text: string, head: (first: string) => string): string {
  const [first, ...rest] = text.split('\n');
  return [head(first!), ...rest].join('\n');
}

/** Operations and lines of some steps, each indented on a line of its own. */
export function places(steps: readonly Step[]): string {
  const lines = [...new Set(steps.flatMap((step) => (step.kind === 'launch' ? step.nest.comment : [])))];
  const more = lines.length > mostPlaces ? [`and ${lines.length - mostPlaces} more`] : [];
  return [...lines.slice(0, mostPlaces), ...more].map((line) => `\n    ${line}`).join('');
}

/** The kernels that use a shader. */
export function describeShader(program: Program, { commands }: ShaderProgram, shader: number): string {
  const steps = commands
    .filter((command) => command.kind === 'dispatch' && command.shader === shader)
    .flatMap(({ step }) => program.steps[step] ?? []);
  const names = [...new Set(steps.map(stepName))];
  return `${names.length > 0 ? `${names.join(', ')} in ` : ''}${program.name}${places(steps)}`;
}

/** What a program's kernels work on besides its values. */
export function describeScratch(program: Program, { commands }: ShaderProgram, index: number): string {
  const using = ({ buffers }: Dispatch): boolean =>
    buffers.some((ref) => {
      const whole = wholeRef(ref);
      return whole.space === 'scratch' && whole.index === index;
    });
  const steps = commands.flatMap((command) =>
    command.kind === 'dispatch' && using(command) ? (program.steps[command.step] ?? []) : [],
  );
  return `working memory of ${program.name}${places(steps)}`;
}

/** A result, and the kernel that stores it. */
export function describeResult(program: Program, index: number): string {
  const steps = program.steps.filter((step) =>
    writesTo(step, (ref) => ref.space === 'output' && ref.index === index),
  );
  return `the result ${typeOf(program.outputs[index]!)} of ${program.name}${places(steps)}`;
}

/** A value between kernels, and the kernel that stores it. */
export function describeAllocation(program: Program, index: number): string {
  const { name, dtype, elements, live } = program.allocations[index]!;
  const step = program.steps[live[0]];
  return `${name} ${dtype}[${elements}] between the kernels of ${program.name}${places(step ? [step] : [])}`;
}

const typeOf = ({ dtype, shape }: Slot): string => `${dtype}${formatShape(shape)}`;
