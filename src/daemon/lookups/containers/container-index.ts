import { isDeepStrictEqual } from 'node:util';
import { findContainer } from '../cgroup-path.ts';
import type { ContainerSegment } from '../cgroup-path.ts';
import { RecentMap } from '../recent-map.ts';
import type { Container } from './container.ts';

/**
 * The containers found so far, by the directory of their state. Alive or gone, the most recently
 * asked for `limit` of them are kept.
 */
export class KnownContainers {
  readonly #byKey: RecentMap<string, Container>;
  readonly #indexes = {
    cgroupsPath: new Map<string, string>(),
    rootfs: new Map<string, string>(),
    containerId: new Map<string, string>(),
  };

  constructor(limit: number) {
    this.#byKey = new RecentMap(limit, (key, container) => {
      this.#unindex(key, container);
    });
  }

  all(): Container[] {
    return [...this.#byKey.values()];
  }

  /**
   * @param sameInstance whether this is the container known by that key, not another of its name:
   *   then what was known and is no longer to be seen (its mount, its process) stays known
   * @returns the container when it is new or known better now
   */
  learn(key: string, container: Container, sameInstance: boolean): Container | undefined {
    const before = this.#byKey.peek(key);
    const after = before && sameInstance ? keeping(before, container) : container;
    if (isDeepStrictEqual(before, after)) return undefined;
    if (before) this.#unindex(key, before);
    this.#byKey.set(key, after);
    this.#index(key, after);
    return after;
  }

  ofRootfs(mountPoint: string): Container | undefined {
    return this.#get(this.#indexes.rootfs.get(mountPoint));
  }

  /** By the nearest cgroup at or above the path; by its id when the path names one further in. */
  ofCgroup(path: string): Container | undefined {
    const nearest = this.#nearest(path);
    const named = findContainer(path);
    if (!named) return nearest;
    const within = (nearest?.cgroupsPath ?? '').length < named.path.length;
    if (nearest && (!within || nearest.containerId === named.identity.containerId)) return nearest;
    return this.#named(named);
  }

  #nearest(path: string): Container | undefined {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const found = this.#get(this.#indexes.cgroupsPath.get(path.slice(0, end)));
      if (found) return found;
    }
    return undefined;
  }

  /** A word like `app1` is no proof: another pod may have had an `app1` whose cgroup we know. */
  #named({ identity: { containerId } }: ContainerSegment): Container | undefined {
    const key = this.#indexes.containerId.get(containerId);
    const found = key === undefined ? undefined : this.#byKey.peek(key);
    const unique = /^[0-9a-f]{64}$/u.test(containerId);
    return unique || found?.cgroupsPath === null ? this.#get(key) : undefined;
  }

  #get(key: string | undefined): Container | undefined {
    return key === undefined ? undefined : this.#byKey.get(key);
  }

  #index(key: string, container: Container): void {
    this.#indexes.containerId.set(container.containerId, key);
    if (container.rootfs !== null) this.#indexes.rootfs.set(container.rootfs, key);
    // A container in the root cgroup would be whose everything is.
    if (container.cgroupsPath !== null && container.cgroupsPath !== '/')
      this.#indexes.cgroupsPath.set(container.cgroupsPath, key);
  }

  #unindex(key: string, container: Container): void {
    for (const field of ['cgroupsPath', 'rootfs', 'containerId'] as const) {
      const value = container[field];
      const index = this.#indexes[field];
      if (value !== null && index.get(value) === key) index.delete(value);
    }
  }
}

function keeping(before: Container, after: Container): Container {
  return {
    ...after,
    upperdir: after.upperdir ?? before.upperdir,
    snapshot: after.snapshot ?? before.snapshot,
    initPid: after.initPid ?? before.initPid,
    volumes: hasRoot(before) && !hasRoot(after) ? before.volumes : after.volumes,
  };
}

/** Whether its mounts were read from within. */
const hasRoot = ({ volumes }: Container): boolean => volumes.some(({ role }) => role === 'root');
