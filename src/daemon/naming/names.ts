import { NAME_PIECE } from '../bpftrace/constants.ts';
import { toText } from '../stream/envelope.ts';
import type { FileIdentity, KernelRecord } from '../stream/decode.ts';

/** What the kernel told of one name: a file or a directory above one. */
type Node = {
  parent: FileIdentity | undefined;
  length: number;
  pieces: Map<number, Buffer>;
  isRoot: boolean;
  isDeleted: boolean;
  isDirectory: boolean;
  /** The interval in which it was told to be a file. */
  toldIn: number;
};

export type NamedPath = {
  /** From the root of its file system; `…/` in front where a directory is missing. */
  readonly path: string;
  /**
   * The file system the path is in: overlayfs hands its files' names to the upper file (before 6.5).
   * `undefined`: none, the path is the one its process sees.
   */
  readonly fsDev: number | undefined;
  readonly isDeleted: boolean;
  readonly isDirectory: boolean;
};

export type Names = {
  learn(record: Extract<KernelRecord, { type: 'file' | 'name' | 'root' }>): void;
  /** The path a process sees, for an inode the kernel told without a name. */
  learnPath(dev: number, ino: number, path: string): void;
  pathOf(file: FileIdentity): NamedPath | undefined;
  /**
   * Which file an inode was, in the interval taken last, that the kernel told without a name: the one it was when that began,
   * or the first since.
   * `undefined`: no name is known, or its process told a path later than the kernel a name.
   */
  nameOfInode(dev: number, ino: number): FileIdentity | undefined;
  /** What was told since this was last asked. */
  takeTold(): Told;
};

/** What an inode was told to be. */
type ToldInode = {
  readonly file: FileIdentity;
  /** What it was when the interval began in which it was told so. */
  readonly before: FileIdentity | undefined;
  readonly since: number;
};

export type Told = {
  readonly inodes: ReadonlySet<number>;
  /** A name that was known changed: a renamed directory, and with it the paths of all below. */
  readonly hasMoved: boolean;
};

const DEEPEST_PATH = 64;
const FRESH = { isRoot: false, isDeleted: false, isDirectory: false, toldIn: -Infinity };
/** Of inode(7). */
const [S_IFMT, S_IFDIR] = [0o170000, 0o040000];

/** Joins the names the kernel tells once each into paths. Keeps up to `keep` names. */
export function createNames(keep = 30_000): Names {
  const nodes = new Map<string, Node>();
  const elsewhere = new Map<string, string>();
  const byInode = new Map<string, string>();
  let interval = 0;
  let told = new Set<number>();
  let hasMoved = false;

  const remember: Remember = (map, key, value) => {
    if (map.size >= keep) forgetOldest(map, keep / 10);
    map.set(key, value);
  };
  const inodes = createInodeNames(remember);

  const nodeOf = (key: string): Node => {
    const known = nodes.get(key);
    if (known) return known;
    const node: Node = { parent: undefined, length: 0, pieces: new Map(), ...FRESH };
    remember(nodes, key, node);
    return node;
  };

  const pathAt = (key: string | undefined): NamedPath | undefined =>
    key === undefined ? undefined : walk(nodes, inodes.directories, key);

  return {
    learn(record) {
      const key = keyOf(record.file);
      told.add(record.file.ino);
      switch (record.type) {
        case 'file':
          // Told again: its name may have changed directories.
          nodes.delete(key);
          Object.assign(nodeOf(key), {
            isDeleted: record.links === 0,
            isDirectory: (record.mode & S_IFMT) === S_IFDIR,
            toldIn: interval,
          });
          remember(byInode, inodeKey(record.file.ino, record.file.hash), key);
          inodes.learn(record.file, interval);
          return;
        case 'name': {
          const node = nodeOf(key);
          hasMoved ||= isOther(node, record) || inodes.isMoved(record.parent);
          node.parent = record.parent;
          node.length = record.length;
          node.pieces.set(record.offset, record.piece);
          return;
        }
        case 'root':
          nodeOf(key).isRoot = true;
      }
    },
    learnPath(dev, ino, path) {
      told.add(ino);
      inodes.forget(dev, ino);
      remember(elsewhere, inodeKey(dev, ino), path);
    },
    pathOf(file) {
      // A block request tells the disk, not the file system: inode and name must do.
      const found = pathAt(keyOf(file)) ?? pathAt(byInode.get(inodeKey(file.ino, file.hash)));
      if (found) return found;
      const path = elsewhere.get(inodeKey(file.dev, file.ino));
      if (path !== undefined) return { path, fsDev: undefined, isDeleted: false, isDirectory: false };
      const known = file.hash === 0 ? inodes.of(file.dev, file.ino) : undefined;
      return known && pathAt(keyOf(known.before ?? known.file));
    },
    nameOfInode(dev, ino) {
      // A temporary file (O_TMPFILE) has a name whose hash is 0.
      const own = { dev, ino, hash: 0 };
      if ((nodes.get(keyOf(own))?.toldIn ?? -1) >= interval - 1) return own;
      const known = inodes.of(dev, ino);
      return known && known.since >= interval - 1 ? (known.before ?? known.file) : known?.file;
    },
    takeTold() {
      const taken = { inodes: told, hasMoved };
      told = new Set();
      hasMoved = false;
      interval += 1;
      return taken;
    },
  };
}

type Remember = <Value>(map: Map<string, Value>, key: string, value: Value) => void;

/** Which name each inode had last, and before. */
function createInodeNames(remember: Remember) {
  const known = new Map<string, ToldInode>();
  /** Directories have one name each: the one sent last is where all below it are. */
  const directories: Map<string, string> = new Map<string, string>();
  return {
    directories,
    of: (dev: number, ino: number): ToldInode | undefined => known.get(inodeKey(dev, ino)),
    forget: (dev: number, ino: number): void => {
      known.delete(inodeKey(dev, ino));
    },
    learn(file: FileIdentity, interval: number): void {
      const key = inodeKey(file.dev, file.ino);
      const last = known.get(key);
      if (last && keyOf(last.file) === keyOf(file)) return;
      const before = last?.since === interval ? last.before : last?.file;
      remember(known, key, { file, before, since: interval });
    },
    /** Whether a directory has another name than when a file in it was named last. */
    isMoved(directory: FileIdentity): boolean {
      const inode = inodeKey(directory.dev, directory.ino);
      const [before, now] = [directories.get(inode), keyOf(directory)];
      if (before !== now) remember(directories, inode, now);
      return before !== undefined && before !== now;
    },
  };
}

function walk(
  nodes: ReadonlyMap<string, Node>,
  directories: ReadonlyMap<string, string>,
  start: string,
): NamedPath | undefined {
  const { isDeleted = false, isDirectory = false } = nodes.get(start) ?? {};
  const parts: string[] = [];
  let key = start;
  let fsDev = Number(start.split(':')[0]);
  for (let depth = 0; depth < DEEPEST_PATH; depth += 1) {
    const node = nodes.get(key);
    if (node?.isRoot) return { path: `/${parts.join('/')}`, fsDev, isDeleted, isDirectory };
    if (!node?.parent) break;
    parts.unshift(nameOf(node));
    fsDev = node.parent.dev;
    // Where a deleted file was is what its directory was called then.
    const now = isDeleted ? undefined : directories.get(inodeKey(node.parent.dev, node.parent.ino));
    key = now !== undefined && nodes.has(now) ? now : keyOf(node.parent);
  }
  return parts.length === 0 ? undefined : { path: `…/${parts.join('/')}`, fsDev, isDeleted, isDirectory };
}

/** Of a piece only NAME_PIECE bytes count: `..` may be written over what follows. A lost piece ends the name. */
function nameOf({ length, pieces }: Node): string {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  for (let offset = 0; offset < length && offset === filled; offset += NAME_PIECE) {
    filled += pieces.get(offset)?.copy(bytes, offset, 0, NAME_PIECE) ?? 0;
  }
  const text = toText(bytes.subarray(0, filled));
  return filled < length ? `${text}…` : text;
}

/** Whether a name that is known already is told otherwise. */
function isOther({ parent, length, pieces }: Node, told: Extract<KernelRecord, { type: 'name' }>): boolean {
  if (parent === undefined) return false;
  const known = pieces.get(told.offset);
  const isOtherText = known !== undefined && !known.equals(told.piece);
  return isOtherText || length !== told.length || keyOf(parent) !== keyOf(told.parent);
}

function forgetOldest(map: Map<string, unknown>, count: number): void {
  for (const key of [...map.keys()].slice(0, count)) map.delete(key);
}

const keyOf = ({ dev, ino, hash }: FileIdentity): string => `${String(dev)}:${String(ino)}:${String(hash)}`;
/** Of two numbers that say which inode: with its device, or with its name's hash. */
const inodeKey = (one: number, other: number): string => `${String(one)}:${String(other)}`;
