import { describe, expect, test } from 'vitest';
import { createDictionaries } from '../../../src/daemon/store/dictionaries.ts';
import type { FileLabel } from '../../../src/daemon/naming/labels.ts';
import type { Container } from '../../../src/daemon/lookups/containers.ts';
import type { FileClass } from '../../../src/schema/classify.ts';
import { wallUs } from '../../../src/schema/units.ts';
import { memoryDatabase } from '../recording.ts';
import { containerOf } from '../lookups/container.ts';

const NOW = wallUs(1_795_000_000_000_000);
const FILE = { dev: 266338304, ino: 393277, hash: 7 };
const known = (path: string): FileLabel => ({ path, hostPath: `/host${path}`, state: 'known' });
const OTHER: FileClass = { class: 'other', place: 'host' };
const UNKNOWN: FileLabel = { path: '(inode 393277, name not known)', hostPath: null, state: 'unknown' };

const app1: Container = {
  ...containerOf({
    runtime: 'containerd',
    containerId: 'app1',
    cgroupsPath: '/kubepods/burstable/pod123/app1',
  }),
  volumes: [],
};

function dictionary() {
  const { db, sessionId } = memoryDatabase();
  const dictionaries = createDictionaries(db, sessionId);
  const device = dictionaries.device({ major: 254, minor: 0, name: 'vda' });
  return {
    dictionaries,
    device,
    all: (query: string) => db.prepare<[], Record<string, unknown>>(query).all(),
    /** As recorder does when bpftrace was started again. */
    another: () => createDictionaries(db, sessionId),
  };
}

describe('a file', () => {
  const rows = 'SELECT path, host_path, state FROM file';

  test('is one row as long as it is the same inode, name, container and device', () => {
    const { dictionaries, device, all } = dictionary();
    const container = dictionaries.container(app1, NOW);
    const other = dictionaries.device({ major: 254, minor: 16, name: 'vdb' });
    const keys = [
      dictionaries.file(FILE, known('/a'), null, device, OTHER),
      dictionaries.file({ ...FILE }, known('/a'), null, device, OTHER),
      dictionaries.file({ ...FILE, hash: 8 }, known('/b'), null, device, OTHER),
      dictionaries.file(FILE, known('/a'), container, device, OTHER),
      dictionaries.file(FILE, known('/a'), null, other, OTHER),
    ];
    expect(keys.map((key) => keys.indexOf(key))).toEqual([0, 0, 2, 3, 4]);
    expect(all('SELECT count(*) AS n FROM file')).toEqual([{ n: 4 }]);
  });

  test('has its name written when that is found, under the same key', () => {
    const { dictionaries, device, all } = dictionary();
    const before = dictionaries.file(FILE, UNKNOWN, null, device, OTHER);
    const after = dictionaries.file(FILE, known('/srv/db'), null, device, OTHER);
    expect(after).toBe(before);
    expect(all(rows)).toEqual([{ path: '/srv/db', host_path: '/host/srv/db', state: 'known' }]);
  });

  test('keeps its name when the lookups have forgotten it', () => {
    const { dictionaries, device, all } = dictionary();
    dictionaries.file(FILE, known('/srv/db'), null, device, OTHER);
    dictionaries.file(FILE, UNKNOWN, null, device, OTHER);
    expect(all(rows)).toEqual([{ path: '/srv/db', host_path: '/host/srv/db', state: 'known' }]);
  });

  test.each(['forget', 'another'] as const)('has its name written by those that never met it (%s)', (how) => {
    const { dictionaries, device, all, another } = dictionary();
    const before = dictionaries.file(FILE, UNKNOWN, null, device, OTHER);
    dictionaries.forget();
    const later = how === 'another' ? another() : dictionaries;
    expect(later.file(FILE, known('/srv/db'), null, device, OTHER)).toBe(before);
    expect(all(rows)).toEqual([{ path: '/srv/db', host_path: '/host/srv/db', state: 'known' }]);
  });

  test.each(['forget', 'another'] as const)('keeps its name from those that do not know it (%s)', (how) => {
    const { dictionaries, device, all, another } = dictionary();
    const before = dictionaries.file(FILE, known('/srv/db'), null, device, OTHER);
    dictionaries.forget();
    const later = how === 'another' ? another() : dictionaries;
    expect(later.file(FILE, UNKNOWN, null, device, OTHER)).toBe(before);
    expect(all(rows)).toEqual([{ path: '/srv/db', host_path: '/host/srv/db', state: 'known' }]);
  });

  test.each([
    [2 ** 53 + 2, 9007199254740994n],
    [2 ** 63, -9223372036854775808n],
    [2 ** 64 - 2048, -2048n],
  ])('of inode %f is stored as the signed number of the same bits', (ino, stored) => {
    const { db, sessionId } = memoryDatabase();
    const dictionaries = createDictionaries(db, sessionId);
    const device = dictionaries.device({ major: 254, minor: 0, name: 'vda' });
    const key = dictionaries.file({ ...FILE, ino }, known('/a'), null, device, OTHER);
    const row = db.prepare('SELECT file_key, inode FROM file').safeIntegers().get();
    expect(row).toEqual({ file_key: BigInt(key), inode: stored });
    dictionaries.forget();
    expect(dictionaries.file({ ...FILE, ino }, known('/a'), null, device, OTHER)).toBe(key);
  });
});

describe('a process', () => {
  test('has a row for each name it has had', () => {
    const { dictionaries, all } = dictionary();
    const shell = dictionaries.process(42, 'sh');
    const server = dictionaries.process(42, 'postgres');
    expect([dictionaries.process(42, 'sh'), dictionaries.process(42, 'postgres')]).toEqual([shell, server]);
    expect(all('SELECT pid, name FROM process ORDER BY process_key')).toEqual([
      { pid: 42, name: 'sh' },
      { pid: 42, name: 'postgres' },
    ]);
  });

  test('whose name arrives late has it from its first operation on', () => {
    const { dictionaries, all } = dictionary();
    const before = dictionaries.process(42, undefined);
    expect(dictionaries.process(42, 'sh')).toBe(before);
    expect(all('SELECT pid, name FROM process')).toEqual([{ pid: 42, name: 'sh' }]);
    expect(dictionaries.process(42, 'postgres')).not.toBe(before);
  });
});

describe('a cgroup', () => {
  const rows =
    'SELECT cgroup_id, cgroup.path, container.name FROM cgroup LEFT JOIN container USING (container_key)';
  const path = '/kubepods/burstable/pod123/app1';

  test('has its path and its container written when they are found', () => {
    const { dictionaries, all } = dictionary();
    const before = dictionaries.cgroup(5301, undefined, null);
    const after = dictionaries.cgroup(5301, path, dictionaries.container(app1, NOW));
    expect(after).toBe(before);
    expect(all(rows)).toEqual([{ cgroup_id: 5301, path, name: 'app1' }]);
  });

  test.each(['forget', 'another'] as const)('also by those that never met it (%s)', (how) => {
    const { dictionaries, all, another } = dictionary();
    const before = dictionaries.cgroup(5301, undefined, null);
    dictionaries.forget();
    const later = how === 'another' ? another() : dictionaries;
    expect(later.cgroup(5301, path, later.container(app1, NOW))).toBe(before);
    expect(all(rows)).toEqual([{ cgroup_id: 5301, path, name: 'app1' }]);
  });

  test.each(['same', 'forget', 'another'] as const)('keeps them when it is gone (%s)', (how) => {
    const { dictionaries, all, another } = dictionary();
    const before = dictionaries.cgroup(5301, path, dictionaries.container(app1, NOW));
    if (how === 'forget') dictionaries.forget();
    const later = how === 'another' ? another() : dictionaries;
    expect(later.cgroup(5301, undefined, null)).toBe(before);
    expect(all(rows)).toEqual([{ cgroup_id: 5301, path, name: 'app1' }]);
  });
});

describe('a container', () => {
  test('is one row, which grows with what is known of it', () => {
    const { dictionaries, all } = dictionary();
    const before = dictionaries.container(app1, NOW);
    const better = { ...app1, upperdir: '/snapshots/2/fs', snapshot: '2' };
    expect(dictionaries.container(better, NOW)).toBe(before);
    dictionaries.forget();
    expect(dictionaries.container(better, NOW)).toBe(before);
    expect(all('SELECT container_id, upperdir, snapshot FROM container')).toEqual([
      { container_id: 'app1', upperdir: '/snapshots/2/fs', snapshot: '2' },
    ]);
  });
});

test.each(["'; DROP TABLE file; --", '"quoted"', 'nul\0inside', 'a\nb', '日本語', ''])(
  'a hostile name is stored as it is: %j',
  (name) => {
    const { dictionaries, device, all } = dictionary();
    dictionaries.file(FILE, known(name), dictionaries.container({ ...app1, name }, NOW), device, OTHER);
    dictionaries.process(42, name);
    dictionaries.cgroup(5301, name, null);
    expect(all('SELECT path FROM file UNION ALL SELECT name FROM container')).toEqual([
      { path: name },
      { path: name },
    ]);
    expect(all('SELECT name FROM process UNION ALL SELECT path FROM cgroup')).toEqual([{ name }, { name }]);
  },
);
