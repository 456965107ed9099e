import { dirname, join } from 'node:path';
import type { ClassRule } from '../../schema/classes.ts';
import { createClassifier } from '../../schema/classify.ts';
import type { Classified } from '../../schema/classify.ts';
import { operations } from '../../schema/probes/index.ts';
import type { Labelled } from './labels.ts';
import { majorOf, minorOf } from './labels.ts';
import type { Container } from '../lookups/containers.ts';
import { existsLocally } from '../lookups/foreign.ts';
import { overlayLayers, pathBelow } from '../lookups/mountinfo.ts';
import type { Mounts } from '../lookups/mounts.ts';

/** What a labelled file is and where it lies, as the mounts and containers of the moment tell it. */
export type Classes = {
  /** `isWritten`: what was done to the file is not done to a file of an image's layer. */
  of(label: Labelled, dev: number, container: Container | undefined, isWritten: boolean): Classified;
};

export function createClasses(mounts: Mounts, rules: readonly ClassRule[] = []): Classes {
  const classify = createClassifier(rules);
  // What a container has written reaches the disk after its end, when its overlay is mounted no more.
  const layersSeen = new Set<string>();
  const exists = (path: string): boolean | undefined => existsLocally(mounts, path);
  const upperdirAbove = (hostPath: string): string | undefined => {
    const overlay = mounts.overlayUnder(hostPath);
    return overlay && overlayLayers(overlay.mount)?.upperdir;
  };
  /** Overlayfs names a file the same in either layer; what was only read may lie in an image's. */
  const layerOf = (hostPath: string, isRead: boolean): 'writable' | 'image' | null => {
    const upperdir = upperdirAbove(hostPath) ?? findAbove(layersSeen, hostPath);
    if (upperdir === undefined) return null;
    const isAbsent = isRead && exists(upperdir) === true && exists(hostPath) === false;
    return isAbsent ? 'image' : 'writable';
  };
  return {
    of(label, dev, container, isWritten) {
      if (container?.upperdir != null) layersSeen.add(container.upperdir);
      const { path, hostPath, state, isDirectory } = label;
      const isRead = state === 'known' && !isWritten;
      const fsType = mounts.byDevice(majorOf(dev), minorOf(dev))[0]?.fsType ?? null;
      return classify({
        path,
        hostPath,
        state,
        isInContainer: container !== undefined,
        layer: hostPath === null ? null : layerOf(hostPath, isRead),
        isBound:
          hostPath !== null &&
          container?.mounts.some(({ source }) => pathBelow(source, hostPath) !== undefined) === true,
        fsType,
        isDirectory,
        hasBeside: (name) =>
          hostPath !== null && !hostPath.includes('…') && exists(join(dirname(hostPath), name)) === true,
      });
    },
  };
}

/** Whether an operation is one that overlayfs copies a file up for, or does only to files in the upper layer. */
export const isWrite = (opId: number): boolean => !readOps.has(opId);

const READ_OPS = ['read', 'open', 'close', 'mmap_fault', 'block_read'];
const readOps = new Set(operations.filter(({ name }) => READ_OPS.includes(name)).map(({ id }) => id));

function findAbove(directories: ReadonlySet<string>, path: string): string | undefined {
  for (let directory = path; directory !== dirname(directory); directory = dirname(directory)) {
    if (directories.has(directory)) return directory;
  }
  return undefined;
}
