import { closeSync, constants, openSync, readSync, readdirSync, statSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';

/** The largest state or spec file we read. */
const SPEC_LIMIT_BYTES = 4 * 1024 * 1024;

const CHUNK_BYTES = 64 * 1024;

/**
 * The text of a file, read without trusting its size (files in /proc report 0).
 *
 * @param limitBytes a file longer than this is not read at all
 * @returns `undefined` when the file is missing, unreadable, longer than the limit, or gone half way
 */
export function readWhole(path: string, limitBytes = SPEC_LIMIT_BYTES): string | undefined {
  const read = readChunks(path, limitBytes + 1);
  return read === undefined || read.length > limitBytes ? undefined : read.toString('utf8');
}

/**
 * The complete lines among the first `limitBytes` of a file: for tables of which a part is better
 * than nothing.
 *
 * @returns no lines when the file is missing or unreadable
 */
export function readLines(path: string, limitBytes = SPEC_LIMIT_BYTES): string[] {
  const read = readChunks(path, limitBytes);
  if (read === undefined) return [];
  const lines = read.toString('utf8').split('\n');
  const last = lines.pop();
  if (last && read.length < limitBytes) lines.push(last);
  return lines;
}

/** The names in a directory; none when it is missing or unreadable. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** The names of the directories in a directory, links to directories left out; none when unreadable. */
export function subdirectoriesOf(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}

/** `stat(2)`, following links; `undefined` when the path is missing or unreachable. */
export function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Tells a file from another made later at the same path, which may get the same inode number (ext4). */
export function instanceOf({ ino, birthtimeNs }: BigIntStats): string {
  return `${String(ino)}:${String(birthtimeNs)}`;
}

function readChunks(path: string, limitBytes: number): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    // O_NONBLOCK: a fifo in place of the file must not stop the daemon.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return readDescriptor(descriptor, limitBytes);
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function readDescriptor(descriptor: number, limitBytes: number): Buffer {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < limitBytes) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, limitBytes - total));
    const count = readSync(descriptor, chunk, 0, chunk.length, null);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    total += count;
  }
  return Buffer.concat(chunks, total);
}
