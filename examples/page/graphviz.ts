/** Graphviz as WebAssembly. */
import start from '@aduh95/viz.js/worker';
import url from '@aduh95/viz.js/wasm?url';

void start({ locateFile: () => url });
