import type { Classes } from './classes.ts';
import type { FileIdentity } from './decode.ts';
import type { Dictionaries } from './dictionaries.ts';
import { labelDevice, labelFile } from './enrich.ts';
import type { FileLabel } from './enrich.ts';
import type { Container } from './lookups/containers.ts';
import type { Devices } from './lookups/devices.ts';
import type { Mounts } from './lookups/mounts.ts';
import type { Names } from './names.ts';

/** Who did it, as far as it decides what a file is called. */
export type Viewer = { readonly container: Container | undefined; readonly containerKey: number | null };

export type FileKeys = {
  /** Before the rows of each interval: takes notice of what changed since the last. */
  begin(): void;
  fileKey(file: FileIdentity, viewer: Viewer): number;
  deviceKey(dev: number, container: Container | undefined): number;
  /** Names may arrive after the totals that need them. */
  nameTheUnnamed(): void;
  /** After a rolled back transaction, as in Dictionaries. */
  forget(): void;
};

type Known = { readonly file: FileIdentity; readonly viewer: Viewer; readonly key: number; dueAt: number };
type Unnamed = { readonly file: FileIdentity; readonly viewer: Viewer };

const UNNAMED_MAX = 10_000;
/** Bounds what is remembered. */
const KNOWN_MAX = 100_000;

/**
 * The keys of files and their devices. A file is labelled when it is first met, when the kernel told it again or a
 * directory anew, when the mounts or its container changed, and as long as its path is not whole.
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

  const label = (file: FileIdentity, viewer: Viewer): { key: number; isWhole: boolean } => {
    const { container, containerKey } = viewer;
    const named = labelFile(file, names.pathOf(file), container, mounts);
    if (named.state === 'unknown' && unnamed.size < UNNAMED_MAX) {
      unnamed.set([file.dev, file.ino, file.hash, container?.containerId].join(':'), { file, viewer });
    }
    const key = dictionaries.file(file, named, containerKey, deviceKey(file.dev, container), () =>
      classes.of(named, file.dev, container),
    );
    return { key, isWhole: isWhole(named) };
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
    fileKey(file, viewer) {
      const container = viewer.containerKey ?? 0;
      let ofContainer = known.get(container);
      if (!ofContainer) known.set(container, (ofContainer = new Map<number, Known[]>()));
      const found = findKnown(ofContainer.get(file.ino), file, viewer.container);
      if (found && interval < found.dueAt) return found.key;
      const { key, isWhole } = label(file, viewer);
      const dueAt = isWhole ? Number.POSITIVE_INFINITY : interval + 1;
      if (found?.key === key) found.dueAt = dueAt;
      else remember(ofContainer, { file, viewer, key, dueAt });
      return key;
    },
    deviceKey,
    nameTheUnnamed() {
      const waiting = unnamed;
      unnamed = new Map();
      for (const [identity, { file, viewer }] of waiting) {
        if (names.pathOf(file)) label(file, viewer);
        else unnamed.set(identity, { file, viewer });
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
