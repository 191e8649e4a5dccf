/** The workload, and what a page and a Worker alike say of it and of themselves. */
import { type BackendName } from 'fusegrad';
import { initWebGPU, webgpuCounters, type AdapterLike, type DeviceCounters } from 'fusegrad/webgpu';
import { report, type Report } from '../hosts/workload.js';
import { threaded, type Threaded } from './threads.js';

/** Which adapter computed, and what it was given to do. */
export interface Device {
  readonly adapter: string;
  readonly counters: DeviceCounters;
}

export type Outcome = { readonly isolated: boolean } & (
  | { readonly report: Report; readonly device?: Device; readonly threads?: Threaded }
  | { readonly error: { readonly name: string; readonly message: string } }
);

const host = globalThis as unknown as {
  readonly crossOriginIsolated: boolean;
  readonly navigator: { readonly gpu?: { requestAdapter(): Promise<NamedAdapter | null> } };
};

interface NamedAdapter extends AdapterLike {
  readonly info: { readonly vendor: string; readonly architecture: string };
}

async function onDevice(): Promise<{ report: Report; device: Device }> {
  const adapter = await host.navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error('there is no WebGPU adapter');
  await initWebGPU({ adapter });
  const { vendor, architecture } = adapter.info;
  return {
    report: await report('webgpu'),
    device: { adapter: `${vendor} ${architecture}`, counters: webgpuCounters() },
  };
}

export async function run(backend: BackendName): Promise<Outcome> {
  const { crossOriginIsolated: isolated } = host;
  try {
    if (backend === 'webgpu') return { isolated, ...(await onDevice()) };
    const computed = await report(backend);
    return { isolated, report: computed, ...(isolated && { threads: await threaded() }) };
  } catch (error) {
    const { name, message } = error as Error;
    return { isolated, error: { name, message } };
  }
}
