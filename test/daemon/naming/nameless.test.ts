import { expect, test } from 'vitest';
import { createNameless } from '../../../src/daemon/naming/nameless.ts';
import { createNames } from '../../../src/daemon/naming/names.ts';
import type { FileIdentity } from '../../../src/daemon/stream/decode.ts';

const INODE: FileIdentity = { dev: 7, ino: 77, hash: 0 };
const [FIRST, LATER] = [
  { ...INODE, hash: 1 },
  { ...INODE, hash: 2 },
];

function setUp() {
  const names = createNames();
  const nameless = createNameless(names);
  const tell = (file: FileIdentity): void => {
    names.learn({ type: 'file', file, mode: 0o100644, links: 1 });
  };
  /** An interval in which these were used by name; what the inode then was to process 5. */
  const interval = (...used: { readonly pid: number; readonly file: FileIdentity }[]): FileIdentity => {
    names.takeTold();
    const doing = { pid: 5, file: INODE };
    nameless.begin([...used, doing]);
    return nameless.fileOf(doing);
  };
  return { names, tell, interval };
}

test('an operation told by inode is of the file its process used by name', () => {
  const { tell, interval } = setUp();
  tell(FIRST);
  tell(LATER);
  expect(interval({ pid: 5, file: FIRST }, { pid: 6, file: LATER })).toEqual(FIRST);
  expect(interval({ pid: 5, file: LATER })).toEqual(LATER);
});

test('an inode that is used again for another file is not that file before', () => {
  const { tell, interval } = setUp();
  tell(FIRST);
  expect(interval()).toEqual(FIRST);
  tell(LATER);
  // Told within the interval: which of the two it was is not known, the earlier one was there when it began.
  expect(interval()).toEqual(FIRST);
  expect(interval()).toEqual(LATER);
});

test('a path the process has open that was found later counts', () => {
  const { names, tell, interval } = setUp();
  tell(FIRST);
  names.learnPath(7, 77, '/srv/db');
  expect(interval()).toEqual(INODE);
  expect(names.pathOf(INODE)?.path).toBe('/srv/db');
});

test('what has a name, or no inode, stays as it is', () => {
  const { tell, interval } = setUp();
  tell(FIRST);
  const nameless = createNameless(createNames());
  nameless.begin([]);
  expect([LATER, { dev: 7, ino: 0, hash: 0 }].map((file) => nameless.fileOf({ pid: 5, file }))).toEqual([
    LATER,
    { dev: 7, ino: 0, hash: 0 },
  ]);
  expect(interval()).toEqual(FIRST);
});

test('a temporary file, whose name has the hash 0, is itself while it has that name', () => {
  const { tell, interval } = setUp();
  tell(INODE);
  tell(FIRST);
  expect(interval({ pid: 5, file: FIRST })).toEqual(INODE);
  expect(interval({ pid: 5, file: FIRST })).toEqual(FIRST);
});
