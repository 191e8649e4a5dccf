/** Records in which fusegrad differs from PyTorch on purpose: patterns on `pack/id`, with the reason. */
const departures: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /^torch-ops\/__rpow__\/default\/float32\//,
    "PyTorch's reflected power copies its base out of the graph; ours differentiates it",
  ],
];

/** Why a record may differ, or undefined when it must not. */
export const departureOf = (pack: string, id: string): string | undefined =>
  departures.find(([pattern]) => pattern.test(`${pack}/${id}`))?.[1];
