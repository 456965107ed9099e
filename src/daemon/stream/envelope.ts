import { readMapLine } from './map-line.ts';
import type { Stats } from './map-line.ts';

/**
 * The lines of `bpftrace -f json`, 0.17 to 0.27, as messages.
 *
 * Strings come with each byte ≥ 0x80 as `\uffffffXX`: JSON reads that as U+FFFF and four letters.
 * Such a string is handed on as bytes, see {@link toBytes}.
 */
export type Message =
  | { readonly type: 'value'; readonly data: readonly (string | number)[] }
  | { readonly type: 'map'; readonly name: string; readonly entries: ReadonlyMap<string, number> }
  | { readonly type: 'stats'; readonly name: string; readonly entries: ReadonlyMap<string, Stats> }
  | { readonly type: 'lost'; readonly events: number }
  | { readonly type: 'note'; readonly text: string };

/** A line that made no sense, kept as a sample. */
export type Reject = { readonly rejected: string };

/** One line; `undefined` for an empty one. Never throws. */
export function readLine(line: string): Message | Reject | undefined {
  if (line.trim() === '') return undefined;
  // 0.24 to 0.27 print the number of lost events in hex after any string with a byte escape.
  const lost = /^\{"type": "lost_events",.*"events": ([0-9a-f]+)\}/u.exec(line)?.[1];
  if (lost !== undefined)
    return { type: 'lost', events: Number.parseInt(lost, /[a-f]/u.test(lost) ? 16 : 10) };
  const map = readMapLine(line);
  if (map) return map;
  try {
    return readMessage(JSON.parse(line), line);
  } catch {
    return { rejected: line };
  }
}

/** The bytes of a string as the kernel had it. */
export function toBytes(text: string): Buffer {
  return Buffer.from(
    text.replaceAll(/\uffffff([0-9a-f]{2})/gu, (_, byte: string) =>
      String.fromCharCode(Number.parseInt(byte, 16)),
    ),
    'latin1',
  );
}

/** Bytes as text for people: UTF-8; what is none of it as `\xff`. */
export function toText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  let result = '';
  for (let at = 0; at < bytes.length;) {
    const length = utf8Length(bytes, at);
    result +=
      length === 0 ? `\\x${bytes.toString('hex', at, at + 1)}` : bytes.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return result;
}

/** Length of the well-formed UTF-8 character at an offset, 0 when there is none. */
function utf8Length(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
  const character = bytes.subarray(at, at + length);
  return character.length === length && Buffer.from(character.toString('utf8')).equals(character)
    ? length
    : 0;
}

function readMessage(parsed: unknown, line: string): Message | Reject {
  if (!isObject(parsed)) return { rejected: line };
  const { type, data } = parsed;
  switch (type) {
    case 'value':
      return Array.isArray(data) && data.every(isScalar) ? { type, data } : { rejected: line };
    case 'map':
    case 'stats':
      return readMap(type, data) ?? { rejected: line };
    case 'attached_probes':
    case 'printf':
    case 'time':
    case 'helper_error':
    case 'runtime_error':
      return { type: 'note', text: line };
    default:
      return { rejected: line };
  }
}

function readMap(type: 'map' | 'stats', data: unknown): Message | undefined {
  if (!isObject(data)) return undefined;
  const [name, content] = Object.entries(data)[0] ?? [];
  if (name === undefined) return undefined;
  if (typeof content === 'number') return { type: 'map', name, entries: new Map([['', content]]) };
  if (!isObject(content)) return undefined;
  if (type === 'map') return { type, name, entries: new Map(Object.entries(content).filter(isNumbered)) };
  return { type, name, entries: new Map(Object.entries(content).filter(isStats)) };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isScalar = (value: unknown): value is string | number =>
  typeof value === 'string' || typeof value === 'number';
const isNumbered = (entry: [string, unknown]): entry is [string, number] => typeof entry[1] === 'number';
const isStats = (entry: [string, unknown]): entry is [string, Stats] =>
  isObject(entry[1]) && typeof entry[1]['count'] === 'number' && typeof entry[1]['total'] === 'number';
