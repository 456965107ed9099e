import { namedRules, namelessRules, OTHER, places, saysLittle } from './classes.ts';
import type { ClassRule, Place, Sign } from './classes.ts';
import { compileGlobs } from './glob.ts';

/** What is known of a file: its label, and what the mounts and containers of the moment say about it. */
export type FileFacts = {
  /** As its container sees it, outside containers as the host does; in parentheses what is known instead. */
  readonly path: string;
  readonly hostPath: string | null;
  readonly state: 'known' | 'deleted' | 'anonymous' | 'unknown' | 'none';
  readonly isInContainer: boolean;
  readonly isDirectory: boolean;
  /** Whether it lies in the writable layer of a container, or in an image's layer; `null`: neither is known. */
  readonly layer: 'writable' | 'image' | null;
  /** Whether it lies below a bind mount of its container. */
  readonly isBound: boolean;
  /** Type of its file system: `ext4`, `tmpfs`, `nfs4` …; `null`: not known. */
  readonly fsType: string | null;
  /** Whether a file is there, by its path relative to this file's directory; false where that can't be seen. */
  readonly hasBeside: (path: string) => boolean;
};

export type FileClass = { readonly class: string; readonly place: Place };

export type Classified = FileClass & {
  /** Whether another class is waiting for a second sign, which may appear later. */
  readonly isWaiting: boolean;
};

/** The same, and the glob that decided; `null`: none, the class is that of the place. */
export type ExplainedClass = FileClass & { readonly rule: string | null };

/**
 * What a file is and where it lies. The user's own rules come before all but those for what has no
 * name. Throws on a glob that `compileGlobs` refuses: check those of a user first.
 */
export function createClassifier(own: readonly ClassRule[] = []): (facts: FileFacts) => Classified {
  const decide = createDecider(own);
  return (facts) => {
    const { rule, place, isWaiting } = decide(facts);
    return { class: classOf(rule, place), place, isWaiting };
  };
}

/** As `createClassifier`, for people who ask why. */
export function createExplainer(own: readonly ClassRule[] = []): (facts: FileFacts) => ExplainedClass {
  const decide = createDecider(own);
  return (facts) => {
    const { rule, place, sign } = decide(facts);
    const paths = pathsOf(facts);
    const globs = sign?.paths ?? rule?.paths ?? [];
    const glob = globs.find((each) => paths.some((path) => mustCompile([each]).test(path))) ?? null;
    return { class: classOf(rule, place), place, rule: sign ? signText(String(glob), sign) : glob };
  };
}

/** As in `GLOB beside CURRENT or LOCK`. */
export function signText(glob: string, { beside }: Sign): string {
  const [last = '', ...others] = beside.toReversed();
  return `${glob} beside ${others.length === 0 ? last : `${others.toReversed().join(', ')} or ${last}`}`;
}

type Decision = {
  readonly rule: ClassRule | undefined;
  /** The second sign that decided, if one was needed. */
  readonly sign: Sign | undefined;
  readonly place: Place;
  readonly isWaiting: boolean;
};

function createDecider(own: readonly ClassRule[]): (facts: FileFacts) => Decision {
  const compiled = [...namelessRules, ...own, ...namedRules].map(compileRule);
  const anyGlob = mustCompile(compiled.flatMap(({ rule }) => globsOf(rule)));
  return (facts) => {
    const place = placeOf(facts);
    // Most files are of no rule: that is one look at each path.
    const paths = pathsOf(facts).filter((path) => anyGlob.test(path));
    let isWaiting = false;
    for (const { rule, glob, signs } of paths.length === 0 ? [] : compiled) {
      if (rule.places?.includes(place) === false || (rule.isHostOnly && facts.isInContainer)) continue;
      if (matches(glob, paths)) return { rule, sign: undefined, place, isWaiting };
      for (const { sign, glob: signGlob } of signs) {
        if (!matches(signGlob, paths)) continue;
        if (hasSign(sign, facts)) return { rule, sign, place, isWaiting };
        isWaiting = true;
      }
    }
    return { rule: undefined, sign: undefined, place, isWaiting };
  };
}

const classOf = (rule: ClassRule | undefined, place: Place): string =>
  rule?.class ?? (saysLittle(place) ? OTHER : place);

const globsOf = ({ paths, signs = [] }: ClassRule): string[] => [
  ...paths,
  ...signs.flatMap((sign) => sign.paths),
];

function compileRule(rule: ClassRule) {
  const signs = (rule.signs ?? []).map((sign) => ({ sign, glob: mustCompile(sign.paths) }));
  return { rule, glob: rule.paths.length === 0 ? undefined : mustCompile(rule.paths), signs };
}

const matches = (glob: RegExp | undefined, paths: readonly string[]): boolean =>
  glob !== undefined && paths.some((path) => glob.test(path));

function hasSign({ beside }: Sign, { path, hasBeside }: FileFacts): boolean {
  const name = path.replace(/ \(deleted\)$/u, '').replace(/^.*\//su, '');
  const stem = name.replace(/-[^-]*$/u, '');
  return beside.some((each) => hasBeside(each.replace('<name>', () => name).replace('<stem>', () => stem)));
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

/**
 * Outside containers the host's path is the one that counts: another may lead through a container's root.
 * A directory is what lies in it: its path ends in a slash.
 */
function pathsOf({ path, hostPath, state, isInContainer, isDirectory }: FileFacts): string[] {
  const name = state === 'deleted' ? path.replace(/ \(deleted\)$/u, '') : path;
  const all =
    isInContainer && hostPath !== name
      ? [name, ...(hostPath === null ? [] : [hostPath])]
      : [hostPath ?? name];
  return isDirectory ? all.flatMap((each) => [each, `${each}/`]) : all;
}
