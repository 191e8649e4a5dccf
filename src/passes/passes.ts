/** The simplification passes, in the order in which a node meets them. */
import type { AttentionLimits } from './attention-choice.js';
import type { Pass } from './rule.js';
import { constantsTogether, fastMath, identities, signs } from './rules/algebra.js';
import { broadcasts } from './rules/broadcasts.js';
import { casts } from './rules/casts.js';
import { concats } from './rules/concats.js';
import { contractions } from './rules/contractions.js';
import { constantFolding, emptyTensors } from './rules/fold.js';
import { comparisons, logic, selection } from './rules/logic.js';
import { decomposeAttention, dropMarkers } from './rules/markers.js';
import { reductionsOfViews, trivialReductions } from './rules/reductions.js';
import { slices } from './rules/slices.js';
import { expands, pads, permutes, reshapes, viewsOfConstants, windows } from './rules/views.js';

/** All passes, for a backend that runs attention within these limits. */
export const passesFor = (attention: AttentionLimits | undefined): readonly Pass[] => [
  { name: 'drop markers', summary: 'what only autodiff needed to see', rules: dropMarkers },
  {
    name: 'decompose attention',
    summary: 'attention written out in primitives',
    rules: decomposeAttention(attention),
  },
  { name: 'empty tensors', summary: 'tensors without elements', rules: emptyTensors },
  { name: 'constant folding', summary: 'operations on constants', rules: constantFolding },
  { name: 'casts', summary: 'conversions that change nothing', rules: casts },
  { name: 'identities', summary: 'neutral and absorbing operands', rules: identities },
  { name: 'signs', summary: 'negations that cancel or move into a constant', rules: signs },
  { name: 'constants together', summary: 'chains of integer constants', rules: constantsTogether },
  { name: 'logic', summary: 'truth values and bits', rules: logic },
  { name: 'comparisons', summary: 'comparisons with a known result', rules: comparisons },
  { name: 'selection', summary: 'where with a known or repeated condition', rules: selection },
  { name: 'fast math', summary: 'laws that hold up to rounding', rules: fastMath },
  { name: 'views of constants', summary: 'a constant seen otherwise is a constant', rules: viewsOfConstants },
  { name: 'reshape', summary: 'reshapes that meet', rules: reshapes },
  { name: 'permute', summary: 'permutes that meet', rules: permutes },
  { name: 'expand', summary: 'expands that meet', rules: expands },
  { name: 'slice', summary: 'slices of other views', rules: slices },
  { name: 'pad', summary: 'pads that meet', rules: pads },
  { name: 'concat', summary: 'concats that meet, or put together what was one', rules: concats },
  { name: 'window', summary: 'windows of one element', rules: windows },
  { name: 'broadcast', summary: 'operations done before their operands are stretched', rules: broadcasts },
  { name: 'trivial reductions', summary: 'reductions with nothing to do', rules: trivialReductions },
  { name: 'reductions of views', summary: 'reductions that read through a view', rules: reductionsOfViews },
  {
    name: 'contraction',
    summary: 'permutes taken into a contraction, on either side of it',
    rules: contractions,
  },
];

export const passes = passesFor(undefined);
