import { basename, dirname, join } from 'node:path';
import { namesIn, readWhole, subdirectoriesOf } from '../bounded-read.ts';
import type { Mounts } from '../mounts.ts';
import { onHost } from '../roots.ts';
import type { Roots } from '../roots.ts';
import { SANDBOX_NAME, shortName } from './container.ts';
import type { ContainerState, StateDirectory } from './container.ts';
import { textAt } from '../../../json.ts';
import { parseOciSpec } from './oci-spec.ts';
import type { OciSpec } from './oci-spec.ts';
import { writableLayer } from './rootfs.ts';

/** Tasks of containerd 1.6, 1.7 and 2.1: `<state>/io.containerd.runtime.v2.task/<namespace>/<id>`. */
const TASKS = 'io.containerd.runtime.v2.task';

/** The state directories in use: containerd's own, and those of k3s/RKE2 and k0s, which bring theirs. */
export const CONTAINERD_STATES: readonly string[] = ['containerd', 'k3s/containerd', 'k0s/containerd'].map(
  (state) => `${state}/${TASKS}`,
);

/** Docker's namespace. What runs in it is told by Docker: containerd does not know its names. */
export const DOCKER_NAMESPACE = 'moby';

/** The bundles of all containers that run now, except Docker's. */
export function listContainerd(roots: Pick<Roots, 'run'>): StateDirectory[] {
  return containerdNamespaces(roots).flatMap((namespace) =>
    namesIn(namespace).flatMap((id) => containerdState(join(namespace, id)) ?? []),
  );
}

/** The directories that bundles appear in, one per containerd namespace. */
export function containerdNamespaces(roots: Pick<Roots, 'run'>): string[] {
  return CONTAINERD_STATES.flatMap((state) => {
    const tasks = join(roots.run, state);
    return subdirectoriesOf(tasks).map((namespace) => join(tasks, namespace));
  });
}

/**
 * @param bundle `<tasks>/<namespace>/<id>`
 * @returns `undefined` for Docker's, and for one being deleted, which containerd first renames to
 *   `.<id>` (seen in 1.6)
 */
export function containerdState(bundle: string): StateDirectory | undefined {
  const containerId = basename(bundle);
  const namespace = basename(dirname(bundle));
  if (containerId.startsWith('.') || namespace === DOCKER_NAMESPACE) return undefined;
  return { directory: bundle, containerId };
}

/**
 * Reads a bundle: `config.json` (OCI spec with the annotations of containerd's CRI plugin,
 * internal/cri/annotations, or of nerdctl), `init.pid`, and the mount of `rootfs`.
 *
 * @returns `undefined` when there is no readable spec: the bundle is being made, or gone
 */
export function readContainerd(
  roots: Roots,
  mounts: Mounts,
  { directory, containerId }: StateDirectory,
): ContainerState | undefined {
  const spec = parseOciSpec(readWhole(join(directory, 'config.json')) ?? '');
  if (!spec) return undefined;
  const rootfs = rootfsOf(roots, directory, spec);
  const initPid = readPid(join(directory, 'init.pid'));
  return {
    runtime: 'containerd',
    containerId,
    ...describe(spec, containerId),
    rootfs,
    ...writableLayer(roots, mounts, rootfs, initPid),
    cgroupsPath: spec.cgroupsPath ?? null,
    initPid,
    mounts: spec.mounts,
  };
}

/** A spec's root file system as a host path. */
function rootfsOf(roots: Roots, bundle: string, { rootPath = 'rootfs' }: OciSpec): string {
  return rootPath.startsWith('/') ? rootPath : onHost(roots, join(bundle, rootPath));
}

/** A pid file; `null` when it is missing or says no pid. */
export function readPid(path: string): number | null {
  const text = readWhole(path, 64)?.trim() ?? '';
  return /^[1-9]\d{0,9}$/u.test(text) ? Number(text) : null;
}

function describe(
  { annotations }: OciSpec,
  containerId: string,
): Pick<ContainerState, 'name' | 'pod' | 'namespace' | 'podUid' | 'image'> {
  const cri = (key: string): string | undefined => textAt(annotations, `io.kubernetes.cri.${key}`);
  const sandbox = cri('container-type') === 'sandbox' ? SANDBOX_NAME : undefined;
  return {
    name: sandbox ?? cri('container-name') ?? textAt(annotations, 'nerdctl/name') ?? shortName(containerId),
    pod: cri('sandbox-name') ?? null,
    namespace: cri('sandbox-namespace') ?? null,
    podUid: cri('sandbox-uid') ?? null,
    image: cri('image-name') ?? null,
  };
}
