import { dirname, join, resolve } from 'node:path';
import type { ClassRule } from '../../schema/classes.ts';
import { createExplainer } from '../../schema/classify.ts';
import type { ExplainedClass } from '../../schema/classify.ts';
import { existsLocally } from '../lookups/foreign.ts';
import { createMounts } from '../lookups/mounts.ts';
import { hostRoots } from '../lookups/roots.ts';

export type PathClass = ExplainedClass & { readonly path: string };

/**
 * What files of this host would be, whether or not they exist. A file counts as beside another when it is on this
 * host, or among the paths asked for. A path that ends in a slash is a directory.
 */
export function classesOf(paths: readonly string[], own: readonly ClassRule[]): PathClass[] {
  const mounts = createMounts(hostRoots);
  const explain = createExplainer(own);
  const asked = withDirectories(paths.map((path) => resolve(path)));
  return paths.map((path) => {
    const hostPath = resolve(path);
    const explained = explain({
      path: hostPath,
      hostPath,
      state: 'known',
      isInContainer: false,
      isDirectory: path.endsWith('/'),
      layer: null,
      isBound: false,
      fsType: mounts.holding(hostPath)?.fsType ?? null,
      hasBeside: (name) => {
        const beside = join(dirname(hostPath), name);
        return asked.has(beside) || existsLocally(mounts, beside) === true;
      },
    });
    return { path, ...explained };
  });
}

function withDirectories(paths: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (let path of paths) for (; !found.has(path); path = dirname(path)) found.add(path);
  return found;
}
