/**
 * Where in the user's program something was asked for: file, line and module path. Sites are strings such as
 * `train.ts:12:15`, taken once per public call; graph nodes, errors and drawings carry them.
 */

/** Directory or bundle this library's own frames lie in. */
const home = new URL('..', import.meta.url).href;
const self = import.meta.url;
const frameLocation =
  /(?:\(|@|at (?:async )?)((?:file:\/\/|https?:\/\/|node:|\/|[A-Za-z]:[\\/])[^()]*?:\d+:\d+)\)?$/;

interface V8ErrorConstructor {
  stackTraceLimit?: number;
}

/** A stack of enough frames to lead through this library to its caller. */
function deepStack(): { stack?: string } {
  const limits = Error as V8ErrorConstructor;
  const before = limits.stackTraceLimit;
  limits.stackTraceLimit = 30;
  const error = new Error();
  if (before === undefined) delete limits.stackTraceLimit;
  else limits.stackTraceLimit = before;
  return error;
}

let pinned: Site | undefined;
const modulePath: string[] = [];

function isOwnFrame(location: string): boolean {
  const url = location.startsWith('/') ? `file://${location}` : location;
  return url.startsWith(home) || url.startsWith('node:') || url.startsWith(self);
}

function shorten(location: string): string {
  const path = location.replace(/^file:\/\//, '').replace(/\?[^:]*/, '');
  const parts = path.split(/[\\/]/);
  return parts.slice(-2).join('/');
}

/** A place in the user's program. The stack is taken when it is made and searched when it is read. */
export class Site {
  #error: { stack?: string } | undefined;
  #text: string | undefined;

  constructor(text?: string) {
    if (text !== undefined) {
      this.#text = text;
      return;
    }
    this.#error = deepStack();
  }

  /** `folder/file.ts:line:column` of the innermost frame outside this library; empty when there is none. */
  toString(): string {
    if (this.#error) {
      this.#text = locate(this.#error.stack ?? '');
      this.#error = undefined;
    }
    return this.#text ?? '';
  }
}

function locate(stack: string): string {
  for (const line of stack.split('\n')) {
    const location = frameLocation.exec(line.trim())?.[1];
    if (location !== undefined && !isOwnFrame(location)) return shorten(location);
  }
  return '';
}

/** The user's frames of the stack as it is now, one a line; empty where none is seen. */
export function userFrames(): string {
  const isUsers = (line: string): boolean => {
    const location = frameLocation.exec(line.trim())?.[1];
    return location !== undefined && !isOwnFrame(location);
  };
  return (deepStack().stack ?? '').split('\n').filter(isUsers).join('\n');
}

/** The site of the public call being made. */
export const currentSite = (): Site => pinned ?? new Site();

/** The user's innermost frame outside this library, as text, or undefined when the stack shows none. */
export const userSite = (): string | undefined => currentSite().toString() || undefined;

/**
 * Runs `body`, a public call, so that all it records carries the site of the outermost call: the stack is taken once.
 */
export const atSite = <T>(body: () => T): T => (pinned === undefined ? withSite(new Site(), body) : body());

/** Runs `body` with everything in it attributed to `site`. */
export function withSite<T>(site: Site, body: () => T): T {
  const before = pinned;
  pinned = site;
  try {
    return body();
  } finally {
    pinned = before;
  }
}

/** Lets a callback of the user's (a module's forward, a traced function) be seen as user code again. */
export function unpinned<T>(body: () => T): T {
  const before = pinned;
  pinned = undefined;
  try {
    return body();
  } finally {
    pinned = before;
  }
}

/** Runs `body` one module deeper: `name` is the field the module was called through. */
export function inModule<T>(name: string, body: () => T): T {
  modulePath.push(name);
  try {
    return body();
  } finally {
    modulePath.pop();
  }
}

/** Path of the module being called, such as `TextCNN.convs.0`, or undefined outside any. */
export const currentModulePath = (): string | undefined =>
  modulePath.length === 0 ? undefined : modulePath.join('.');
