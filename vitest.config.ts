import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { webgpuEnvironment } from './test/webgpu-environment.js';

Object.assign(process.env, webgpuEnvironment());

const src = fileURLToPath(new URL('./src', import.meta.url));

/** What takes minutes starts first: on a fresh clone no run has told yet, and at the end it would run alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      /conformance\/webgpu|webgpu\/(sweeps|memory)|hosts\//.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  resolve: {
    // The same as `paths` in tsconfig.json: tests read src, and only test/package reads what is built.
    alias: [
      { find: /^fusegrad$/, replacement: `${src}/index.ts` },
      { find: 'fusegrad/functional', replacement: `${src}/tensor/F.ts` },
      { find: /^fusegrad\/(linalg|special)$/, replacement: `${src}/tensor/$1.generated.ts` },
      { find: /^fusegrad\/(.+)$/, replacement: `${src}/$1/index.ts` },
    ],
  },
  test: {
    setupFiles: ['test/setup.ts'],
    include: ['test/**/*.test.ts'],
    environment: 'node',
    sequence: { sequencer: LongestFirst },
    // A process for each file: native add-ons such as webgpu do not live in worker threads.
    pool: 'forks',
    // Most files keep one core busy; vitest itself would leave one out.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
