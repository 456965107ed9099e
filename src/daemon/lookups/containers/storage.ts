import { join } from 'node:path';
import { namesIn, readWhole } from '../bounded-read.ts';
import type { Mounts } from '../mounts.ts';
import type { Roots } from '../roots.ts';
import { readPid } from './containerd.ts';
import type { ContainerState, StateDirectory } from './container.ts';
import { describeCrio, isCrio } from './crio.ts';
import { textAt } from '../../../json.ts';
import { parseOciSpec } from './oci-spec.ts';
import type { OciSpec } from './oci-spec.ts';
import { describePodman } from './podman.ts';
import { writableLayer } from './rootfs.ts';

/**
 * Podman and CRI-O both keep containers in containers/storage: a directory per container below its
 * graph root (`<varLib>`) and one below its run root (`<run>`), each with `userdata`.
 */
export const STORAGE = 'containers/storage/overlay-containers';

/** Rootful containers of Podman and CRI-O: those that have a directory with `userdata`. */
export function listStorage(roots: Pick<Roots, 'run' | 'varLib'>): StateDirectory[] {
  const ids = new Set(storageDirectories(roots).flatMap(namesIn));
  return [...ids].flatMap((id) => storageState(roots, id) ?? []);
}

/**
 * Where the state of one container lies: the directory its spec is written into.
 *
 * @returns `undefined` for what is no container's id: beside them lie `containers.json` and its lock
 */
export function storageState(roots: Pick<Roots, 'varLib'>, containerId: string): StateDirectory | undefined {
  if (!/^[0-9a-f]{64}$/u.test(containerId)) return undefined;
  return { directory: join(roots.varLib, STORAGE, containerId, 'userdata'), containerId };
}

/** The directories that container directories appear in. */
export function storageDirectories(roots: Pick<Roots, 'run' | 'varLib'>): string[] {
  return [join(roots.varLib, STORAGE), join(roots.run, STORAGE)];
}

/**
 * Reads `userdata/config.json` (Podman: below the graph root; CRI-O: below both), `pidfile`, and
 * for Podman, whose spec holds no names, the storage's indexes.
 *
 * @returns `undefined` when there is no readable spec: created but never started, or gone
 */
export function readStorage(
  roots: Roots,
  mounts: Mounts,
  { containerId }: Pick<StateDirectory, 'containerId'>,
): ContainerState | undefined {
  const userdata = storageDirectories(roots).map((path) => join(path, containerId, 'userdata'));
  const spec = firstOf(userdata, (path) => parseOciSpec(readWhole(join(path, 'config.json')) ?? ''));
  if (!spec) return undefined;
  const rootfs = spec.rootPath ?? textAt(spec.annotations, 'io.kubernetes.cri-o.MountPoint') ?? null;
  const initPid = firstOf(userdata, (path) => readPid(join(path, 'pidfile')) ?? undefined) ?? null;
  return {
    containerId,
    ...describe(roots, spec, containerId),
    rootfs,
    ...writableLayer(roots, mounts, rootfs, initPid),
    cgroupsPath: spec.cgroupsPath ?? null,
    initPid,
    mounts: spec.mounts,
  };
}

function describe(
  roots: Roots,
  spec: OciSpec,
  containerId: string,
): Pick<ContainerState, 'runtime' | 'name' | 'pod' | 'namespace' | 'podUid' | 'image'> {
  if (isCrio(spec)) return describeCrio(spec, containerId);
  return describePodman(
    indexFiles(roots).flatMap((path) => readWhole(path) ?? []),
    containerId,
  );
}

/**
 * Podman 4.3 has all containers in the first; newer ones have those made with `--rm` in the second,
 * and all of them in the third when the storage is transient.
 */
function indexFiles(roots: Pick<Roots, 'run' | 'varLib'>): string[] {
  return [
    join(roots.varLib, STORAGE, 'containers.json'),
    join(roots.varLib, STORAGE, 'volatile-containers.json'),
    join(roots.run, STORAGE, 'volatile-containers.json'),
  ];
}

function firstOf<Item, Found>(
  items: readonly Item[],
  find: (item: Item) => Found | undefined,
): Found | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
