import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { createClasses } from '../../../src/daemon/naming/classes.ts';
import type { FileIdentity } from '../../../src/daemon/stream/decode.ts';
import { createDictionaries } from '../../../src/daemon/store/dictionaries.ts';
import { createFileKeys } from '../../../src/daemon/store/file-keys.ts';
import { createDevices } from '../../../src/daemon/lookups/devices.ts';
import { createMounts } from '../../../src/daemon/lookups/mounts.ts';
import { createNames } from '../../../src/daemon/naming/names.ts';
import { emptyTree, put } from '../lookups/trees.ts';
import { memoryDatabase } from '../recording.ts';

const DEV = 254 * 2 ** 20;
const ROOT: FileIdentity = { dev: DEV, ino: 2, hash: 0 };
const FOLDER: FileIdentity = { dev: DEV, ino: 20, hash: 1 };
const FILE: FileIdentity = { dev: DEV, ino: 24, hash: 7 };
const PID = 4711;
const HOST = { container: undefined, containerKey: null };

afterEach(() => {
  vi.useRealTimers();
});

/** One disk, on which /data/folder/file was told; the keys as the store asks for them. */
function start() {
  const roots = emptyTree();
  const mount = (at: string): void => {
    put(join(roots.proc, 'self/mountinfo'), `48 1 254:0 / ${at} rw,relatime - ext4 /dev/vda rw\n`);
  };
  mount('/data');
  const { db, sessionId } = memoryDatabase();
  const names = createNames();
  const mounts = createMounts(roots);
  const dictionaries = createDictionaries(db, sessionId);
  const devices = createDevices(roots, mounts);
  const fileKeys = createFileKeys(
    dictionaries,
    names,
    { mounts, devices, proc: roots.proc },
    createClasses(mounts),
  );
  const name = (file: FileIdentity, parent: FileIdentity, text: string): void => {
    names.learn({ type: 'name', file, parent, length: text.length, offset: 0, piece: Buffer.from(text) });
  };
  const tell = (text: string, links = 1): void => {
    names.learn({ type: 'file', file: FILE, mode: 0o100644, links });
    name(FILE, FOLDER, text);
  };
  tell('file');
  name(FOLDER, ROOT, 'folder');
  names.learn({ type: 'root', file: ROOT });
  const paths = (): unknown[] => db.prepare('SELECT path FROM file').pluck().all();
  /** One interval in which the file was used; what it is called then. */
  const interval = (file = FILE, isWrite = true): unknown[] => {
    fileKeys.begin();
    fileKeys.fileKey(file, HOST, isWrite, PID);
    fileKeys.nameTheUnnamed();
    return paths();
  };
  return { roots, db, mounts, mount, name, tell, interval };
}

test('a file that is told again has its new name with the next interval', () => {
  const { tell, interval } = start();
  expect(interval()).toEqual(['/data/folder/file']);
  tell('file', 0);
  expect(interval()).toEqual(['/data/folder/file (deleted)']);
});

test('a file has a new path as soon as its file system is mounted elsewhere', () => {
  const { mounts, mount, interval } = start();
  interval();
  mount('/srv');
  mounts.refresh();
  expect(interval()).toEqual(['/srv/folder/file']);
});

test('a directory that is told with another name gives its files other paths with the next interval', () => {
  const { name, interval } = start();
  interval();
  name(FOLDER, ROOT, 'folder');
  expect(interval()).toEqual(['/data/folder/file']);
  name(FOLDER, ROOT, 'fresh!');
  expect(interval()).toEqual(['/data/fresh!/file']);
});

test('a path with a piece missing is completed with the interval in which that arrives', () => {
  const { name, interval } = start();
  const [other, parent] = [
    { dev: DEV, ino: 90, hash: 3 },
    { dev: DEV, ino: 91, hash: 4 },
  ];
  expect(interval(other)).toContain('(inode 90, name not known)');
  name(other, parent, 'late');
  expect(interval(other)).toContain('…/late');
  name(parent, ROOT, 'there');
  expect(interval(other)).toContain('/data/there/late');
});

test('a file in use is looked up every hour: its row tells when it was last used', () => {
  vi.useFakeTimers({ now: 1_795_262_400_000 });
  const { db, interval } = start();
  const used = (): unknown => db.prepare('SELECT DISTINCT used_us FROM file').pluck().get();
  interval();
  const first = used();
  vi.advanceTimersByTime(30 * 60_000);
  interval();
  expect(used()).toBe(first);
  vi.advanceTimersByTime(31 * 60_000);
  interval();
  expect(used()).toBe(Date.now() * 1000);
  expect(db.prepare('SELECT count(*) FROM file').pluck().get()).toBe(1);
});

test('a file is in the image while it is only read, and in the writable layer once it is written', () => {
  const { roots, db, mounts, interval } = start();
  const upper = join(roots.proc, 'upper');
  put(join(upper, 'kept'), '');
  const options = `lowerdir=/lower,upperdir=${upper},workdir=/work`;
  put(
    join(roots.proc, 'self/mountinfo'),
    `22 1 8:1 / / rw - ext4 /dev/sda1 rw\n55 1 254:0 / /merged rw - overlay overlay rw,${options}\n`,
  );
  mounts.refresh();
  const place = (isWrite: boolean): unknown => {
    interval(FILE, isWrite);
    return db.prepare('SELECT place FROM file').pluck().get();
  };
  expect([place(false), place(false), place(true), place(false)]).toEqual([
    'image_layer',
    'image_layer',
    'writable_layer',
    'writable_layer',
  ]);
  for (let later = 0; later < 30; later += 1) expect(place(false)).toBe('writable_layer');
});

test('a class that waits for a sign is looked at again, ever more rarely', () => {
  const { roots, db, mounts, mount, tell, interval } = start();
  const disk = join(roots.proc, 'disk');
  mount(disk);
  mounts.refresh();
  tell('000123.log');
  const classes = (count: number): unknown[] =>
    Array.from({ length: count }, () => {
      interval();
      return db.prepare('SELECT class FROM file').pluck().get();
    });
  expect(classes(4)).toEqual(['log_file', 'log_file', 'log_file', 'log_file']);
  put(join(disk, 'folder/CURRENT'), '');
  // Looked at in intervals 1, 2, 4 and 8.
  expect(classes(5)).toEqual(['log_file', 'log_file', 'log_file', 'rocksdb_wal', 'rocksdb_wal']);
});

test('a file below a renamed directory has the name its process has it open under', () => {
  const { roots, mounts, mount, tell, interval } = start();
  const disk = join(roots.proc, 'disk');
  mount(disk);
  mounts.refresh();
  put(join(disk, 'folder/0.wal'), '');
  tell('0.wal');
  expect(interval()).toEqual([`${disk}/folder/0.wal`]);
  renameSync(join(disk, 'folder'), join(disk, 'wal'));
  const process = join(roots.proc, String(PID));
  put(join(process, 'fdinfo/3'), `pos:\t0\nmnt_id:\t48\nino:\t${String(FILE.ino)}\n`);
  put(join(process, 'mountinfo'), `48 1 254:0 / ${disk} rw - ext4 /dev/vda rw\n`);
  mkdirSync(join(process, 'fd'));
  symlinkSync(join(disk, 'wal/0.wal'), join(process, 'fd/3'));
  expect(interval()).toEqual([`${disk}/wal/0.wal`]);
});
