/**
 * Where the host's trees are visible to this process. On the host itself these are the paths
 * everyone knows; in a DaemonSet they lie below `/host`, in tests below a fixture.
 *
 * Paths that lookups *answer* with are always the host's own (`/run/containerd/…`), as the mount
 * table spells them, wherever they were read.
 */
export interface Roots {
  /** The host's `/`. */
  readonly host: string;
  /** The host's `/sys/fs/cgroup`. */
  readonly cgroup: string;
  /** The host's `/proc`. */
  readonly proc: string;
  /** The host's `/sys`. */
  readonly sys: string;
  /** The host's `/run`. */
  readonly run: string;
  /** The host's `/var/lib`. */
  readonly varLib: string;
}

/** The roots of a daemon that runs on the host itself. */
export const hostRoots: Roots = {
  host: '/',
  cgroup: '/sys/fs/cgroup',
  proc: '/proc',
  sys: '/sys',
  run: '/run',
  varLib: '/var/lib',
};

/**
 * The host's name of a path found below one of the roots: `/host/run/containerd` → `/run/containerd`.
 * A path below none of them is returned unchanged.
 */
export function onHost(roots: Roots, path: string): string {
  return moved(path, roots.run, '/run') ?? moved(path, roots.varLib, '/var/lib') ?? path;
}

function moved(path: string, from: string, to: string): string | undefined {
  if (path === from) return to;
  return path.startsWith(`${from}/`) ? to + path.slice(from.length) : undefined;
}
