import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createContainers } from '../../src/daemon/lookups/containers.ts';
import { volumesOf } from '../../src/daemon/lookups/containers/volumes.ts';
import { existsLocally } from '../../src/daemon/lookups/foreign.ts';
import { createMounts } from '../../src/daemon/lookups/mounts.ts';
import { findOpenFile } from '../../src/daemon/lookups/processes.ts';
import { hostRoots } from '../../src/daemon/lookups/roots.ts';
import { classesOf } from '../../src/daemon/naming/classes-of.ts';
import { findAllDeleted } from '../../src/daemon/samplers/space/deleted-files.ts';
import { containerOf } from '../daemon/lookups/container.ts';

// A file system that no longer answers. Were one of the calls below to wait for it, it would wait until the server ends
// by itself, and the server would not be alive afterwards.
const folder = mkdtempSync(join(tmpdir(), 'iotrace-foreign-'));
const mountPoint = join(folder, 'mnt');
let server: ChildProcess | undefined;
let holder: ChildProcess | undefined;
let inode = 0n;
let device = 0n;

const says = async (child: ChildProcess, word: string): Promise<void> => {
  let text = '';
  child.stdout?.on('data', (data: Buffer) => (text += data.toString()));
  while (!text.includes(word)) {
    if (child.stdout) await once(child.stdout, 'data');
  }
};

beforeAll(async () => {
  mkdirSync(mountPoint);
  const program = join(folder, 'hanging-fuse');
  execFileSync('cc', ['-O1', '-o', program, join(import.meta.dirname, 'hanging-fuse.c')]);
  server = spawn(program, [mountPoint], { stdio: ['ignore', 'pipe', 'inherit'] });
  await says(server, 'mounted');
  const path = join(mountPoint, 'f');
  ({ ino: inode, dev: device } = statSync(path, { bigint: true }));
  holder = spawn('sh', ['-c', `exec 7< ${path}; echo open; exec sleep 80`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await says(holder, 'open');
  unlinkSync(path);
  server.kill('SIGUSR1');
  // It notices when it is asked once more.
  spawn('stat', [mountPoint], { stdio: 'ignore' }).unref();
  await says(server, 'hanging');
});

afterAll(() => {
  holder?.kill('SIGKILL');
  server?.kill('SIGKILL');
  execFileSync('umount', ['--lazy', mountPoint]);
  rmSync(folder, { recursive: true });
});

const isWaiting = (): boolean => server?.exitCode === null && server.signalCode === null;
const dead = (): string => join(mountPoint, 'f');

it('deleted files are looked for without waiting for it', () => {
  expect(findAllDeleted('/proc').filter(({ path }) => path.startsWith(mountPoint))).toEqual([]);
  expect(isWaiting()).toBe(true);
});

it('a file that is open on it is found by inode, from what the kernel itself knows', () => {
  const [major, minor] = [Number((device >> 8n) & 0xfffn), Number(device & 0xffn)];
  expect(findOpenFile('/proc', holder?.pid ?? 0, major, minor, inode)).toBe(dead());
  expect(isWaiting()).toBe(true);
});

it('a path on it is neither looked at nor followed', () => {
  const mounts = createMounts(hostRoots);
  expect(existsLocally(mounts, dead())).toBeUndefined();
  expect(classesOf([join(mountPoint, '000123.log')], []).map((row) => row.class)).toEqual(['log_file']);
  const [volume] = volumesOf(
    hostRoots,
    mounts,
    containerOf({ containerId: 'x', mounts: [{ destination: '/data', source: `${dead()}/x` }] }),
  );
  expect(volume).toMatchObject({ hostPath: `${dead()}/x`, root: '/f/x', fsType: 'fuse' });
  expect(createContainers(hostRoots, mounts).ofCgroup('/nobody')).toBeUndefined();
  expect(isWaiting()).toBe(true);
});
