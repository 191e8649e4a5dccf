/** Random order on the host, the same everywhere for the same seed. */

/** Uniform 32-bit words: sfc32, the small fast counting generator of PractRand. */
function words(seed: number, stream: number): () => number {
  let [a, b, c, counter] = [seed | 0, Math.floor(seed / 2 ** 32) | 0, stream | 0, 1];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  // The seed is mixed in before anything is drawn.
  for (let i = 0; i < 16; i++) next();
  return next;
}

/** 0 to n - 1 in random order (Fisher and Yates): permutation number `stream` of `seed`. */
export function permutation(n: number, seed: number, stream = 0): Int32Array {
  const next = words(seed, stream);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    // Words past the largest multiple of the range would favour small numbers.
    const range = i + 1;
    const limit = 2 ** 32 - (2 ** 32 % range);
    let word = next();
    while (word >= limit) word = next();
    const j = word % range;
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
