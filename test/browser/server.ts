/** Serves a folder to a browser on this machine, below a name for each set of headers. */
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join } from 'node:path';

/** Headers of everything below `/<name>/`. */
export const sites = {
  plain: {},
  isolated: {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  },
  strict: { 'content-security-policy': "script-src 'self' 'wasm-unsafe-eval'" },
  forbidding: { 'content-security-policy': "script-src 'self'" },
} as const;
export type Site = keyof typeof sites;

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

export interface Server {
  url(site: Site, file: string): string;
  close(): Promise<void>;
}

export async function serve(folder: string): Promise<Server> {
  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    const [, site, file = ''] = path.split('/');
    const type = types[extname(file)];
    if (site === undefined || !(site in sites) || type === undefined)
      return void response.writeHead(404).end();
    // The last part of a path has no way out of the folder.
    const content = await readFile(join(folder, basename(file)));
    response
      .writeHead(200, { ...sites[site as Site], 'content-type': `${type}; charset=utf-8` })
      .end(content);
  };
  const server = createServer(({ url = '' }, response) => {
    answer(new URL(url, 'http://localhost').pathname, response).catch(() => response.writeHead(404).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (site, file) => `http://127.0.0.1:${port}/${site}/${file}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
