import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { Problem } from './sampler.ts';

/** Why a file could not be read: an errno's name, as `ENOENT`. */
export type Unread = { readonly code: string };

/** No file a sampler reads is larger; /proc/diskstats of a thousand disks is 100 KiB. */
const buffer = Buffer.alloc(1024 * 1024);

/**
 * The text of a small file of /proc or /sys, or why not. One buffer serves all: these files are read
 * hundreds of times a round.
 */
export function readText(path: string): string | Unread {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    let length = 0;
    // A file of seq_file comes in pages; nothing more is there when a read gives nothing.
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = readSync(descriptor, buffer, length, buffer.length - length, null);
    }
    return buffer.toString('utf8', 0, length);
  } catch (error) {
    return { code: codeOf(error) };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

export function isRead(read: string | Unread): read is string {
  return typeof read === 'string';
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'this kernel has no such file',
  ENOTDIR: 'this kernel has no such file',
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  EOPNOTSUPP: 'the kernel was started with it switched off',
  ENOTSUP: 'the kernel was started with it switched off',
};

/** The problem of a file that could not be read. */
export function unreadable(subject: string, { code }: Unread, fix: string | null = null): Problem {
  return { subject, state: 'missing', reason: REASONS[code] ?? `reading it failed with ${code}`, fix };
}

/** The number after `name` in a file of `name value` lines; `undefined`: it is not there. */
export function field(text: string, name: string): number | undefined {
  const start = text.startsWith(`${name} `) ? 0 : text.indexOf(`\n${name} `) + 1;
  if (start === 0 && !text.startsWith(`${name} `)) return undefined;
  const value = Number.parseInt(text.slice(start + name.length + 1, start + name.length + 24), 10);
  return Number.isNaN(value) ? undefined : value;
}
