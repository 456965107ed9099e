import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NAME_PIECE, STRING_LIMIT } from '../../../src/daemon/bpftrace/constants.ts';
import type { FileIdentity } from '../../../src/daemon/stream/decode.ts';
import { createNames } from '../../../src/daemon/naming/names.ts';
import type { Names } from '../../../src/daemon/naming/names.ts';

const DEV = 266338304;
const ROOT = { dev: DEV, ino: 2, hash: 0 };
const identity = (ino: number, hash = ino * 10, dev = DEV): FileIdentity => ({ dev, ino, hash });

const tellFile = (names: Names, file: FileIdentity, links = 1): void => {
  names.learn({ type: 'file', file, mode: 0o100644, links });
};
const tellRoot = (names: Names, file: FileIdentity): void => {
  names.learn({ type: 'root', file });
};

/** As str() of bpftrace hands a string on: cut to the limit, and from 0.18 on with `..` at its end. */
function str(bytes: Buffer, hasTrailer: boolean): Buffer {
  if (bytes.length <= STRING_LIMIT - 1) return bytes;
  const cut = Buffer.from(bytes.subarray(0, STRING_LIMIT - 1));
  if (hasTrailer) cut.write('..', cut.length - 2);
  return cut;
}

/** Everything tell-file.bt prints of one name. */
function tellName(
  names: Names,
  file: FileIdentity,
  parent: FileIdentity,
  name: string | Buffer,
  hasTrailer = true,
): void {
  const bytes = Buffer.from(name as string);
  for (let offset = 0; offset === 0 || offset < bytes.length; offset += NAME_PIECE) {
    const piece = str(bytes.subarray(offset), hasTrailer);
    names.learn({ type: 'name', file, parent, length: bytes.length, offset, piece });
  }
}

/** /var/log/app.log */
function namesOfALog(): { names: Names; log: FileIdentity } {
  const names = createNames();
  const [varDir, logDir, log] = [identity(11), identity(12), identity(13)];
  tellFile(names, log);
  tellName(names, log, logDir, 'app.log');
  tellName(names, logDir, varDir, 'log');
  tellName(names, varDir, ROOT, 'var');
  tellRoot(names, ROOT);
  return { names, log };
}

test('names are joined up to the root of the file system', () => {
  const { names, log } = namesOfALog();
  expect(names.pathOf(log)).toMatchObject({ path: '/var/log/app.log', fsDev: DEV, isDeleted: false });
});

test('the kernel tells a directory once: the next file in it names it alone', () => {
  const { names } = namesOfALog();
  const other = identity(14);
  tellFile(names, other);
  tellName(names, other, identity(12), 'other.log');
  expect(names.pathOf(other)?.path).toBe('/var/log/other.log');
});

test('a file that the walk begins and ends at is the root', () => {
  const names = createNames();
  tellFile(names, ROOT);
  tellRoot(names, ROOT);
  expect(names.pathOf(ROOT)).toMatchObject({ path: '/', fsDev: DEV, isDeleted: false });
});

describe('what is missing', () => {
  test('a file nothing was told of has no path', () => {
    const { names } = namesOfALog();
    expect(names.pathOf(identity(99))).toBeUndefined();
  });

  test('a file whose name was lost has no path', () => {
    const names = createNames();
    tellFile(names, identity(13));
    expect(names.pathOf(identity(13))).toBeUndefined();
  });

  test('a directory whose name was lost leaves the rest behind …/', () => {
    const names = createNames();
    const [logDir, log] = [identity(12), identity(13)];
    tellFile(names, log);
    tellName(names, log, logDir, 'app.log');
    expect(names.pathOf(log)?.path).toBe('…/app.log');
    tellName(names, logDir, identity(11), 'log');
    expect(names.pathOf(log)?.path).toBe('…/log/app.log');
  });

  test('directories that lead in a circle end', () => {
    const names = createNames();
    tellName(names, identity(1), identity(2), 'a');
    tellName(names, identity(2), identity(1), 'b');
    expect(names.pathOf(identity(1))?.path).toBe(`…/${Array.from({ length: 32 }, () => 'b/a').join('/')}`);
  });

  test('a path deeper than 64 names is shown from its end', () => {
    const names = createNames();
    for (let ino = 1000; ino < 1100; ino += 1)
      tellName(names, identity(ino), identity(ino + 1), `n${String(ino)}`);
    tellRoot(names, identity(1100));
    const path = names.pathOf(identity(1000))?.path;
    expect([path?.slice(0, 8), path?.split('/').length]).toEqual(['…/n1063/', 65]);
  });
});

describe('a name in pieces', () => {
  const longest = 'n'.repeat(255);

  test.each([true, false])('is put together, `..` written over its pieces: %s', (hasTrailer) => {
    const names = createNames();
    tellName(names, identity(1), ROOT, longest, hasTrailer);
    tellRoot(names, ROOT);
    expect(names.pathOf(identity(1))?.path).toBe(`/${longest}`);
  });

  test('of any length and any bytes comes back whole', () => {
    const byte = fc.integer({ min: 0x21, max: 0x7e }).filter((code) => code !== 0x2f);
    fc.assert(
      fc.property(fc.array(byte, { minLength: 1, maxLength: 255 }), fc.boolean(), (codes, hasTrailer) => {
        const names = createNames();
        tellName(names, identity(1), ROOT, Buffer.from(codes), hasTrailer);
        tellRoot(names, ROOT);
        expect(names.pathOf(identity(1))?.path).toBe(`/${String.fromCharCode(...codes)}`);
      }),
    );
  });

  test.each([60, 61, 62, 63, 64, 121, 122, 123, 183, 244, 255])('of %i bytes comes back whole', (length) => {
    const name = Array.from({ length }, (_, at) => String.fromCharCode(97 + (at % 26))).join('');
    for (const hasTrailer of [true, false]) {
      const names = createNames();
      tellName(names, identity(1), ROOT, name, hasTrailer);
      tellRoot(names, ROOT);
      expect(names.pathOf(identity(1))?.path).toBe(`/${name}`);
    }
  });

  test('may begin anywhere within a character', () => {
    const name = `a${'語'.repeat(80)}`;
    const names = createNames();
    tellName(names, identity(1), ROOT, name);
    tellRoot(names, ROOT);
    expect(names.pathOf(identity(1))?.path).toBe(`/${name}`);
  });

  test('whose last piece was lost ends in …', () => {
    const names = createNames();
    const piece = str(Buffer.from('n'.repeat(100)), true);
    names.learn({ type: 'name', file: identity(1), parent: ROOT, length: 100, offset: 0, piece });
    tellRoot(names, ROOT);
    expect(names.pathOf(identity(1))?.path).toBe(`/${'n'.repeat(61)}…`);
  });

  test('whose middle piece was lost ends in … before it', () => {
    const names = createNames();
    const bytes = Buffer.from('n'.repeat(180));
    for (const offset of [0, 122]) {
      const piece = str(bytes.subarray(offset), true);
      names.learn({ type: 'name', file: identity(1), parent: ROOT, length: 180, offset, piece });
    }
    tellRoot(names, ROOT);
    expect(names.pathOf(identity(1))?.path).toBe(`/${'n'.repeat(61)}…`);
  });
});

test('bytes that are no UTF-8 are shown, those that are stay characters', () => {
  const names = createNames();
  tellName(names, identity(1), ROOT, Buffer.from([0xe6, 0x97, 0xa5, 0xff, 0xfe, 0x2e]));
  tellRoot(names, ROOT);
  expect(names.pathOf(identity(1))?.path).toBe('/日\\xff\\xfe.');
});

describe('a file that changes its name', () => {
  test('is another file to the kernel, because the hash of the name differs', () => {
    const { names, log } = namesOfALog();
    const renamed = { ...log, hash: 999 };
    tellFile(names, renamed);
    tellName(names, renamed, identity(12), 'app.log.1');
    expect([names.pathOf(log)?.path, names.pathOf(renamed)?.path]).toEqual([
      '/var/log/app.log',
      '/var/log/app.log.1',
    ]);
  });

  test('and keeps its hash, but in another directory, is found there when it is told again', () => {
    const { names, log } = namesOfALog();
    tellFile(names, log);
    tellName(names, log, identity(11), 'app.log');
    expect(names.pathOf(log)?.path).toBe('/var/app.log');
  });
});

describe('a deleted file', () => {
  test('has no links when it is told', () => {
    const { names } = namesOfALog();
    const scratch = identity(20);
    tellFile(names, scratch, 0);
    tellName(names, scratch, identity(12), 'scratch');
    expect(names.pathOf(scratch)).toMatchObject({ path: '/var/log/scratch', fsDev: DEV, isDeleted: true });
  });

  test('is there again when told so', () => {
    const { names, log } = namesOfALog();
    tellFile(names, log, 0);
    tellFile(names, log, 1);
    tellName(names, log, identity(12), 'app.log');
    expect(names.pathOf(log)?.isDeleted).toBe(false);
  });
});

describe('a block request', () => {
  test('tells the disk, not the file system: inode and hash find the file', () => {
    const { names, log } = namesOfALog();
    expect(names.pathOf({ ...log, dev: DEV + 16 })).toMatchObject({
      path: '/var/log/app.log',
      fsDev: DEV,
      isDeleted: false,
    });
  });

  test('does not find a file of the same inode under another name', () => {
    const { names, log } = namesOfALog();
    expect(names.pathOf({ dev: DEV + 16, ino: log.ino, hash: log.hash + 1 })).toBeUndefined();
  });
});

test('an overlay’s directory may lie in the upper file system: the path is in the one the walk ends in', () => {
  const names = createNames();
  const [file, directory] = [identity(5, 50, 42), identity(6, 60, DEV)];
  tellFile(names, file);
  tellName(names, file, directory, 'conf');
  tellName(names, directory, ROOT, 'etc');
  tellRoot(names, ROOT);
  expect(names.pathOf(file)).toMatchObject({ path: '/etc/conf', fsDev: DEV, isDeleted: false });
});

describe('a path its process sees', () => {
  test('names an inode that the kernel told without a name', () => {
    const names = createNames();
    names.learnPath(DEV, 77, '/srv/db');
    expect(names.pathOf(identity(77, 0))).toMatchObject({
      path: '/srv/db',
      fsDev: undefined,
      isDeleted: false,
    });
    expect(names.pathOf(identity(77, 0, DEV + 1))).toBeUndefined();
  });

  test('gives way to what the kernel tells', () => {
    const { names, log } = namesOfALog();
    names.learnPath(log.dev, log.ino, '/elsewhere');
    expect(names.pathOf(log)?.path).toBe('/var/log/app.log');
  });
});

describe('an inode told without a name, whose process is gone', () => {
  test('has the name another operation used', () => {
    const { names, log } = namesOfALog();
    expect(names.pathOf({ ...log, hash: 0 })?.path).toBe('/var/log/app.log');
    expect(names.pathOf({ ...log, hash: 0, dev: log.dev + 1 })).toBeUndefined();
  });

  test('has the last one', () => {
    const { names, log } = namesOfALog();
    const renamed = { ...log, hash: log.hash + 1 };
    tellFile(names, renamed);
    tellName(names, renamed, ROOT, 'app.log.1');
    expect(names.pathOf({ ...log, hash: 0 })?.path).toBe('/app.log.1');
  });
});

test('a directory that was renamed has its new name with all below it, once a file in it is told', () => {
  const names = createNames();
  const [before, after] = [identity(30, 1), identity(30, 2)];
  const [first, second, deleted] = [identity(31), identity(32), identity(33)];
  tellRoot(names, ROOT);
  tellFile(names, first);
  tellName(names, first, before, '0.wal');
  tellFile(names, deleted, 0);
  tellName(names, deleted, before, 'gone');
  tellName(names, before, ROOT, 'wal.tmp');
  expect(names.pathOf(first)?.path).toBe('/wal.tmp/0.wal');
  expect(names.takeTold().hasMoved).toBe(false);
  tellFile(names, second);
  tellName(names, second, after, '1.wal');
  tellName(names, after, ROOT, 'wal');
  expect([first, second, deleted].map((file) => names.pathOf(file)?.path)).toEqual([
    '/wal/0.wal',
    '/wal/1.wal',
    '/wal.tmp/gone',
  ]);
  expect(names.takeTold().hasMoved).toBe(true);
});

test('of more names than it keeps it forgets the oldest', () => {
  const names = createNames(10);
  tellRoot(names, ROOT);
  for (let ino = 100; ino < 110; ino += 1) {
    tellFile(names, identity(ino));
    tellName(names, identity(ino), ROOT, `f${String(ino)}`);
  }
  const paths = Array.from({ length: 10 }, (_, at) => names.pathOf(identity(100 + at))?.path);
  // The root was told first, and goes first.
  expect(paths).toEqual(Array.from({ length: 10 }, (_, at) => `…/f${String(100 + at)}`));
});
