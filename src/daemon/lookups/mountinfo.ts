import { basename, dirname, isAbsolute, join } from 'node:path';

/** One mount, a line of `/proc/PID/mountinfo` (proc(5)). */
export interface Mount {
  readonly id: number;
  readonly parent: number;
  /** The `s_dev` of the file system, as kernel records name it. */
  readonly major: number;
  readonly minor: number;
  /** The directory inside the file system that this mount shows; `/` unless bind or subvolume. */
  readonly root: string;
  readonly mountPoint: string;
  readonly options: readonly string[];
  readonly fsType: string;
  readonly source: string;
  /**
   * Options of the file system, still escaped: a comma inside a value is `\054` here and would be
   * taken for a separator once decoded.
   */
  readonly superOptions: string;
}

/** Where an overlay's files lie on the host. Paths are unescaped, and absolute where derivable. */
export interface OverlayLayers {
  readonly lowerdirs: readonly string[];
  /** Missing on a read-only overlay. */
  readonly upperdir?: string;
  readonly workdir?: string;
}

/**
 * Parses the text of `/proc/PID/mountinfo`, in its order (the order of mounting).
 * Octal escapes are decoded everywhere but in `superOptions`. Lines that are not mounts are skipped.
 */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => parseLine(line) ?? []);
}

/**
 * The host's path of a file known by its device and its path inside that file system.
 *
 * Of the mounts of the device that show the file, the one with the longest `root` wins, then the
 * one with the shortest mount point, then the latest.
 *
 * @returns `undefined` when no mount shows it
 */
export function hostPath(
  mounts: readonly Mount[],
  major: number,
  minor: number,
  pathInFileSystem: string,
): string | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    if (mount.major !== major || mount.minor !== minor) continue;
    if (pathBelow(mount.root, pathInFileSystem) === undefined) continue;
    if (best === undefined || showsBetter(mount, best)) best = mount;
  }
  if (best === undefined) return undefined;
  return joined(best.mountPoint, pathBelow(best.root, pathInFileSystem) ?? '');
}

/**
 * The layers of an overlay mount (kernel Documentation/filesystems/overlayfs.rst), including those
 * given one by one as `lowerdir+` and `datadir+` (kernel 6.7).
 *
 * Runtimes mount with relative paths once the options would exceed a page. Docker and
 * containers/storage stand in `<home>` and mount on `<home>/<layer>/merged`; containerd shortens the
 * lower ones only, to `<snapshots>`, two above its upperdir.
 *
 * @returns `undefined` when the mount is not an overlay
 */
export function overlayLayers(mount: Mount): OverlayLayers | undefined {
  if (mount.fsType !== 'overlay') return undefined;
  const lower: string[] = [];
  let upper: string | undefined;
  let work: string | undefined;
  for (const [name, value] of superOptionsOf(mount.superOptions)) {
    if (name === 'lowerdir') lower.push(...splitUnescaped(value, ':').map(unescaped));
    if (name === 'lowerdir+' || name === 'datadir+') lower.push(unescaped(value));
    if (name === 'upperdir') upper = unescaped(value);
    if (name === 'workdir') work = unescaped(value);
  }
  return absoluteLayers(mount.mountPoint, lower.filter(Boolean), upper, work);
}

/** The rest of `path` below `directory`, `''` when equal, `undefined` when it lies elsewhere. */
export function pathBelow(directory: string, path: string): string | undefined {
  if (directory === '/') return path.startsWith('/') ? (path === '/' ? '' : path) : undefined;
  if (path === directory) return '';
  return path.startsWith(`${directory}/`) ? path.slice(directory.length) : undefined;
}

/** What `rest` is below `directory`. A path whose first directories are missing begins with `…/`. */
export function joined(directory: string, rest: string): string {
  if (rest === '' || rest === '/') return directory;
  if (directory === '/') return rest;
  return rest.startsWith('/') ? directory + rest : `${directory}/${rest}`;
}

/** `[^ ]`, not `\S`: the kernel escapes space, tab, newline and backslash, but no other white space. */
const LINE = /^(\d+) (\d+) (\d+):(\d+) ([^ ]+) ([^ ]+) ([^ ]+)(?: [^ ]+)*? - ([^ ]+) ([^ ]*) ?([^ ]*)$/u;

function parseLine(line: string): Mount | undefined {
  const match = LINE.exec(line);
  if (!match) return undefined;
  const [, id, parent, major, minor, root, mountPoint, options, fsType, source, superOptions] =
    match.map(String);
  return {
    id: Number(id),
    parent: Number(parent),
    major: Number(major),
    minor: Number(minor),
    root: decodeOctal(root),
    mountPoint: decodeOctal(mountPoint),
    options: decodeOctal(options).split(','),
    fsType: decodeOctal(fsType),
    source: decodeOctal(source),
    superOptions: superOptions ?? '',
  };
}

/** Consecutive escapes are the bytes of one UTF-8 sequence at most, so they are decoded together. */
function decodeOctal(field = ''): string {
  if (!field.includes('\\')) return field;
  return field.replace(/(?:\\[0-7]{3})+/gu, (escapes) => {
    const bytes = escapes.match(/[0-7]{3}/gu) ?? [];
    return Buffer.from(bytes.map((octal) => Number.parseInt(octal, 8) & 0xff)).toString('utf8');
  });
}

function showsBetter(mount: Mount, best: Mount): boolean {
  if (mount.root.length !== best.root.length) return mount.root.length > best.root.length;
  return mount.mountPoint.length <= best.mountPoint.length;
}

function superOptionsOf(text: string): [string, string][] {
  return splitUnescaped(text, ',').map((option) => {
    const equals = option.indexOf('=');
    if (equals < 0) return [option, ''];
    return [option.slice(0, equals), decodeOctal(option.slice(equals + 1))];
  });
}

/** Splits at separators that have no backslash before them; the backslashes stay. */
function splitUnescaped(text: string, separator: ':' | ','): string[] {
  const parts: string[] = [];
  let part = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\') {
      part += character + text.charAt(at + 1);
      at += 1;
    } else if (character === separator) {
      parts.push(part);
      part = '';
    } else part += character;
  }
  return [...parts, part];
}

/** overlayfs takes `\x` for `x` in its path options: `\:`, `\,` and `\\`. */
function unescaped(path: string): string {
  return path.replace(/\\(.)/gsu, '$1');
}

function absoluteLayers(
  mountPoint: string,
  lower: readonly string[],
  upper: string | undefined,
  work: string | undefined,
): OverlayLayers {
  const home = basename(mountPoint) === 'merged' ? dirname(dirname(mountPoint)) : undefined;
  const layersHome = upper !== undefined && isAbsolute(upper) ? dirname(dirname(upper)) : home;
  return {
    lowerdirs: lower.map((path) => absolute(layersHome, path)),
    ...(upper !== undefined && { upperdir: absolute(home, upper) }),
    ...(work !== undefined && { workdir: absolute(home, work) }),
  };
}

function absolute(home: string | undefined, path: string): string {
  return home === undefined || isAbsolute(path) ? path : join(home, path);
}
