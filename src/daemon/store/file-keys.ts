import type { Classes } from '../naming/classes.ts';
import type { FileIdentity } from '../stream/decode.ts';
import type { Dictionaries } from './dictionaries.ts';
import { labelDevice, labelFile } from '../naming/labels.ts';
import type { FileLabel } from '../naming/labels.ts';
import type { Container } from '../lookups/containers.ts';
import type { Lookups } from '../lookups/lookups.ts';
import { createMoved } from '../naming/moved.ts';
import type { Names } from '../naming/names.ts';

/** Who did it, as far as it decides what a file is called. */
export type Viewer = { readonly container: Container | undefined; readonly containerKey: number | null };

export type FileKeys = {
  /** Before the rows of each interval: takes notice of what changed since the last. */
  begin(): void;
  /** `isWrite`: the operation is one that leaves no file in an image's layer. */
  fileKey(file: FileIdentity, viewer: Viewer, isWrite: boolean, pid: number): number;
  deviceKey(dev: number, container: Container | undefined): number;
  /** Names may arrive after the totals that need them. */
  nameTheUnnamed(): void;
  /** After a rolled back transaction, as in Dictionaries. */
  forget(): void;
};

type Unnamed = {
  readonly file: FileIdentity;
  readonly viewer: Viewer;
  readonly isWritten: boolean;
  /** Who used it last. */
  readonly pid: number;
};
type Known = Pick<Unnamed, 'file' | 'viewer'> & {
  readonly key: number;
  isWritten: boolean;
  lookCount: number;
  dueAt: number;
};

const UNNAMED_MAX = 10_000;
/** Bounds what is remembered. */
const KNOWN_MAX = 100_000;
/** What may change without the kernel telling is looked at ever more rarely, down to once in so many intervals. */
const LONGEST_PAUSE = 64;

/**
 * The keys of files and their devices. A file is labelled when it is first met, when the kernel told it again or a
 * directory anew, when the mounts or its container changed, when it is first written, as long as its path is not whole,
 * and ever more rarely while its class waits for a sign or a directory above it may have been renamed.
 */
export function createFileKeys(
  dictionaries: Dictionaries,
  names: Names,
  { mounts, devices, proc }: Pick<Lookups, 'mounts' | 'devices' | 'proc'>,
  classes: Classes,
): FileKeys {
  const known = createKnownFiles();
  let unnamed = new Map<string, Unnamed>();
  const moved = createMoved(mounts, proc);
  let interval = 0;
  let mountChanges = mounts.changes();

  const forget = (): void => {
    known.forget();
    dictionaries.forget();
  };
  const forgetTold = (): void => {
    const { inodes, hasMoved } = names.takeTold();
    if (hasMoved) known.forget();
    known.forgetInodes(inodes);
  };
  const deviceKey = (dev: number, container: Container | undefined): number =>
    dictionaries.device(labelDevice(dev, container, devices, mounts));

  const label = (unlabelled: Unnamed): { key: number; isWhole: boolean; mayChange: boolean } => {
    const { file, viewer, isWritten, pid } = unlabelled;
    const { container, containerKey } = viewer;
    const named = moved.correct(file, labelFile(file, names.pathOf(file), container, mounts), pid);
    if (named.state === 'unknown' && unnamed.size < UNNAMED_MAX) {
      unnamed.set([file.dev, file.ino, file.hash, container?.containerId].join(':'), unlabelled);
    }
    const located = classes.of(named, container, isWritten);
    const key = dictionaries.file(
      file,
      { ...named, hostPath: located.hostPath },
      containerKey,
      deviceKey(file.dev, container),
      located,
    );
    return {
      key,
      isWhole: isWhole(named),
      mayChange: located.isWaiting || (isWritten && named.hostPath !== null),
    };
  };

  return {
    begin() {
      interval += 1;
      moved.begin();
      if (dictionaries.freshen()) known.forget();
      if (known.count() > KNOWN_MAX) forget();
      if (mounts.changes() !== mountChanges) known.forget();
      mountChanges = mounts.changes();
      forgetTold();
    },
    fileKey(file, viewer, isWrite, pid) {
      const found = known.find(file, viewer);
      if (found && interval < found.dueAt && (found.isWritten || !isWrite)) return found.key;
      const isWritten = isWrite || found?.isWritten === true;
      const { key, isWhole, mayChange } = label({ file, viewer, isWritten, pid });
      const lookCount = (found?.lookCount ?? -1) + 1;
      const pause = isWhole ? Math.min(2 ** lookCount, LONGEST_PAUSE) : 1;
      const dueAt = isWhole && !mayChange ? Number.POSITIVE_INFINITY : interval + pause;
      if (found?.key === key) Object.assign(found, { dueAt, isWritten, lookCount });
      else known.add({ file, viewer, key, isWritten, dueAt, lookCount });
      return key;
    },
    deviceKey,
    nameTheUnnamed() {
      const waiting = unnamed;
      unnamed = new Map();
      for (const [identity, each] of waiting) {
        if (names.pathOf(each.file)) label(each);
        else unnamed.set(identity, each);
      }
    },
    forget,
  };
}

/** Files that have a key, by container, then inode: numbers make fast keys. */
function createKnownFiles() {
  let containers = new Map<number, Map<number, Known[]>>();
  let count = 0;
  const inodesOf = ({ containerKey }: Viewer): Map<number, Known[]> => {
    const found = containers.get(containerKey ?? 0);
    if (found) return found;
    const made = new Map<number, Known[]>();
    containers.set(containerKey ?? 0, made);
    return made;
  };
  return {
    count: () => count,
    find: (file: FileIdentity, viewer: Viewer): Known | undefined =>
      findKnown(inodesOf(viewer).get(file.ino), file, viewer.container),
    add(entry: Known): void {
      const inodes = inodesOf(entry.viewer);
      const ofInode = inodes.get(entry.file.ino);
      if (ofInode) ofInode.push(entry);
      else inodes.set(entry.file.ino, [entry]);
      count += 1;
    },
    forget(): void {
      containers = new Map();
      count = 0;
    },
    forgetInodes(inodes: ReadonlySet<number>): void {
      for (const ofContainer of containers.values()) for (const inode of inodes) ofContainer.delete(inode);
    },
  };
}

const isWhole = ({ path, state }: FileLabel): boolean => state !== 'unknown' && !path.startsWith('…/');

/** Of the few entries of one inode. */
function findKnown(
  entries: readonly Known[] | undefined,
  { dev, hash }: FileIdentity,
  container: Container | undefined,
): Known | undefined {
  return entries?.find(
    ({ file, viewer }) => file.dev === dev && file.hash === hash && viewer.container === container,
  );
}
