import { basename, join } from 'node:path';
import type { Mounts } from '../mounts.ts';
import { leadsAbroad } from '../resolve-path.ts';
import { onHost } from '../roots.ts';
import type { Roots } from '../roots.ts';
import {
  CONTAINERD_STATES,
  DOCKER_NAMESPACE,
  containerdNamespaces,
  containerdState,
  listContainerd,
  readContainerd,
} from './containerd.ts';
import type { ContainerState, StateDirectory } from './container.ts';
import {
  DOCKER_TASKS,
  dockerBundles,
  dockerContainers,
  dockerState,
  listDocker,
  readDocker,
} from './docker.ts';
import { followDirectories } from './watch.ts';
import type { Following } from './watch.ts';
import { STORAGE, listStorage, readStorage, storageDirectories, storageState } from './storage.ts';

/** One way in which runtimes keep the state of containers. */
export interface Source {
  /** The directories all of its state lies below. */
  readonly bases: (roots: Roots) => string[];
  readonly list: (roots: Roots) => StateDirectory[];
  readonly read: (roots: Roots, mounts: Mounts, state: StateDirectory) => ContainerState | undefined;
  /** The directories whose modification time changes when a container comes or goes. */
  readonly places: (roots: Roots) => string[];
  /** Tells of the containers that are there and of those that appear. */
  readonly follow: (roots: Roots, arrived: (state: StateDirectory) => void) => Following;
}

const containerd: Source = {
  bases: ({ run }) => [run],
  list: listContainerd,
  read: readContainerd,
  places: (roots) => [
    ...CONTAINERD_STATES.map((state) => join(roots.run, state)),
    ...containerdNamespaces(roots),
  ],
  follow: (roots, arrived) =>
    followAll(
      roots.run,
      CONTAINERD_STATES.map((state) => `${state}/*`),
      containerdState,
      arrived,
    ),
};

const docker: Source = {
  bases: (roots) => [roots.run, dockerContainers(roots)],
  list: listDocker,
  read: readDocker,
  places: (roots) => [dockerContainers(roots), ...dockerBundles(roots)],
  follow: (roots, arrived) =>
    followAll(
      roots.run,
      DOCKER_TASKS.map((tasks) => `${tasks}/${DOCKER_NAMESPACE}`),
      (bundle) => dockerState(roots, basename(bundle)),
      arrived,
    ),
};

const storage: Source = {
  bases: storageDirectories,
  list: listStorage,
  read: readStorage,
  places: storageDirectories,
  follow: (roots, arrived) =>
    followAll(roots.varLib, [STORAGE], (directory) => storageState(roots, basename(directory)), arrived),
};

/** containerd; Podman and CRI-O; Docker. */
const SOURCES: readonly Source[] = [containerd, storage, docker];

/** Those whose state is on file systems that always answer. */
export function sourcesOn(roots: Roots, mounts: Mounts): readonly Source[] {
  const isSafe = (base: string): boolean => !leadsAbroad(mounts, onHost(roots, base), roots.host);
  return SOURCES.filter((source) => source.bases(roots).every(isSafe));
}

function followAll(
  root: string,
  places: readonly string[],
  stateOf: (directory: string) => StateDirectory | undefined,
  arrived: (state: StateDirectory) => void,
): Following {
  const followings = places.map((place) =>
    followDirectories(root, place.split('/'), (directory) => {
      const state = stateOf(directory);
      if (state) arrived(state);
    }),
  );
  return {
    close() {
      for (const following of followings) following.close();
    },
  };
}
