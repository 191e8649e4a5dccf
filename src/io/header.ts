/** The header of a safetensors file: which tensors lie where. Anything the format does not allow is refused. */
import { FusegradError, dtypes, formatShape, type DType } from '../core/index.js';

/** A file that is not what it should be. */
export class FormatError extends FusegradError {
  override name = 'FormatError';
}

/** Names of dtypes in safetensors files. */
export const fileDTypes: Readonly<Record<DType, string>> = {
  bool: 'BOOL',
  uint8: 'U8',
  int8: 'I8',
  int16: 'I16',
  int32: 'I32',
  uint32: 'U32',
  int64: 'I64',
  float16: 'F16',
  bfloat16: 'BF16',
  float32: 'F32',
  float64: 'F64',
};

const byFileName = new Map(Object.entries(fileDTypes).map(([dtype, name]) => [name, dtype as DType]));

/** What the format allows a header to be. */
const largestHeader = 100_000_000;
/** Bytes before the header: its length. */
export const prefixBytes = 8;

/** A tensor in a file; its offsets count from the end of the header. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

export interface Header {
  readonly tensors: readonly TensorInfo[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the tensors' bytes begin. */
  readonly dataStart: number;
}

const refuse = (reason: string): never => {
  throw new FormatError(`not a valid safetensors file: ${reason}`);
};

/** JSON.parse keeps the last of two equal keys: text that has them is refused. */
function refuseDuplicateKeys(json: string): void {
  const open: Set<string>[] = [];
  for (const { 0: token, index } of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (/^\s*:/.test(json.slice(index + token.length, index + token.length + 16))) {
      const key = JSON.parse(token) as string;
      if (open.at(-1)!.has(key)) refuse(`the name ${JSON.stringify(key)} appears twice`);
      open.at(-1)!.add(key);
    }
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseJson(text: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return refuse(`the header is no JSON (${(error as Error).message})`);
  }
  if (!isRecord(parsed)) return refuse('the header is no object');
  refuseDuplicateKeys(text);
  return parsed;
}

function parseMetadata(value: unknown): Record<string, string> {
  const metadata = Object.create(null) as Record<string, string>;
  if (value === undefined) return metadata;
  if (!isRecord(value)) return refuse('__metadata__ is no object');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') return refuse(`__metadata__ ${JSON.stringify(key)} is no string`);
    metadata[key] = text;
  }
  return metadata;
}

function parseTensor(name: string, entry: unknown): TensorInfo {
  const label = JSON.stringify(name);
  if (!isRecord(entry)) return refuse(`the entry of ${label} is no object`);
  const { dtype: fileName, shape, data_offsets: offsets } = entry;
  const unknown = Object.keys(entry).find((key) => !['dtype', 'shape', 'data_offsets'].includes(key));
  if (unknown !== undefined) return refuse(`the entry of ${label} has a field ${JSON.stringify(unknown)}`);
  const dtype = byFileName.get(String(fileName));
  if (dtype === undefined)
    return refuse(`${label} has dtype ${JSON.stringify(fileName)}, which is not supported`);
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    return refuse(`${label} has shape ${JSON.stringify(shape)}: sizes are whole numbers of at least 0`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return refuse(
      `${label} has offsets ${JSON.stringify(offsets)}: they are two whole numbers of at least 0`,
    );
  }
  const [start, end] = offsets as [number, number];
  // As big integers: a product past 2^53 must not pass for another.
  const bytes = shape.reduce((product, size) => product * BigInt(size), BigInt(dtypes[dtype].bytes));
  if (end < start || BigInt(end - start) !== bytes) {
    return refuse(
      `${label} of shape ${formatShape(shape)} needs ${bytes} bytes, its offsets hold ${end - start}`,
    );
  }
  return { name, dtype, shape, start, end };
}

/** The tensors must cover the bytes after the header without a hole or an overlap. */
function checkCover(tensors: readonly TensorInfo[], bytes: number): void {
  let covered = 0;
  for (const { name, start, end } of tensors.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== covered) refuse(`${JSON.stringify(name)} starts at byte ${start}, expected ${covered}`);
    covered = end;
  }
  if (covered !== bytes) refuse(`the tensors cover ${covered} bytes of ${bytes}`);
}

/** Length of the header, from the first bytes of a file of `total` bytes. */
function headerLength(bytes: Uint8Array): number {
  if (bytes.length < prefixBytes) return refuse(`${bytes.length} bytes hold no header`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, prefixBytes).getBigUint64(0, true);
  if (length > BigInt(largestHeader)) return refuse(`a header of ${length} bytes is over ${largestHeader}`);
  if (length > BigInt(bytes.length - prefixBytes)) return refuse(`the header of ${length} bytes is cut off`);
  return Number(length);
}

/**
 * Reads and checks the header of a whole file.
 * @throws FormatError saying what is wrong.
 */
export function parseHeader(bytes: Uint8Array): Header {
  const dataStart = prefixBytes + headerLength(bytes);
  const header = bytes.subarray(prefixBytes, dataStart);
  if (header[0] !== '{'.charCodeAt(0)) refuse('the header does not begin with {');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
  } catch {
    return refuse('the header is not UTF-8');
  }
  const { __metadata__: metadata, ...entries } = parseJson(text);
  const tensors = Object.entries(entries).map(([name, entry]) => parseTensor(name, entry));
  checkCover(tensors, bytes.length - dataStart);
  return { tensors, metadata: parseMetadata(metadata), dataStart };
}
