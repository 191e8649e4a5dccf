/** The workload, and what a page and a Worker alike say of it and of themselves. */
import { report, type Report } from '../hosts/workload.js';

export type Outcome = { readonly isolated: boolean } & (
  { readonly report: Report } | { readonly error: { readonly name: string; readonly message: string } }
);

export async function run(): Promise<Outcome> {
  const { crossOriginIsolated: isolated } = globalThis as unknown as {
    readonly crossOriginIsolated: boolean;
  };
  try {
    return { isolated, report: await report() };
  } catch (error) {
    const { name, message } = error as Error;
    return { isolated, error: { name, message } };
  }
}
