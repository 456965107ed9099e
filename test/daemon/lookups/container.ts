import type { ContainerState } from '../../../src/daemon/lookups/containers/container.ts';

/** A container of which nothing is known but what is given. */
export function containerOf(
  known: Partial<ContainerState> & Pick<ContainerState, 'containerId'>,
): ContainerState {
  return {
    runtime: null,
    name: known.containerId,
    pod: null,
    namespace: null,
    podUid: null,
    image: null,
    rootfs: null,
    upperdir: null,
    snapshot: null,
    cgroupsPath: null,
    initPid: null,
    mounts: [],
    ...known,
  };
}
