/**
 * Where `scripts/lavapipe.sh` has put a Vulkan driver, tests use it. The loader reads these variables once, so they are
 * set before the processes of the test files start.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(`../.cache/lavapipe/${path}`, import.meta.url));

/** The variables, or none where another driver is chosen already or there is none. */
export function webgpuEnvironment(): Record<string, string> {
  if (process.env['VK_DRIVER_FILES'] !== undefined || !existsSync(at('driver.json'))) return {};
  return {
    VK_DRIVER_FILES: at('driver.json'),
    XDG_RUNTIME_DIR: at('run'),
    // Tests run many kernels a few times each: compiling them well would take longer than it saves, and for wide vectors too.
    GALLIVM_PERF: 'nopt',
    LP_NATIVE_VECTOR_WIDTH: '128',
  };
}
