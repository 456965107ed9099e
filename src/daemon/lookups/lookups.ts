import type { ClassRule } from '../../schema/classes.ts';
import { createCgroups } from './cgroups.ts';
import type { Cgroups } from './cgroups.ts';
import { createContainers } from './containers.ts';
import type { Containers } from './containers.ts';
import { createDevices } from './devices.ts';
import type { Devices } from './devices.ts';
import { createMounts } from './mounts.ts';
import type { Mounts } from './mounts.ts';
import type { Roots } from './roots.ts';

/** Who and where: all that gives the kernel's numbers their names. */
export type Lookups = {
  readonly cgroups: Cgroups;
  readonly containers: Containers;
  readonly devices: Devices;
  readonly mounts: Mounts;
  /** The host's /proc. */
  readonly proc: string;
  /** File classes of the user's own. */
  readonly classes?: readonly ClassRule[];
};

export function createLookups(roots: Roots, classes: readonly ClassRule[]): Lookups {
  const mounts = createMounts(roots);
  return {
    mounts,
    cgroups: createCgroups(roots),
    containers: createContainers(roots, mounts),
    devices: createDevices(roots, mounts),
    proc: roots.proc,
    classes,
  };
}
