/**
 * Products of matrices and convolutions. An invocation computes a tile of four rows by four columns in registers. How the
 * operands come there is one of three forms, which the shape decides, and whether a workgroup has fast memory.
 */
import { isFloat } from '../../../core/index.js';
import { collapse, type ContractNest } from '../../../loops/index.js';
import { emitDeep } from './contract-deep.js';
import { emitDirect } from './contract-direct.js';
import { emitShared, workgroupOf } from './contract-shared.js';
import { Contraction } from './contraction.js';
import type { Launch, Operands } from './kernel.js';
import { sizeOf } from './map.js';

/** Tiles that keep a device busy by themselves, with their depth in one piece. */
const busyTiles = 1024;
/** Depth from which the invocations of a workgroup share it. */
const deep = 128;
/** Depth from which operands are worth a place in shared memory. */
const reused = 16;

const forms = {
  /** Each invocation reads its operands where they lie. */
  direct: emitDirect,
  /** A workgroup reads the operands of all its tiles together. */
  shared: emitShared,
  /** The invocations of a workgroup share the depth of one tile. */
  deep: emitDeep,
} as const;

function formOf(contraction: Contraction): keyof typeof forms {
  const { kernel, batches, m, n, depth, nest } = contraction;
  if (!isFloat(nest.dtype) || !kernel.operands.traits.sharesMemory) return 'direct';
  if (batches * m.tiles * n.tiles < busyTiles && depth >= deep) return 'deep';
  return depth >= reused && workgroupOf(contraction) ? 'shared' : 'direct';
}

export function emitContract(given: ContractNest, operands: Operands): Launch[] {
  const nest = collapse(given);
  if (sizeOf([...nest.batch, ...nest.m, ...nest.n]) === 0) return [];
  const contraction = new Contraction(nest, operands);
  forms[formOf(contraction)](contraction);
  return [contraction.kernel.finish()];
}
