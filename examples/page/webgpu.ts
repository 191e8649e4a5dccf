/** Whether this browser can compute with WebGPU. */

/** The adapter's name. @throws Error that says why there is none. */
export async function findAdapter(): Promise<string> {
  if (!isSecureContext) throw new Error('WebGPU needs a page from https or localhost');
  if (!('gpu' in navigator)) throw new Error('this browser has no WebGPU');
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error('this browser finds no adapter for WebGPU');
  const { vendor, architecture, description } = adapter.info;
  return description || `${vendor} ${architecture}`.trim() || 'an unnamed adapter';
}
