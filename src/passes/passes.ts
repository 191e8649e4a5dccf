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
  // What only autodiff needed to see.
  { name: 'drop markers', rules: dropMarkers },
  // Attention written out in primitives.
  { name: 'decompose attention', rules: decomposeAttention(attention) },
  // Tensors without elements.
  { name: 'empty tensors', rules: emptyTensors },
  // Operations on constants.
  { name: 'constant folding', rules: constantFolding },
  // Conversions that change nothing.
  { name: 'casts', rules: casts },
  // Neutral and absorbing operands.
  { name: 'identities', rules: identities },
  // Negations that cancel or move into a constant.
  { name: 'signs', rules: signs },
  // Chains of integer constants.
  { name: 'constants together', rules: constantsTogether },
  // Truth values and bits.
  { name: 'logic', rules: logic },
  // Comparisons with a known result.
  { name: 'comparisons', rules: comparisons },
  // Where with a known or repeated condition.
  { name: 'selection', rules: selection },
  // Laws that hold up to rounding.
  { name: 'fast math', rules: fastMath },
  // A constant seen otherwise is a constant.
  { name: 'views of constants', rules: viewsOfConstants },
  // Reshapes that meet.
  { name: 'reshape', rules: reshapes },
  // Permutes that meet.
  { name: 'permute', rules: permutes },
  // Expands that meet.
  { name: 'expand', rules: expands },
  // Slices of other views.
  { name: 'slice', rules: slices },
  // Pads that meet.
  { name: 'pad', rules: pads },
  // Concats that meet, or put together what was one.
  { name: 'concat', rules: concats },
  // Windows of one element.
  { name: 'window', rules: windows },
  // Operations done before their operands are stretched.
  { name: 'broadcast', rules: broadcasts },
  // Reductions with nothing to do.
  { name: 'trivial reductions', rules: trivialReductions },
  // Reductions that read through a view.
  { name: 'reductions of views', rules: reductionsOfViews },
  // Permutes taken into a contraction, on either side of it.
  { name: 'contraction', rules: contractions },
];

export const passes = passesFor(undefined);
