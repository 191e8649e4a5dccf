/** The globals that the library may use: those every host has, browser, worker, Node, Deno and Bun alike. */

interface ImportMeta {
  readonly url: string;
}

declare const console: Record<'log' | 'info' | 'warn' | 'error', (...data: unknown[]) => void>;

declare const performance: { now(): number };

declare class URL {
  constructor(url: string | URL, base?: string | URL);
  readonly href: string;
  readonly pathname: string;
}

declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: ArrayBufferView | ArrayBuffer): string;
}

declare function setTimeout(callback: () => void, milliseconds?: number): unknown;
declare function clearTimeout(timer: unknown): void;
declare function queueMicrotask(callback: () => void): void;
