import type { Classes } from '../naming/classes.ts';
import type { FileIdentity } from '../stream/decode.ts';
import type { Dictionaries } from './dictionaries.ts';
import { labelDevice, labelFile } from '../naming/labels.ts';
import type { FileLabel } from '../naming/labels.ts';
import type { Container } from '../lookups/containers.ts';
import type { Devices } from '../lookups/devices.ts';
import type { Mounts } from '../lookups/mounts.ts';
import type { Names } from '../naming/names.ts';

/** Who did it, as far as it decides what a file is called. */
export type Viewer = { readonly container: Container | undefined; readonly containerKey: number | null };

export type FileKeys = {
  /** Before the rows of each interval: takes notice of what changed since the last. */
  begin(): void;
  /** `isWrite`: the operation is one that leaves no file in an image's layer. */
  fileKey(file: FileIdentity, viewer: Viewer, isWrite: boolean): number;
  deviceKey(dev: number, container: Container | undefined): number;
  /** Names may arrive after the totals that need them. */
  nameTheUnnamed(): void;
  /** After a rolled back transaction, as in Dictionaries. */
  forget(): void;
};

type Unnamed = { readonly file: FileIdentity; readonly viewer: Viewer; readonly isWritten: boolean };
type Known = Omit<Unnamed, 'isWritten'> & { readonly key: number; isWritten: boolean; dueAt: number };

const UNNAMED_MAX = 10_000;
/** Bounds what is remembered. */
const KNOWN_MAX = 100_000;
/** Intervals until it is looked again for a second sign of a file's class. */
const SIGN_PAUSE = 12;

/**
 * The keys of files and their devices. A file is labelled when it is first met, when the kernel told it again or a
 * directory anew, when the mounts or its container changed, when it is first written, and as long as its path is not
 * whole or its class waits for a sign.
 */
export function createFileKeys(
  dictionaries: Dictionaries,
  names: Names,
  mounts: Mounts,
  devices: Devices,
  classes: Classes,
): FileKeys {
  /** By container, then inode: numbers make fast keys. */
  let known = new Map<number, Map<number, Known[]>>();
  let knownCount = 0;
  let unnamed = new Map<string, Unnamed>();
  let interval = 0;
  let mountChanges = mounts.changes();

  const forgetLabels = (): void => {
    known = new Map();
    knownCount = 0;
  };
  const forget = (): void => {
    forgetLabels();
    dictionaries.forget();
  };
  const forgetTold = (): void => {
    const { inodes, hasMoved } = names.takeTold();
    if (hasMoved) forgetLabels();
    for (const ofContainer of known.values()) for (const inode of inodes) ofContainer.delete(inode);
  };
  const deviceKey = (dev: number, container: Container | undefined): number =>
    dictionaries.device(labelDevice(dev, container, devices, mounts));

  const label = (unlabelled: Unnamed): { key: number; isWhole: boolean; isWaiting: boolean } => {
    const { file, viewer, isWritten } = unlabelled;
    const { container, containerKey } = viewer;
    const named = labelFile(file, names.pathOf(file), container, mounts);
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
    return { key, isWhole: isWhole(named), isWaiting: located.isWaiting };
  };
  const remember = (ofContainer: Map<number, Known[]>, entry: Known): void => {
    const ofInode = ofContainer.get(entry.file.ino);
    if (ofInode) ofInode.push(entry);
    else ofContainer.set(entry.file.ino, [entry]);
    knownCount += 1;
  };

  return {
    begin() {
      interval += 1;
      if (dictionaries.freshen()) forgetLabels();
      if (knownCount > KNOWN_MAX) forget();
      if (mounts.changes() !== mountChanges) forgetLabels();
      mountChanges = mounts.changes();
      forgetTold();
    },
    fileKey(file, viewer, isWrite) {
      const container = viewer.containerKey ?? 0;
      let ofContainer = known.get(container);
      if (!ofContainer) known.set(container, (ofContainer = new Map<number, Known[]>()));
      const found = findKnown(ofContainer.get(file.ino), file, viewer.container);
      if (found && interval < found.dueAt && (found.isWritten || !isWrite)) return found.key;
      const isWritten = isWrite || found?.isWritten === true;
      const { key, isWhole, isWaiting } = label({ file, viewer, isWritten });
      const dueAt = isWhole ? (isWaiting ? interval + SIGN_PAUSE : Number.POSITIVE_INFINITY) : interval + 1;
      if (found?.key === key) Object.assign(found, { dueAt, isWritten });
      else remember(ofContainer, { file, viewer, key, isWritten, dueAt });
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
