import type { FileIdentity } from '../stream/decode.ts';
import type { Names } from './names.ts';

/** An operation, as far as it tells which file it was done to. */
type Doing = { readonly pid: number; readonly file: FileIdentity };

export type Nameless = {
  /** Before the rows of each interval: what it did by name. */
  begin(totals: readonly Doing[]): void;
  /** The file, by name, of an operation that the kernel told by inode. */
  fileOf(doing: Doing): FileIdentity;
};

/**
 * Which file an operation was done to that the kernel tells by inode alone (a wait for the journal, some syncs): the one
 * its process used by name in the interval, else what the inode was when the interval began. An inode that is freed may
 * be another file a moment later.
 */
export function createNameless(names: Names): Nameless {
  let named = new Map<string, FileIdentity>();
  const keyOf = ({ pid, file }: Doing): string => [pid, file.dev, file.ino].join(':');
  return {
    begin(totals) {
      named = new Map();
      const inodes = new Set(totals.filter(({ file }) => isNameless(file)).map(({ file }) => file.ino));
      if (inodes.size === 0) return;
      for (const total of totals) {
        if (inodes.has(total.file.ino) && !isNameless(total.file)) named.set(keyOf(total), total.file);
      }
    },
    fileOf(doing) {
      const { file } = doing;
      if (!isNameless(file)) return file;
      const known = names.nameOfInode(file.dev, file.ino);
      return known?.hash === 0 ? known : (named.get(keyOf(doing)) ?? known ?? file);
    },
  };
}

const isNameless = ({ ino, hash }: FileIdentity): boolean => ino !== 0 && hash === 0;
