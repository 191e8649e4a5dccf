import type { Instr, RowNest } from '../../loops/index.js';
import { operandsOf } from '../../loops/index.js';

/** Values of a row nest that are read in another section than the one that computes them. */
export function sharedValues(nest: RowNest): Set<number> {
  const home = new Map<number, number>();
  const shared = new Set<number>();
  let number = 0;
  const sections: { readonly body: readonly Instr[]; readonly reads: readonly number[] }[] = [
    { body: nest.setup, reads: [] },
    ...nest.stages.flatMap((stage, s) => [
      { body: stage.rowBody, reads: stage.rowStores.map(({ value }) => value) },
      {
        body: stage.body,
        reads: [
          ...[...stage.reduces, ...stage.scans, ...stage.keeps, ...stage.stores].map(({ value }) => value),
          ...nest.accumulators
            .filter(({ scope, stage: own }) => scope === 'column' && own === s)
            .map(({ value }) => value),
        ],
      },
    ]),
    ...[nest.finishColumns, nest.finishTotals].map(({ body, stores }) => ({
      body,
      reads: stores.map(({ value }) => value),
    })),
  ];
  for (const { body } of sections) {
    for (const { id } of body) home.set(id, number);
    number++;
  }
  sections.forEach(({ body, reads }, own) => {
    for (const id of [...body.flatMap(operandsOf), ...reads]) if (home.get(id) !== own) shared.add(id);
  });
  for (const { scope, value } of nest.accumulators) if (scope === 'total') shared.add(value);
  return shared;
}
