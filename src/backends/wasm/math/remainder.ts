/** fmod in float64: exact, by long division in binary. */
import type { Local } from '../assembler/index.js';
import type { Lanes } from './lanes.js';

/** A divisor below this is scaled up first, so that no step meets denormals. */
const small = 2 ** -960;
const up = 2 ** 54;

/** x - y trunc(x / y), by taking away the largest y 2^k that fits until none does. */
export function fmod(m: Lanes, x: Local, y: Local): Local {
  const { c } = m;
  const size = m.abs(x);
  const scale = m.select(m.op('lt', m.abs(y), small), up, 1);
  const divisor = m.mul(m.abs(y), scale);
  const valid = m.and(m.op('lt', size, Infinity), m.op('gt', divisor, 0));
  const rest = c.local('v');
  c.get(m.and(size, valid)).set(rest);
  // First modulo the scaled divisor, then the scaled rest modulo the scaled divisor.
  for (let pass = 0; pass < 2; pass++) {
    const done = c.block();
    const again = c.loop();
    const fits = m.and(m.op('ge', rest, divisor), valid);
    c.get(fits).op('v128.any_true').op('i32.eqz').brIf(done);
    const exponent = m.and(rest, Infinity);
    const candidate = m.or(exponent, m.and(divisor, m.bits((1n << 52n) - 1n)));
    const halved = m.mul(candidate, m.select(m.op('gt', candidate, rest), 0.5, 1));
    c.get(m.sub(rest, m.and(halved, fits))).set(rest);
    c.br(again).end().end();
    if (pass === 0) c.get(m.mul(rest, scale)).set(rest);
  }
  const unscaled = m.mul(rest, m.div(1, scale));
  return m.withSign(m.select(valid, unscaled, NaN), x);
}
