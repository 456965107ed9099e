import { closeSync, constants, openSync, readSync } from 'node:fs';
import { errorCode } from '../../failure.ts';

/** Why a file could not be read: an errno's name, as `ENOENT`. */
export type Unread = { readonly code: string };

/** No file a sampler reads is larger; /proc/diskstats of a thousand disks is 100 KiB. */
const buffer = Buffer.alloc(1024 * 1024);
/** A page less the longest line: a table's page is at least this full when another follows. */
const ONE_PIECE_BYTES = 2048;

/**
 * The text of a small file of /proc or /sys, or why not. One buffer serves all: these files are read
 * hundreds of times a round.
 */
export function readText(path: string): string | Unread {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    let length = readSync(descriptor, buffer, 0, buffer.length, null);
    // What the kernel makes in one piece comes in one read; tables of many lines come in pages.
    for (let count = length; count >= ONE_PIECE_BYTES && length < buffer.length; length += count) {
      count = readSync(descriptor, buffer, length, buffer.length - length, null);
    }
    return buffer.toString('utf8', 0, length);
  } catch (error) {
    return { code: errorCode(error) };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Descriptors of small files that are read every tick, kept open: reading again costs a third of opening
 * anew. For files that one read gives whole, as those of cgroups.
 */
export function createKeptFiles(most = 4096) {
  const open = new Map<string, { readonly descriptor: number; round: number }>();
  let round = 0;
  const close = (path: string, descriptor: number): void => {
    open.delete(path);
    closeSync(descriptor);
  };
  const openedNow = (path: string): { readonly descriptor: number; round: number } => {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const entry = { descriptor, round };
    open.set(path, entry);
    return entry;
  };
  const readKept = (path: string): string | Unread => {
    let entry = open.get(path);
    try {
      entry ??= openedNow(path);
      entry.round = round;
      return buffer.toString('utf8', 0, readSync(entry.descriptor, buffer, 0, buffer.length, 0));
    } catch (error) {
      if (entry) close(path, entry.descriptor);
      return { code: errorCode(error) };
    }
  };
  return {
    /** The text of a file, or why not. One that was deleted and made again is opened anew. */
    read(path: string): string | Unread {
      if (open.size >= most && !open.has(path)) return readText(path);
      const wasOpen = open.has(path);
      const text = readKept(path);
      return isRead(text) || !wasOpen ? text : readKept(path);
    },
    /** Closes what was not read since the last call. */
    tidy(): void {
      for (const [path, entry] of open) if (entry.round < round) close(path, entry.descriptor);
      round += 1;
    },
    close(): void {
      for (const [path, { descriptor }] of open) close(path, descriptor);
    },
  };
}

export function isRead(read: string | Unread): read is string {
  return typeof read === 'string';
}

/** The number after `name` in a file of `name value` lines; `undefined`: it is not there. */
export function field(text: string, name: string): number | undefined {
  const start = text.startsWith(`${name} `) ? 0 : text.indexOf(`\n${name} `) + 1;
  if (start === 0 && !text.startsWith(`${name} `)) return undefined;
  const value = Number.parseInt(text.slice(start + name.length + 1, start + name.length + 24), 10);
  return Number.isNaN(value) ? undefined : value;
}
