import { dirname, join } from 'node:path';
import type { ClassRule } from '../../schema/classes.ts';
import { createClassifier } from '../../schema/classify.ts';
import type { Classified } from '../../schema/classify.ts';
import { operations } from '../../schema/probes/index.ts';
import type { Labelled } from './labels.ts';
import type { Container } from '../lookups/containers.ts';
import { existsLocally } from '../lookups/foreign.ts';
import { overlayLayers, pathBelow } from '../lookups/mountinfo.ts';
import type { Mounts } from '../lookups/mounts.ts';

/** What a labelled file is and where it lies, as the mounts and containers of the moment tell it. */
export type Classes = {
  /** `isWritten`: what was done to the file is not done to a file of an image's layer. */
  of(label: Labelled, container: Container | undefined, isWritten: boolean): Located;
};

export type Located = Classified & {
  /** `null` also for a file of an image that overlayfs shows: its name is that in the writable layer, where it is not. */
  readonly hostPath: string | null;
};

export function createClasses(mounts: Mounts, rules: readonly ClassRule[] = []): Classes {
  const classify = createClassifier(rules);
  // What a container has written reaches the disk after its end, when its overlay is mounted no more.
  const layersSeen = new Set<string>();
  const exists = (path: string): boolean | undefined => existsLocally(mounts, path);
  const layerAbove = (hostPath: string, container: Container | undefined): string | undefined => {
    const own = container?.upperdir ?? undefined;
    if (own !== undefined && pathBelow(own, hostPath) !== undefined) return own;
    const overlay = mounts.overlayUnder(hostPath);
    return (overlay && overlayLayers(overlay.mount)?.upperdir) ?? findAbove(layersSeen, hostPath);
  };
  /** Overlayfs names a file the same in either layer; what was only read may lie in an image's. */
  const layerOf = (
    { hostPath, role, state }: Labelled,
    container: Container | undefined,
    isWritten: boolean,
  ) => {
    const layer = hostPath === null ? undefined : layerAbove(hostPath, container);
    if (hostPath === null || (role !== 'layer' && role !== 'work' && layer === undefined)) return null;
    if (isWritten || state !== 'known' || layer === undefined) return 'writable';
    return exists(layer) === true && exists(hostPath) === false ? 'image' : 'writable';
  };
  return {
    of(label, container, isWritten) {
      if (container?.upperdir != null) layersSeen.add(container.upperdir);
      const { path, state, isDirectory, role, fsType } = label;
      const layer = layerOf(label, container, isWritten);
      const hostPath = layer === 'image' ? null : label.hostPath;
      const classified = classify({
        path,
        hostPath,
        state,
        isInContainer: container !== undefined,
        layer,
        isBound: role === 'mount',
        fsType,
        isDirectory,
        hasBeside: (name) =>
          hostPath !== null && !hostPath.includes('…') && exists(join(dirname(hostPath), name)) === true,
      });
      return { ...classified, hostPath };
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
