/**
 * Whether a kernel may write a cell of state while it reads the same cell: only where each element's last read is by
 * the iteration that writes it, through the same index.
 */
import { loadsOf, type IndexExpr, type Instr, type Load, type LoopNest, type Store } from '../loops/index.js';

type Section = { readonly body: readonly Instr[]; readonly stores: readonly Store[] };

const loadsFrom = (body: readonly Instr[], buffer: number): Load[] =>
  loadsOf(body).filter((load) => load.buffer === buffer);

const sameElement = (body: readonly Instr[], read: number, index: IndexExpr): boolean =>
  loadsFrom(body, read).every((load) => load.indirect.length === 0 && load.index.key === index.key);

const storeTo = ({ stores }: { readonly stores: readonly Store[] }, buffer: number): Store | undefined =>
  stores.find((store) => store.buffer === buffer);

/** `section` writes `written` and nothing of `body` elsewhere reads `read`. */
function within(
  section: Section,
  others: readonly (readonly Instr[])[],
  read: number,
  written: number,
): boolean {
  const store = storeTo(section, written);
  if (!store) return false;
  return (
    sameElement(section.body, read, store.index) && others.every((body) => loadsFrom(body, read).length === 0)
  );
}

/** `read` and `written` are the nest's buffers for the old and the new content of one cell. */
export function mayUpdateInPlace(nest: LoopNest, read: number, written: number): boolean {
  switch (nest.kind) {
    case 'map':
      return within(nest, [], read, written);
    case 'contract':
      return within(nest, [nest.a.body, nest.b.body], read, written);
    case 'row': {
      const bodies = [
        nest.setup,
        nest.finishColumns.body,
        nest.finishTotals.body,
        ...nest.stages.flatMap((stage) => [stage.rowBody, stage.body]),
      ];
      const finishes = [nest.finishColumns, nest.finishTotals];
      const sections: Section[] = [
        ...finishes,
        ...nest.stages.map(({ body, stores }) => ({ body, stores })),
        ...nest.stages.map((stage) => ({ body: stage.rowBody, stores: stage.rowStores })),
      ];
      const section = sections.find((s) => storeTo(s, written));
      return (
        section !== undefined &&
        within(
          section,
          bodies.filter((body) => body !== section.body),
          read,
          written,
        )
      );
    }
    case 'segmented': {
      // Streams are numbered apart from buffers. Another segment may run before or after: only a segment's own reads count.
      const place = (buffer: number): readonly [number, number] | undefined => {
        for (const [stream, buffers] of nest.streams.entries()) {
          const segment = buffers.indexOf(buffer);
          if (segment >= 0) return [stream, segment];
        }
        return undefined;
      };
      const [from, to] = [place(read), place(written)];
      if (!from || !to || from[1] !== to[1]) return false;
      return within({ body: nest.body, stores: nest.stores }, [], from[0], to[0]);
    }
    case 'scatter':
      return nest.buffer === written && within(nest.base, [nest.body], read, written);
    case 'opaque':
    case 'attention':
      return false;
  }
}
