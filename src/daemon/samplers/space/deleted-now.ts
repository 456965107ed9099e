import { createCgroups } from '../../lookups/cgroups.ts';
import { createContainers } from '../../lookups/containers.ts';
import type { Container } from '../../lookups/containers.ts';
import { createDevices } from '../../lookups/devices.ts';
import { createMounts } from '../../lookups/mounts.ts';
import { hostRoots } from '../../lookups/roots.ts';
import type { Roots } from '../../lookups/roots.ts';
import { findAllDeleted } from './deleted-files.ts';
import type { DeletedFile } from './deleted-files.ts';

/** A deleted file that is held now, with its holder's container and the device's name. */
export type DeletedNow = DeletedFile & {
  readonly container: Container | undefined;
  readonly device: string;
};

/** The deleted files processes hold now, the largest first. What only root may see is left out for others. */
export function deletedNow(roots: Roots = hostRoots): DeletedNow[] {
  const mounts = createMounts(roots);
  const devices = createDevices(roots, mounts);
  const containers = createContainers(roots, mounts);
  const { cgroup2Path } = createCgroups(roots).layout;
  return findAllDeleted(roots.proc).map((file) => ({
    ...file,
    container:
      file.cgroupPath === undefined || cgroup2Path === undefined
        ? undefined
        : containers.ofCgroup(file.cgroupPath),
    device: devices.of(file.major, file.minor).name,
  }));
}
