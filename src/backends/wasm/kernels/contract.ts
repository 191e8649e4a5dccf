import type { ContractNest } from '../../../loops/index.js';
import type { Library } from '../library/index.js';
import { emitDirect } from './contract-direct.js';
import type { Launch } from './launch.js';
export function emitContract(library: Library, given: ContractNest): Launch[] {
  return emitDirect(library, given);
}
