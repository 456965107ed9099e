import { namedRules, namelessRules, OTHER, places, saysLittle } from './classes.ts';
import type { ClassRule, Place } from './classes.ts';
import { compileGlob } from './glob.ts';

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
 * name. Throws on a glob that `compileGlob` refuses: check those of a user first.
 */
export function createClassifier(own: readonly ClassRule[] = []): (facts: FileFacts) => FileClass {
  const rules = [...namelessRules, ...own, ...namedRules].map(compiled);
  return (facts) => {
    const place = placeOf(facts);
    const paths = pathsOf(facts);
    const found = rules.find(
      ({ rule, globs }) =>
        (rule.places?.includes(place) ?? true) &&
        !(rule.isHostOnly && facts.isInContainer) &&
        paths.some((path) => globs.some((glob) => glob.test(path))),
    );
    return { class: found?.rule.class ?? (saysLittle(place) ? OTHER : place), place };
  };
}

const compiled = (rule: ClassRule): { rule: ClassRule; globs: RegExp[] } => ({
  rule,
  globs: rule.paths.map(mustCompile),
});

function mustCompile(glob: string): RegExp {
  const compiledOne = compileGlob(glob);
  if (!compiledOne) throw new Error(`not a glob: ${glob}`);
  return compiledOne;
}

const placeRules = places.map(({ place, paths }) => ({ place, globs: paths.map(mustCompile) }));

function placeOf(facts: FileFacts): Place {
  if (facts.layer !== null) return facts.layer === 'writable' ? 'writable_layer' : 'image_layer';
  // The path a container sees says nothing about the host.
  const path = facts.hostPath ?? (facts.isInContainer && !facts.path.startsWith('(') ? null : facts.path);
  const told =
    path === null ? undefined : placeRules.find(({ globs }) => globs.some((glob) => glob.test(path)));
  if (told) return told.place;
  if (facts.fsType?.startsWith('nfs')) return 'volume_nfs';
  if (facts.fsType !== null && IN_MEMORY.includes(facts.fsType)) return 'memory';
  if (facts.isBound) return 'volume_host_path';
  return path === null ? 'unknown' : 'host';
}

const IN_MEMORY: readonly string[] = ['tmpfs', 'ramfs', 'hugetlbfs', 'devtmpfs'];

/** Outside containers the host's path is the one that counts: another may lead through a container's root. */
function pathsOf({ path, hostPath, state, isInContainer }: FileFacts): string[] {
  const name = state === 'deleted' ? path.replace(/ \(deleted\)$/u, '') : path;
  if (!isInContainer) return [hostPath ?? name];
  return hostPath === null || hostPath === name ? [name] : [name, hostPath];
}
