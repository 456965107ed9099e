import { literal } from './literal.ts';

/** Whose an operation is; outside containers, the cgroup. */
export type Who = {
  readonly namespace: string | null;
  readonly pod: string | null;
  readonly container: string | null;
  /** Of what runs outside containers only. */
  readonly cgroup_path: string | null;
};

/** What tells one `Who` from another, to group by. */
export const WHO_KEYS = 'namespace, pod, container, iif(container IS NULL, cgroup_path, NULL)';
/** The columns of `Who`. */
export const WHO_COLUMNS =
  'namespace, pod, container, iif(container IS NULL, cgroup_path, NULL) AS cgroup_path';
/** `namespace/pod/container`, or the cgroup's path. */
export const WHO_NAME =
  "ifnull(ifnull(namespace || '/', '') || ifnull(pod || '/', '') || container, ifnull(cgroup_path, '(gone)'))";

/** The condition that picks one `Who`. */
export function isWho({ namespace, pod, container, cgroup_path }: Who): string {
  if (container === null) return `container IS NULL AND cgroup_path IS ${literal(cgroup_path)}`;
  const place = `pod IS ${literal(pod)} AND namespace IS ${literal(namespace)}`;
  return `container = ${literal(container)} AND ${place}`;
}
