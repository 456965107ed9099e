import type { Runtime } from '../cgroup-path.ts';

/** A bind mount of a container: where it is inside, and what host directory it shows. */
export interface BindMount {
  readonly destination: string;
  readonly source: string;
}

/** A part of a file system that a container sees. */
export interface Volume {
  /**
   * - `root`: its root file system, an overlay;
   * - `layer`: the directory below, which holds what it changed; `work`: overlayfs' own beside it;
   * - `mount`: anything else, by bind mount or of its own.
   */
  readonly role: 'root' | 'layer' | 'work' | 'mount';
  /** Where it is in the container. */
  readonly destination: string;
  readonly major: number;
  readonly minor: number;
  /** The directory or file inside the file system that it is. */
  readonly root: string;
  /** `null`: on no path of the host. */
  readonly hostPath: string | null;
  readonly fsType: string;
}

/** A container as its runtime's state files describe it. `null`: not known (or not yet). */
export interface ContainerState {
  readonly runtime: Runtime | null;
  readonly containerId: string;
  /**
   * The name its owner gave: that of the container in its pod, of `docker run --name` …; `pause`
   * for a pod's sandbox; else the first 12 digits of a hex id, or the id.
   */
  readonly name: string;
  /** Name of the Kubernetes pod, its namespace and uid. */
  readonly pod: string | null;
  readonly namespace: string | null;
  readonly podUid: string | null;
  readonly image: string | null;
  /** Host path of the mounted root file system, as the mount table has it. */
  readonly rootfs: string | null;
  /** Host path of its writable layer; `null` also for snapshotters without overlayfs. */
  readonly upperdir: string | null;
  /** The N of `…/snapshots/N/fs`: containerd's overlayfs snapshotter. */
  readonly snapshot: string | null;
  /** Relative to the cgroup2 root, `slice:prefix:name` expanded. */
  readonly cgroupsPath: string | null;
  readonly initPid: number | null;
  readonly mounts: readonly BindMount[];
}

/** The same, and what it sees of which file system. */
export interface Container extends ContainerState {
  readonly volumes: readonly Volume[];
}

/** Where a runtime keeps the state of one container; `directory` as seen from this process. */
export interface StateDirectory {
  readonly directory: string;
  readonly containerId: string;
}

/** What a sandbox container, which holds a pod's namespaces and does nothing, is called. */
export const SANDBOX_NAME = 'pause';

/** How a container is called when nothing but its id is known. */
export function shortName(containerId: string): string {
  return /^[0-9a-f]{12,}$/u.test(containerId) ? containerId.slice(0, 12) : containerId;
}
