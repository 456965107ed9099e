import { dirname } from 'node:path';
import { existsLocally } from '../lookups/foreign.ts';
import type { Mounts } from '../lookups/mounts.ts';
import { findOpenFile } from '../lookups/processes.ts';
import type { FileIdentity } from '../stream/decode.ts';
import { majorOf, minorOf } from './labels.ts';
import type { Labelled } from './labels.ts';

/** Looking through what a process has open is about 10 µs a descriptor. */
const LOOKS_PER_INTERVAL = 20;
const REMEMBERED_MAX = 1000;

export type Moved = {
  begin(): void;
  /** The label with the name of today, when a directory above the file was renamed since it was told. */
  correct(file: FileIdentity, label: Labelled, pid: number): Labelled;
};

/**
 * A renamed directory leaves the identity of the files below it as it was, so the kernel does not tell them again. What
 * their process has open shows the name they have.
 */
export function createMoved(mounts: Mounts, proc: string): Moved {
  const pathsSeen = new Map<string, string>();
  let looks = 0;
  const lookUp = ({ dev, ino, hash }: FileIdentity, pid: number): string | undefined => {
    const key = [dev, ino, hash].join(':');
    const known = pathsSeen.get(key);
    if (known !== undefined || looks >= LOOKS_PER_INTERVAL) return known;
    looks += 1;
    const seen = findOpenFile(proc, pid, majorOf(dev), minorOf(dev), ino);
    if (pathsSeen.size >= REMEMBERED_MAX) pathsSeen.clear();
    if (seen !== undefined) pathsSeen.set(key, seen);
    return seen;
  };
  return {
    begin() {
      looks = 0;
    },
    correct(file, label, pid) {
      const { hostPath, state } = label;
      if (state !== 'known' || hostPath === null || hostPath.includes('…')) return label;
      if (existsLocally(mounts, dirname(hostPath)) !== false) return label;
      const seen = lookUp(file, pid);
      return seen === undefined ? label : renamed(label, hostPath, seen);
    },
  };
}

/** The host's path changes where the container's does. */
function renamed(label: Labelled, hostPath: string, path: string): Labelled {
  const before = label.path.split('/');
  const common = before.findIndex((name, depth) => name !== path.split('/')[depth]);
  if (common < 0) return label;
  const [tail, newTail] = [before, path.split('/')].map((names) => `/${names.slice(common).join('/')}`);
  if (tail === undefined || newTail === undefined) return label;
  const isBelow = hostPath.endsWith(tail);
  return { ...label, path, hostPath: isBelow ? hostPath.slice(0, -tail.length) + newTail : null };
}
