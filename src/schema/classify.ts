import { namedRules, namelessRules, OTHER, places, saysLittle } from './classes.ts';
import type { ClassRule, Place } from './classes.ts';
import { compileGlobs } from './glob.ts';

/** What is known of a file: its label, and what the mounts and containers of the moment say about it. */
export type FileFacts = {
  /** As its container sees it, outside containers as the host does; in parentheses what is known instead. */
  readonly path: string;
  readonly hostPath: string | null;
  readonly state: 'known' | 'deleted' | 'anonymous' | 'unknown' | 'none';
  readonly isInContainer: boolean;
  /** Whether it lies in the writable layer of a container, or in an image's layer; `null`: neither is known. */
  readonly layer: 'writable' | 'image' | null;
  /** Whether it lies below a bind mount of its container. */
  readonly isBound: boolean;
  /** Type of its file system: `ext4`, `tmpfs`, `nfs4` …; `null`: not known. */
  readonly fsType: string | null;
};

export type FileClass = { readonly class: string; readonly place: Place };

/**
 * What a file is and where it lies. The user's own rules come before all but those for what has no
 * name. Throws on a glob that `compileGlobs` refuses: check those of a user first.
 */
export function createClassifier(own: readonly ClassRule[] = []): (facts: FileFacts) => FileClass {
  const rules = [...namelessRules, ...own, ...namedRules];
  const compiled = rules.map((rule) => ({ rule, glob: mustCompile(rule.paths) }));
  const anyGlob = mustCompile(rules.flatMap(({ paths }) => paths));
  return (facts) => {
    const place = placeOf(facts);
    // Most files are of no rule: that is one look at each path.
    const paths = pathsOf(facts).filter((path) => anyGlob.test(path));
    const found = compiled.find(
      ({ rule, glob }) =>
        (rule.places?.includes(place) ?? true) &&
        !(rule.isHostOnly && facts.isInContainer) &&
        paths.some((path) => glob.test(path)),
    );
    return { class: found?.rule.class ?? (saysLittle(place) ? OTHER : place), place };
  };
}

function mustCompile(globs: readonly string[]): RegExp {
  const compiled = compileGlobs(globs);
  if (!compiled) throw new Error(`malformed: ${globs.join(' ')}`);
  return compiled;
}

const placeRules = places
  .filter(({ paths }) => paths.length > 0)
  .map(({ place, paths }) => ({ place, glob: mustCompile(paths) }));
const anyPlace = mustCompile(places.flatMap(({ paths }): readonly string[] => paths));

function placeOf({ layer, path, hostPath, isInContainer, isBound, fsType }: FileFacts): Place {
  if (layer !== null) return layer === 'writable' ? 'writable_layer' : 'image_layer';
  // The path a container sees says nothing about the host.
  const told = hostPath ?? (isInContainer && !path.startsWith('(') ? null : path);
  if (told !== null && anyPlace.test(told)) {
    const found = placeRules.find(({ glob }) => glob.test(told));
    if (found) return found.place;
  }
  if (fsType?.startsWith('nfs')) return 'volume_nfs';
  if (fsType !== null && IN_MEMORY.includes(fsType)) return 'memory';
  if (isBound) return 'volume_host_path';
  return hostPath === null ? 'unknown' : 'host';
}

const IN_MEMORY: readonly string[] = ['tmpfs', 'ramfs', 'hugetlbfs', 'devtmpfs'];

/** Outside containers the host's path is the one that counts: another may lead through a container's root. */
function pathsOf({ path, hostPath, state, isInContainer }: FileFacts): string[] {
  const name = state === 'deleted' ? path.replace(/ \(deleted\)$/u, '') : path;
  if (!isInContainer) return [hostPath ?? name];
  return hostPath === null || hostPath === name ? [name] : [name, hostPath];
}
