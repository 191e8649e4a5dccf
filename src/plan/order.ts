/** In which order kernels run: what a kernel reads first, and between that the order that keeps fewest bytes alive. */
import { InternalError } from '../core/index.js';

/** One kernel as scheduling sees it; values are numbers. */
export interface Task {
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** Tasks that must run before, besides those that write what this one reads. */
  readonly after: Set<number>;
  /** Place in the user's order. */
  readonly priority: number;
}

/** Which task writes each value. */
export function writersOf(tasks: readonly Task[]): Map<number, number> {
  return new Map(tasks.flatMap((task, i) => task.writes.map((value) => [value, i] as const)));
}

/** Tasks each task waits for. */
export function dependencies(tasks: readonly Task[]): Set<number>[] {
  const writer = writersOf(tasks);
  return tasks.map((task, i) => {
    const before = new Set(task.after);
    for (const value of task.reads) {
      const from = writer.get(value);
      if (from !== undefined && from !== i) before.add(from);
    }
    return before;
  });
}

/** Whether `to` waits for `from`, directly or not. */
export function waitsFor(before: readonly ReadonlySet<number>[], to: number, from: number): boolean {
  const seen = new Set<number>();
  const stack = [to];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (at === from) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    stack.push(...before[at]!);
  }
  return false;
}

function schedule(
  tasks: readonly Task[],
  pick: (ready: readonly number[]) => number,
  done: (task: number) => void,
): number[] {
  const before = dependencies(tasks);
  const waiting = before.map((set) => set.size);
  const next: number[][] = tasks.map(() => []);
  before.forEach((set, i) => set.forEach((from) => next[from]!.push(i)));
  const ready = waiting.flatMap((count, i) => (count === 0 ? [i] : []));
  const order: number[] = [];
  while (ready.length > 0) {
    const task = pick(ready);
    ready.splice(ready.indexOf(task), 1);
    order.push(task);
    done(task);
    for (const user of next[task]!) if (--waiting[user]! === 0) ready.push(user);
  }
  if (order.length !== tasks.length) throw new InternalError('kernels wait for each other in a circle');
  return order;
}

/** The user's order, as far as kernels follow it. */
export const traceOrder = (tasks: readonly Task[]): number[] =>
  schedule(
    tasks,
    (ready) => ready.reduce((best, i) => (tasks[i]!.priority < tasks[best]!.priority ? i : best)),
    () => undefined,
  );

/** Always the kernel that frees most, or adds least. */
export function thriftyOrder(tasks: readonly Task[], bytes: (value: number) => number): number[] {
  const readers = new Map<number, number>();
  for (const task of tasks) for (const value of task.reads) readers.set(value, (readers.get(value) ?? 0) + 1);
  const growth = (i: number): number => {
    const { reads, writes } = tasks[i]!;
    const freed = reads
      .filter((value) => readers.get(value) === 1)
      .reduce((sum, value) => sum + bytes(value), 0);
    return writes.reduce((sum, value) => sum + bytes(value), 0) - freed;
  };
  return schedule(
    tasks,
    (ready) => {
      let best = ready[0]!;
      let least = growth(best);
      for (const i of ready) {
        const grows = growth(i);
        if (grows < least || (grows === least && tasks[i]!.priority < tasks[best]!.priority))
          [best, least] = [i, grows];
      }
      return best;
    },
    (task) => {
      for (const value of tasks[task]!.reads) readers.set(value, readers.get(value)! - 1);
    },
  );
}
