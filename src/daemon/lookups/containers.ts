import { instanceOf, statOf } from './bounded-read.ts';
import { findContainer } from './cgroup-path.ts';
import { shortName } from './containers/container.ts';
import type { Container, StateDirectory } from './containers/container.ts';
import type { Following } from './containers/watch.ts';
import { KnownContainers } from './containers/container-index.ts';
import { sourcesOn } from './containers/sources.ts';
import { volumesOf } from './containers/volumes.ts';
import type { Source } from './containers/sources.ts';
import type { Mounts } from './mounts.ts';
import { RecentMap } from './recent-map.ts';
import type { Roots } from './roots.ts';

export type { BindMount, Container, Volume } from './containers/container.ts';
export type { Following } from './containers/watch.ts';

/** Never fails: what cannot be read is not known. */
export interface Containers {
  /**
   * Whose cgroup this is: the container whose own cgroup is the path or the nearest above it.
   *
   * A container that only the path tells of (its state is gone or unreadable, or it runs inside
   * another one) is answered with its short id for a name and little else.
   *
   * @param path relative to the cgroup2 root
   * @returns `undefined` when it is no container's
   */
  ofCgroup(path: string): Container | undefined;
  /** Whose root file system is mounted here. From memory only. */
  ofRootfs(mountPoint: string): Container | undefined;
  /** Every container known, the least recently asked for first. */
  all(): Container[];
  /** Reads the runtimes' state now, however recently that was done. */
  rescan(): void;
  /**
   * Reads containers as they appear, until `close()`. Does not poll, does not keep the process alive.
   * What is there already is read before it returns.
   *
   * @param onChange called for every container that is new or better known than before
   */
  watch(onChange: (container: Container) => void): Following;
}

export interface ContainerLimits {
  /** Milliseconds, of any origin. */
  readonly now?: () => number;
  readonly keep?: number;
  readonly scanEveryMs?: number;
  readonly missForMs?: number;
}

/**
 * Seen with containerd 1.6, from the directory's birth: the spec was there at the look after 2 ms at
 * the latest, mount and pid at that after 62 ms. The last two are for slower machines.
 */
const LOOK_AGAIN_MS: readonly number[] = [2, 10, 50, 250, 1000];
/** What stays incomplete (a stopped container, a snapshotter without overlayfs) is not read for ever. */
const MOST_READS = 8;
const MOST_SEEN = 20_000;
const GONE = 'gone';
/** A file's times are as coarse as the kernel's tick: 10 ms at 100 Hz, before kernel 6.13. */
const TICK_MS = 20;

/**
 * The containers of all runtimes of this host.
 *
 * In the steady state everything is answered from memory. A cgroup not seen before costs a look at
 * the modification times of the runtimes' directories, and reading those containers that are new,
 * at most once per `scanEveryMs` (200 ms); what is not found then is not looked for again for
 * `missForMs` (1 s). A container once found stays known when its state is gone, up to `keep`
 * (10 000), the least recently asked for going first.
 */
export function createContainers(roots: Roots, mounts: Mounts, limits: ContainerLimits = {}): Containers {
  const { now = () => performance.now(), keep = 10_000, scanEveryMs = 200, missForMs = 1000 } = limits;
  const known = new KnownContainers(keep);
  const misses = new RecentMap<string, Miss>(keep);
  const reader = createReader(roots, mounts, known);
  let scannedAt = -Infinity;

  const scan = (force: boolean): void => {
    if (!force && now() - scannedAt < scanEveryMs) return;
    scannedAt = now();
    reader.scan(force);
  };
  const notKnown = (path: string): Container | undefined => {
    const earlier = misses.get(path);
    if (earlier && now() < earlier.until) return earlier.guess;
    scan(false);
    const found = known.ofCgroup(path);
    if (found) return found;
    const guess = guessFrom(path);
    misses.set(path, { until: now() + missForMs, guess });
    return guess;
  };
  return {
    ofCgroup: (path) => known.ofCgroup(path) ?? notKnown(path),
    ofRootfs: (mountPoint) => known.ofRootfs(mountPoint),
    all: () => known.all(),
    rescan: () => {
      scan(true);
    },
    watch(onChange) {
      const untold = reader.tell(onChange);
      scan(true);
      const following = follow(roots, mounts, reader.look);
      return {
        close() {
          following.close();
          untold();
        },
      };
    },
  };
}

interface Miss {
  readonly until: number;
  readonly guess: Container | undefined;
}

/** A container of which nothing is known but its cgroup's path. */
function guessFrom(path: string): Container | undefined {
  const named = findContainer(path);
  if (!named) return undefined;
  const { containerId, runtime = null, podUid = null } = named.identity;
  return {
    runtime,
    containerId,
    name: shortName(containerId),
    pod: null,
    namespace: null,
    podUid,
    image: null,
    rootfs: null,
    upperdir: null,
    snapshot: null,
    cgroupsPath: named.path,
    initPid: null,
    mounts: [],
    volumes: [],
  };
}

/** What was found at the last look at a state directory. */
interface Seen {
  /** Of the directory itself: differs once it was deleted and made again. */
  readonly instance: string;
  /** Of its contents. */
  readonly version: string;
  readonly complete: boolean;
  readonly reads: number;
}

interface Reader {
  /** Reads everything that is new or may have changed. */
  scan(force: boolean): void;
  /** Reads one container; says whether all there is to know of it is known now. */
  readonly look: (source: Source, state: StateDirectory) => boolean;
  /** @returns a function that ends the telling */
  tell(onChange: (container: Container) => void): () => void;
}

function createReader(roots: Roots, mounts: Mounts, known: KnownContainers): Reader {
  const listeners = new Set<(container: Container) => void>();
  const seen = new RecentMap<string, Seen>(MOST_SEEN);
  let placesThen: string | undefined;

  /** @param refresh brings the mount table up to date, once per pass */
  const look = (source: Source, state: StateDirectory, refresh: () => void): boolean => {
    const before = seen.get(state.directory);
    const stamp = stampOf(state.directory);
    const same = before?.instance === stamp.instance;
    if (same && before.version === stamp.version && isSettled(before)) return true;
    const container = readWithMount(source, roots, mounts, state, same, refresh);
    if (!container && stamp.instance === GONE) {
      seen.delete(state.directory);
      return true;
    }
    const change = container && known.learn(state.directory, container, same);
    const complete = container !== undefined && isComplete(container);
    seen.set(state.directory, { ...stamp, complete, reads: same ? before.reads + 1 : 1 });
    if (change) for (const listener of listeners) listener(change);
    return complete;
  };
  const scanAll = (): void => {
    const refresh = onceOnly(mounts.refresh);
    const listed = sourcesOn(roots, mounts).flatMap((source) =>
      source.list(roots).map((state) => ({ source, state })),
    );
    for (const { source, state } of listed) look(source, state, refresh);
    const present = new Set(listed.map(({ state }) => state.directory));
    for (const directory of [...seen.keys()]) if (!present.has(directory)) seen.delete(directory);
  };
  return {
    scan(force) {
      const places = stampOfPlaces(roots, mounts);
      const open = [...seen.values()].some((one) => !isSettled(one));
      if (!force && !open && places !== undefined && places === placesThen) return;
      scanAll();
      placesThen = places;
    },
    look: (source, state) => look(source, state, onceOnly(mounts.refresh)),
    tell(onChange) {
      listeners.add(onChange);
      return () => {
        listeners.delete(onChange);
      };
    },
  };
}

function isSettled({ complete, reads }: Seen): boolean {
  return complete || reads >= MOST_READS;
}

function isComplete({ upperdir, initPid }: Container): boolean {
  return upperdir !== null && initPid !== null;
}

/**
 * A container new to us needs a new mount table even if its mount point is in the old one: that may
 * be the mount of an earlier container of the same name.
 */
function readWithMount(
  source: Source,
  roots: Roots,
  mounts: Mounts,
  state: StateDirectory,
  same: boolean,
  refresh: () => void,
): Container | undefined {
  const before = source.read(roots, mounts, state);
  const isKnown = !before || (same && (before.upperdir !== null || before.rootfs === null));
  if (!isKnown) refresh();
  const container = isKnown ? before : source.read(roots, mounts, state);
  return container && { ...container, volumes: volumesOf(roots, mounts, container) };
}

function stampOf(directory: string): Pick<Seen, 'instance' | 'version'> {
  const stats = statOf(directory);
  if (!stats) return { instance: GONE, version: '' };
  return { instance: instanceOf(stats), version: String(stats.ctimeNs) };
}

/** @returns `undefined` while a change could still leave no trace */
function stampOfPlaces(roots: Roots, mounts: Mounts): string | undefined {
  const places = sourcesOn(roots, mounts).flatMap((source) => source.places(roots));
  const changed = places.map((place) => statOf(place)?.mtimeNs);
  const settled = BigInt(Date.now() - TICK_MS) * 1_000_000n;
  if (changed.some((at) => at !== undefined && at > settled)) return undefined;
  return places.map((place, index) => `${place} ${String(changed[index])}`).join('\n');
}

function onceOnly(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}

/** Looks at every container that appears, and again until it is complete. */
function follow(roots: Roots, mounts: Mounts, look: Reader['look']): Following {
  const waiting = new Map<string, NodeJS.Timeout>();
  const lookAt = (source: Source, state: StateDirectory, attempt: number): void => {
    const complete = look(source, state);
    const delay = LOOK_AGAIN_MS[attempt];
    waiting.delete(state.directory);
    if (complete || delay === undefined) return;
    const timer = setTimeout(lookAt, delay, source, state, attempt + 1);
    waiting.set(state.directory, timer.unref());
  };
  const followings = sourcesOn(roots, mounts).map((source) =>
    source.follow(roots, (state) => {
      clearTimeout(waiting.get(state.directory));
      lookAt(source, state, 0);
    }),
  );
  return {
    close() {
      for (const following of followings) following.close();
      for (const timer of waiting.values()) clearTimeout(timer);
      waiting.clear();
    },
  };
}
