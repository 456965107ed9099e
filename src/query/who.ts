import { compileGlobs } from '../schema/glob.ts';
import type { Db } from '../schema/open.ts';
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

/** Everybody a recording holds, gone ones too. */
export function everybody(db: Db): Who[] {
  return db.prepare<[], Who>(`SELECT DISTINCT ${WHO_COLUMNS} FROM cgroups`).all();
}

/**
 * Those of them that a name means, as reports print it or its last parts: `app`, `web-0/app`, `default/web-0/app`, the path of
 * a cgroup. Each part may be a glob (glob.ts). Several have the same name where a pod's name is left out. Empty: nobody.
 */
export function matchWho(typed: string, all: readonly Who[]): Who[] {
  const glob = compileGlobs([typed]);
  const isMeant = (name: string): boolean => name === typed || glob?.test(name) === true;
  return all.filter((who) => namesOf(who).some(isMeant));
}

/** As `WHO_NAME`. */
export function nameOf({ namespace, pod, container, cgroup_path }: Who): string {
  if (container === null) return cgroup_path ?? '(gone)';
  return [namespace, pod, container].filter((part) => part !== null).join('/');
}

/** From the whole to the container's own name. */
function namesOf(who: Who): string[] {
  if (who.container === null) return [nameOf(who)];
  const parts = [who.namespace, who.pod, who.container].filter((part) => part !== null);
  return parts.map((_, from) => parts.slice(from).join('/'));
}
