/** What tells shaders apart. */
import type { Shader } from './shader.js';

const keys = new WeakMap<Shader, string>();

/** Equal for shaders that differ in names and comments only, as those of a model's layers do. */
export function shaderKey(shader: Shader): string {
  let key = keys.get(shader);
  if (key === undefined) {
    const { bindings, reports, code } = shader;
    key = `${bindings.join()} ${reports}\n${withoutNames(code)}`;
    keys.set(shader, key);
  }
  return key;
}

/** Code without the comments of its operations, and with names that say no more than where they come first. */
function withoutNames(code: string): string {
  const order = new Map<string, string>();
  return code.replace(/^\/\/.*\n/gm, '').replace(/\b[A-Za-z]\w*_\d+\b/g, (name) => {
    const known = order.get(name) ?? `$${order.size}`;
    order.set(name, known);
    return known;
  });
}
