import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { webgpuEnvironment } from './test/webgpu-environment.js';

Object.assign(process.env, webgpuEnvironment());

const src = fileURLToPath(new URL('./src', import.meta.url));

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
    // A process for each file: native add-ons such as webgpu do not live in worker threads.
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
