/** Where a host has WebGPU: browsers, workers and Deno as a global, Node through the package `webgpu`. */
import { BackendError } from '../core/index.js';

interface Host {
  readonly navigator?: { readonly gpu?: GPU };
  readonly process?: { readonly versions?: { readonly node?: string } };
}

/** What Node's package made: without a reference of its own it would be collected while its devices are in use. */
const kept = Symbol.for('fusegrad.webgpu');

/** The package `webgpu`, as far as it is used. */
interface NodePackage {
  create(options: string[]): GPU;
}

/**
 * The host's WebGPU.
 * @param load how Node gets its package
 * @throws BackendError that says how to get one.
 */
export async function findGPU(load: () => Promise<NodePackage> = loadPackage): Promise<GPU> {
  const host = globalThis as Host;
  if (host.navigator?.gpu) return host.navigator.gpu;
  if (!host.process?.versions?.node) {
    throw new BackendError(
      'this host has no WebGPU',
      'a current browser has it in pages served over https or from localhost; the wasm backend runs everywhere',
    );
  }
  const keeper = globalThis as { [kept]?: GPU };
  return (keeper[kept] ??= await createInNode(load));
}

async function createInNode(load: () => Promise<NodePackage>): Promise<GPU> {
  let found: NodePackage;
  try {
    found = await load();
  } catch (error) {
    throw new BackendError(
      `WebGPU in Node comes from the package 'webgpu', which does not load: ${(error as Error).message}`,
      'npm install webgpu',
    );
  }
  // Timestamps are made coarse to protect a browser's user from pages, which Node does not load.
  return found.create(['disable-dawn-features=timestamp_quantization']);
}

/** Not by a literal: a bundler for browsers would look for the package. */
const packageName = 'webgpu';
const loadPackage = (): Promise<NodePackage> =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ packageName) as Promise<NodePackage>;
