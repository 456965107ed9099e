import { join } from 'node:path';
import { namesIn, readWhole } from '../bounded-read.ts';
import type { Mounts } from '../mounts.ts';
import type { Roots } from '../roots.ts';
import { DOCKER_NAMESPACE, readPid } from './containerd.ts';
import { SANDBOX_NAME, shortName } from './container.ts';
import type { BindMount, ContainerState, StateDirectory } from './container.ts';
import { asObject, numberAt, objectAt, parseJson, textAt } from '../../../json.ts';
import type { JsonObject } from '../../../json.ts';
import { parseOciSpec } from './oci-spec.ts';
import { writableLayer } from './rootfs.ts';

/** Where Docker's containerd keeps its bundles: one that dockerd starts itself, or the system's. */
export const DOCKER_TASKS: readonly string[] = [
  'docker/containerd/daemon/io.containerd.runtime.v2.task',
  'containerd/io.containerd.runtime.v2.task',
];

/** Docker's containers: all that exist, running or not, and any more that run. */
export function listDocker(roots: Pick<Roots, 'run' | 'varLib'>): StateDirectory[] {
  const ids = new Set([dockerContainers(roots), ...dockerBundles(roots)].flatMap(namesIn));
  return [...ids].flatMap((id) => dockerState(roots, id) ?? []);
}

/** Where Docker keeps what it knows of one container; `undefined` for what is not the id of one. */
export function dockerState(roots: Pick<Roots, 'varLib'>, containerId: string): StateDirectory | undefined {
  if (!/^[0-9a-f]{64}$/u.test(containerId)) return undefined;
  return { directory: join(dockerContainers(roots), containerId), containerId };
}

/** `<varLib>/docker/containers`. */
export function dockerContainers(roots: Pick<Roots, 'varLib'>): string {
  return join(roots.varLib, 'docker/containers');
}

/** The directories that bundles of Docker's containers appear in. */
export function dockerBundles(roots: Pick<Roots, 'run'>): string[] {
  return DOCKER_TASKS.map((tasks) => join(roots.run, tasks, DOCKER_NAMESPACE));
}

/**
 * Reads `config.v2.json` (moby daemon/container, read from Docker 20.10), the OCI bundle, which
 * has the cgroup and the binds, and the layer's id from `image/<driver>/layerdb/mounts`.
 *
 * @returns `undefined` when neither configuration nor bundle can be read
 */
export function readDocker(
  roots: Roots,
  mounts: Mounts,
  { directory, containerId }: StateDirectory,
): ContainerState | undefined {
  const config = asObject(parseJson(readWhole(join(directory, 'config.v2.json')) ?? ''));
  const bundle = dockerBundles(roots).map((bundles) => join(bundles, containerId));
  const spec = bundle.map((path) => parseOciSpec(readWhole(join(path, 'config.json')) ?? '')).find(Boolean);
  if (!config && !spec) return undefined;
  const layer = layerOf(roots, config, containerId);
  const rootfs = spec?.rootPath ?? layer?.rootfs ?? null;
  const initPid =
    positive(numberAt(objectAt(config, 'State'), 'Pid')) ??
    bundle.map((path) => readPid(join(path, 'init.pid'))).find((pid) => pid !== null) ??
    null;
  const mounted = writableLayer(roots, mounts, rootfs, initPid);
  return {
    runtime: 'docker',
    containerId,
    ...describe(config, containerId),
    rootfs,
    upperdir: mounted.upperdir ?? layer?.upperdir ?? null,
    snapshot: mounted.snapshot,
    cgroupsPath: spec?.cgroupsPath ?? null,
    initPid,
    mounts: spec?.mounts ?? mountPoints(config),
  };
}

/** Labels are those dockershim and cri-dockerd give to the containers of pods. */
function describe(
  config: JsonObject | undefined,
  containerId: string,
): Pick<ContainerState, 'name' | 'pod' | 'namespace' | 'podUid' | 'image'> {
  const settings = objectAt(config, 'Config');
  const label = (key: string): string | undefined =>
    textAt(objectAt(settings, 'Labels'), `io.kubernetes.${key}`);
  const kubernetes = label('docker.type') === 'podsandbox' ? SANDBOX_NAME : label('container.name');
  const given = textAt(config, 'Name')?.replace(/^\//u, '');
  return {
    name: kubernetes ?? given ?? shortName(containerId),
    pod: label('pod.name') ?? null,
    namespace: label('pod.namespace') ?? null,
    podUid: label('pod.uid') ?? null,
    image: textAt(settings, 'Image') ?? null,
  };
}

/** Of the overlay2 driver, whose layers lie at `<varLib>/docker/overlay2/<layer>/{diff,merged}`. */
function layerOf(
  roots: Roots,
  config: JsonObject | undefined,
  containerId: string,
): { rootfs: string; upperdir: string } | undefined {
  if (textAt(config, 'Driver') !== 'overlay2') return undefined;
  const ids = join(roots.varLib, 'docker/image/overlay2/layerdb/mounts', containerId);
  const id = readWhole(join(ids, 'mount-id'), 4096)?.trim();
  if (!id) return undefined;
  const layer = `/var/lib/docker/overlay2/${id}`;
  return { rootfs: `${layer}/merged`, upperdir: `${layer}/diff` };
}

/** `MountPoints` holds volumes and binds by destination; tmpfs ones have no source. */
function mountPoints(config: JsonObject | undefined): BindMount[] {
  return Object.values(objectAt(config, 'MountPoints') ?? {}).flatMap((point) => {
    const destination = textAt(asObject(point), 'Destination');
    const source = textAt(asObject(point), 'Source');
    return destination !== undefined && source !== undefined ? [{ destination, source }] : [];
  });
}

function positive(pid: number | undefined): number | undefined {
  return pid !== undefined && Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}
