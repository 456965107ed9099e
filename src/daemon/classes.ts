import { dirname } from 'node:path';
import type { ClassRule } from '../schema/classes.ts';
import { createClassifier } from '../schema/classify.ts';
import type { FileClass } from '../schema/classify.ts';
import type { FileLabel } from './enrich.ts';
import { majorOf, minorOf } from './enrich.ts';
import type { Container } from './lookups/containers.ts';
import { pathBelow } from './lookups/mountinfo.ts';
import type { Mounts } from './lookups/mounts.ts';

/** What a labelled file is and where it lies, as the mounts and containers of the moment tell it. */
export type Classes = {
  of(label: FileLabel, dev: number, container: Container | undefined): FileClass;
};

export function createClasses(mounts: Mounts, rules: readonly ClassRule[] = []): Classes {
  const classify = createClassifier(rules);
  // What a container has written reaches the disk after its end, when its overlay is mounted no more.
  const layersSeen = new Set<string>();
  return {
    of(label, dev, container) {
      if (container?.upperdir != null) layersSeen.add(container.upperdir);
      const { path, hostPath, state } = label;
      const fsType = mounts.byDevice(majorOf(dev), minorOf(dev))[0]?.fsType ?? null;
      return classify({
        path,
        hostPath,
        state,
        isInContainer: container !== undefined,
        layer: hostPath === null ? null : layerOf(hostPath, mounts, layersSeen),
        isBound:
          hostPath !== null &&
          container?.mounts.some(({ source }) => pathBelow(source, hostPath) !== undefined) === true,
        fsType,
      });
    },
  };
}

function layerOf(hostPath: string, mounts: Mounts, layersSeen: ReadonlySet<string>): 'writable' | null {
  if (mounts.overlayUnder(hostPath)) return 'writable';
  for (let directory = hostPath; directory !== dirname(directory); directory = dirname(directory)) {
    if (layersSeen.has(directory)) return 'writable';
  }
  return null;
}
