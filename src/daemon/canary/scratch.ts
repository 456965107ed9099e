import { lstatSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf, run } from '../children.ts';

const PREFIX = '.iotrace-canary-';
const TMPFS_MAGIC = 0x01021994;

/**
 * A scratch folder in the first of `folders` that is on a disk: tmpfs takes a sync for nothing, and from 6.6 on does
 * not even see it with O_SYNC. Named after whose it is.
 */
export function makeScratch(folders: readonly string[]): string | undefined {
  for (const folder of folders) {
    try {
      if (statfsSync(folder).type !== TMPFS_MAGIC) return mkdtempSync(join(folder, `${PREFIX}${owner()}-`));
    } catch {
      // Not there, or read-only: the next one.
    }
  }
  return undefined;
}

/** Removes what daemons that were killed have left in `folders`, mounts first. */
export async function removeLeftScratch(folders: readonly string[]): Promise<void> {
  const left = [...new Set(folders)].flatMap((folder) =>
    namesIn(folder)
      .filter((name) => name.startsWith(PREFIX) && !isAlive(name))
      .map((name) => join(folder, name))
      .filter(isRootsAlone),
  );
  for (const each of left) await removeScratch(each);
}

export async function removeScratch(scratch: string): Promise<void> {
  const merged = join(scratch, 'merged');
  if (namesIn(scratch).includes('merged') && isMount(scratch, merged)) await run('umount', [merged]);
  try {
    rmSync(scratch, { recursive: true, force: true });
  } catch {
    // Still in use: the next start tries again.
  }
}

const isMount = (above: string, folder: string): boolean => lstatSync(above).dev !== lstatSync(folder).dev;

/** In a folder where everybody may write, somebody else's would be a trap. */
function isRootsAlone(path: string): boolean {
  const { uid, mode } = lstatSync(path);
  return uid === process.getuid?.() && (mode & 0o777) === 0o700 && (mode & 0o170000) === 0o040000;
}

const owner = (): string => nameOf(identityOf(process.pid) ?? '');
/** `561 8123 pid:[4026531836]` as part of a file name. */
const nameOf = (identity: string): string => identity.replaceAll(/\D+/gu, '-').replace(/-$/u, '');

/** Whether the daemon of a scratch folder runs: `.iotrace-canary-561-8123-4026531836-Xy12ab`. */
function isAlive(name: string): boolean {
  const [pid = '', ...rest] = name.slice(PREFIX.length).split('-');
  const alive = nameOf(identityOf(Number(pid)) ?? '');
  return alive !== '' && alive === [pid, ...rest].slice(0, 3).join('-');
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
