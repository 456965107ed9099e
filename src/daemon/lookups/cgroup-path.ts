/** Who manages a container. */
export type Runtime = 'containerd' | 'docker' | 'podman' | 'cri-o';

/** Whose cgroup it is, as far as its path alone tells. */
export type CgroupIdentity =
  | {
      readonly kind: 'container';
      /** Missing where several runtimes use the same form (Kubernetes' cgroupfs driver). */
      readonly runtime?: Runtime;
      /** 64 hex digits, or whatever the user called it (`ctr run … app1`). */
      readonly containerId: string;
      /** With dashes. Static pods have 32 hex digits without. */
      readonly podUid?: string;
    }
  /** The deepest systemd unit of the path: `sshd.service`, `init.scope`, `user.slice` … */
  | { readonly kind: 'unit'; readonly unit: string }
  | { readonly kind: 'other' };

/** A container's cgroup among the segments of a path. */
export interface ContainerSegment {
  readonly identity: Extract<CgroupIdentity, { kind: 'container' }>;
  /** The container's own cgroup: the path up to this segment. */
  readonly path: string;
}

/**
 * Reads whose cgroup a path is. Pure: knows the forms that runtimes give to their cgroups, not
 * which containers exist. Of nested containers (kind, docker in docker) the innermost is meant;
 * cgroups a container made below its own belong to it.
 *
 * Forms: kubelet pkg/kubelet/cm (cgroupfs and systemd drivers), runc libcontainer/cgroups/systemd
 * (`slice:prefix:name`), podman libpod (`libpod-…`), cri-o internal/config/cgmgr (`crio-…`).
 * Monitors (`crio-conmon-…`, `libpod-conmon-…`) are not the container.
 *
 * @param path relative to the cgroup2 root, beginning with `/`
 */
export function readCgroupPath(path: string): CgroupIdentity {
  const container = findContainer(path);
  if (container) return container.identity;
  const unit = path.split('/').findLast((segment) => UNIT.test(segment));
  return unit === undefined ? { kind: 'other' } : { kind: 'unit', unit };
}

/** The innermost container of a path with the path of its cgroup; see {@link readCgroupPath}. */
export function findContainer(path: string): ContainerSegment | undefined {
  const segments = path.split('/').filter(Boolean);
  for (let depth = segments.length - 1; depth >= 0; depth -= 1) {
    const named = containerNamedBy(segments, depth);
    if (!named) continue;
    const podUid = segments.slice(0, depth + 1).reduceRight<string | undefined>(firstPodUid, undefined);
    return {
      identity: { kind: 'container', ...named, ...(podUid !== undefined && { podUid }) },
      path: `/${segments.slice(0, depth + 1).join('/')}`,
    };
  }
  return undefined;
}

/**
 * The cgroup path a spec's `linux.cgroupsPath` stands for (OCI runtime spec, config-linux.md;
 * runc docs/systemd.md): `slice:prefix:name` for the systemd driver, a path otherwise.
 *
 * `kubepods-burstable-podX.slice:cri-containerd:ID` →
 * `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podX.slice/cri-containerd-ID.scope`
 */
export function expandCgroupsPath(cgroupsPath: string): string {
  const [slice, prefix, name, more] = cgroupsPath.split(':');
  if (slice === undefined || prefix === undefined || !name || more !== undefined)
    return `/${cgroupsPath.split('/').filter(Boolean).join('/')}`;
  const unit = name.endsWith('.slice') ? name : `${prefix && `${prefix}-`}${name}.scope`;
  return `${expandSlice(slice || 'system.slice')}/${unit}`;
}

interface Named {
  readonly runtime?: Runtime;
  readonly containerId: string;
}

type Form = (segment: string, parents: readonly string[]) => Named | undefined;

const UNIT = /.\.(?:service|scope|slice|socket|mount|swap)$/u;
const HEX_ID = /^[0-9a-f]{64}$/u;
const KUBEPODS = /^(?:.+-)?kubepods(?:\.slice)?$/u;
const QOS = /^(?:burstable|besteffort)$/u;
const POD = /^pod(.+)$/u;
const POD_SLICE = /^(?:.+-)?kubepods(?:-burstable|-besteffort)?-pod([^:]+)\.slice(?::|$)/u;

const PREFIXES: readonly (readonly [RegExp, Runtime])[] = [
  [/^cri-containerd-(.+)\.scope$/u, 'containerd'],
  [/^nerdctl-([0-9a-f]{12,64})\.scope$/u, 'containerd'],
  [/^docker-([0-9a-f]{12,64})\.scope$/u, 'docker'],
  [/^crio-([0-9a-f]{12,64})(?:\.scope)?$/u, 'cri-o'],
  [/^libpod-(?:payload-)?([0-9a-f]{12,64})(?:\.scope)?$/u, 'podman'],
  // A cgroupfs runtime under a systemd kubelet uses slice:prefix:name as the name of a directory.
  [/^[^:]+\.slice:cri-containerd:(.+)$/u, 'containerd'],
  [/^[^:]+\.slice:crio:(.+)$/u, 'cri-o'],
  [/^[^:]+\.slice:docker:(.+)$/u, 'docker'],
];

const FORMS: readonly Form[] = [byPrefix, inPod, inNamespace, byHexId];

function containerNamedBy(segments: readonly string[], depth: number): Named | undefined {
  const segment = segments[depth] ?? '';
  const parents = segments.slice(0, depth);
  for (const form of FORMS) {
    const named = form(segment, parents);
    if (named) return named;
  }
  return undefined;
}

function byPrefix(segment: string): Named | undefined {
  for (const [form, runtime] of PREFIXES) {
    const containerId = form.exec(segment)?.[1];
    if (containerId !== undefined) return { runtime, containerId };
  }
  return undefined;
}

/** `kubepods[/burstable|/besteffort]/pod<uid>/<id>`, where the id is any word. */
function inPod(segment: string, parents: readonly string[]): Named | undefined {
  if (!podOf(parents.at(-1), parents.slice(0, -1)) || CONMON.test(segment)) return undefined;
  return { containerId: segment };
}

/** containerd's default is `/<namespace>/<id>`; only these two namespaces are told from a path. */
function inNamespace(segment: string, parents: readonly string[]): Named | undefined {
  const [namespace, ...more] = parents;
  if (more.length > 0 || (namespace !== 'default' && namespace !== 'k8s.io')) return undefined;
  return { runtime: 'containerd', containerId: segment };
}

function byHexId(segment: string, parents: readonly string[]): Named | undefined {
  if (!HEX_ID.test(segment)) return undefined;
  return parents.at(-1) === 'docker' ? { runtime: 'docker', containerId: segment } : { containerId: segment };
}

const CONMON = /^crio-conmon-/u;

function podOf(segment: string | undefined, parents: readonly string[]): string | undefined {
  const uid = POD.exec(segment ?? '')?.[1];
  if (uid === undefined) return undefined;
  const above = QOS.test(parents.at(-1) ?? '') ? parents.at(-2) : parents.at(-1);
  return KUBEPODS.test(above ?? '') ? uid : undefined;
}

function firstPodUid(
  found: string | undefined,
  segment: string,
  at: number,
  segments: readonly string[],
): string | undefined {
  if (found !== undefined) return found;
  const uid = POD_SLICE.exec(segment)?.[1];
  return uid?.replaceAll('_', '-') ?? podOf(segment, segments.slice(0, at));
}

/** `a-b-c.slice` → `/a.slice/a-b.slice/a-b-c.slice` (systemd.slice(5)); `-.slice` is the root. */
function expandSlice(slice: string): string {
  const words = slice.replace(/\.slice$/u, '').split('-');
  if (words.every((word) => word === '')) return '';
  return words.map((_, at) => `/${words.slice(0, at + 1).join('-')}.slice`).join('');
}
