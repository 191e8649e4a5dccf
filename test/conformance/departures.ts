/** Where fusegrad differs from PyTorch on purpose, or has no such form of a function yet. */
export interface Departure {
  /** The records it is about, as `pack/id`. */
  readonly records: RegExp;
  /** Why, as the docs say it. */
  readonly reason: string;
}

const atValues = 'what depends on values is not looked at when a graph is built';
const sections = 'sizes and counts are numbers: a tensor of them would have to be read';
const singular = 'orders that need singular values are not offered';

export const departures: readonly Departure[] = [
  {
    records: /^torch-ops\/__rpow__\/default\/float32/,
    reason: "PyTorch's reflected power copies its base out of the graph; here gradients reach it",
  },
  { records: /^torch-ops\/tensor_split\/default\/(float32\/3|int64\/1|bool\/2)$/, reason: sections },
  { records: /^torch-ops\/repeat_interleave\/default\/(float32|bool)\/3$/, reason: sections },
  { records: /^torch-ops\/norm\/nuc/, reason: singular },
  { records: /^torch-ops\/linalg\.norm\/default\/float32\/71$/, reason: singular },
  { records: /^torch-ops\/linalg\.norm\/subgradients_at_zero\/float32\/55$/, reason: singular },
  { records: /^torch-ops\/linalg\.matrix_norm\/default\/float32\/(4|5|6|7|25|29|31|36)$/, reason: singular },
  {
    records: /^torch-ops\/linalg\.matrix_power\/default\/float32\/(3|4|10|17)$/,
    reason: 'negative powers need an inverse, which is not offered',
  },
  {
    records: /^torch-ops\/cov\/default\/float32\/24$/,
    reason: 'a derivative that is 0 by cancellation of terms near 60 keeps a rounding error of 3e-5',
  },
  {
    records: /^torch-nn\/LayerNorm\/5$/,
    reason:
      "a row of one element normalises to 0; PyTorch's mean is off by an ulp, which the division magnifies",
  },
  {
    records: /^torch-nn\/PoissonNLLLoss\/(2|3|6)$/,
    reason: "PyTorch's gradient of targets up to 1 is NaN; here it is that of the loss",
  },
  { records: /^torch-errors\/cov\/default\/(7|8)$/, reason: atValues },
  { records: /^torch-errors\/nn\.functional\.binary_cross_entropy\/extra\/0$/, reason: atValues },
  {
    records: /^torch-errors\/nn\.functional\.nll_loss\/extra\/0$/,
    reason: 'a class number out of range makes the loss NaN',
  },
  {
    records: /^torch-errors\/floor_divide\/extra\/0$/,
    reason: 'every integer operation has a result: division by 0 gives 0',
  },
  { records: /^torch-errors\/min\/binary\/0$/, reason: '`minimum` takes numbers as well as tensors' },
  {
    records: /^torch-errors\/scatter(_add)?\/default\/1$/,
    reason: 'indices of any integer dtype are taken; int32 is the default',
  },
  { records: /^torch-errors\/mean\/default\/0$/, reason: 'the mean of integers is a float32' },
];

/** Why a record may differ, or undefined when it must not. */
export const departureOf = (pack: string, id: string): string | undefined =>
  departures.find(({ records }) => records.test(`${pack}/${id}`))?.reason;
