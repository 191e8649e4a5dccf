/** Files, where the host has them: written whole or not at all. */
import { BackendError } from '../core/index.js';

async function fileSystem() {
  try {
    return await import('node:fs/promises');
  } catch {
    throw new BackendError('this host has no files', 'use serialize() and deserialize() with bytes');
  }
}

export async function readBytes(path: string): Promise<Uint8Array> {
  const fs = await fileSystem();
  return fs.readFile(path);
}

/** Writes beside the file first, so that a failure leaves the file as it was. */
export async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  const fs = await fileSystem();
  const beside = `${path}.${Date.now().toString(36)}${Math.random().toString(36).slice(2)}.tmp`;
  try {
    const file = await fs.open(beside, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(beside, path);
  } catch (error) {
    await fs.rm(beside, { force: true });
    throw error;
  }
}
