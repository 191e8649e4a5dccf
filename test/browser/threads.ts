/** Whether workers take part in a cross-origin-isolated host, and give the bits that one thread gives. */
import { F, compile, tensor, type Tensor } from 'fusegrad';
import { Team, withTeam } from '../backends/wasm/threads/team.js';

export interface Threaded {
  /** Runs until a worker had taken part in one, at most `patience`. */
  readonly runs: number;
  readonly helped: boolean;
  readonly equal: boolean;
  readonly notices: readonly string[];
}

const patience = 2000;

const filled = (...shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (((i * 37) % 127) - 63) / 63),
    { shape },
  );

export async function threaded(): Promise<Threaded> {
  const [x, w] = [filled(96, 80), filled(80, 112)];
  const resultOf = (team: Team): (() => Float32Array) => {
    const compiled = compile((a: Tensor, b: Tensor) => F.softmax(a.matmul(b).tanh(), 1));
    return () => withTeam(team, () => compiled(x, w).dataSync() as Float32Array);
  };
  const alone = resultOf(new Team(1))();
  const team = new Team(2);
  const run = resultOf(team);
  let runs = 0;
  let helped = false;
  let equal = true;
  run();
  while (!helped && runs < patience) {
    team.mark();
    const found = run();
    runs++;
    equal &&= found.every((value, i) => Object.is(value, alone[i]));
    helped = team.helped > 0;
    // Workers start, and hear of programs, in turns of the event loop.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  team.pool.stop();
  return { runs, helped, equal, notices: team.notices };
}
