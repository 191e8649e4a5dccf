/** State dicts in files: safetensors, which PyTorch and others read and write. */
import type { Tensor } from '../tensor/index.js';
import { readBytes, writeBytes } from './files.js';
import { deserialize, serialize, type Tensors } from './safetensors.js';

export { FormatError } from './header.js';
export { deserialize, serialize, type Contents, type Tensors } from './safetensors.js';

/**
 * Writes tensors to a safetensors file, whole or not at all. `serialize` gives the bytes alone.
 * @param options `metadata`: strings to keep beside the tensors.
 * @example await save(model.stateDict(), 'model.safetensors')
 */
export async function save(
  tensors: Tensors,
  path: string,
  options: { metadata?: Readonly<Record<string, string>> | undefined } = {},
): Promise<void> {
  await writeBytes(path, await serialize(tensors, options));
}

const bytesOf = async (source: string | Uint8Array): Promise<Uint8Array> =>
  typeof source === 'string' ? readBytes(source) : source;

/**
 * The tensors of a safetensors file, by name.
 * @param source A path, or the bytes of a file.
 * @throws FormatError for a file that the format does not allow.
 * @example model.loadStateDict(await load('model.safetensors'))
 */
export async function load(source: string | Uint8Array): Promise<Record<string, Tensor>> {
  return deserialize(await bytesOf(source)).tensors;
}

/** The metadata of a safetensors file. */
export async function loadMetadata(source: string | Uint8Array): Promise<Readonly<Record<string, string>>> {
  return deserialize(await bytesOf(source)).metadata;
}
