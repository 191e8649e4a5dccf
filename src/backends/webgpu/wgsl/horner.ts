/** A polynomial as WGSL, from the constant term up. */
export const horner = (x: string, [first, ...rest]: readonly number[]): string =>
  rest.length === 0 ? String(first) : `(${first} + ${x} * ${horner(x, rest)})`;
