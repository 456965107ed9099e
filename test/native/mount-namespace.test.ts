import { execa } from 'execa';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const PRINT = `const { hostRoots } = await import(${JSON.stringify(resolve('dist/internals.js'))});
  console.log(JSON.stringify(hostRoots))`;

async function rootsSeenBy(...wrapper: string[]): Promise<unknown> {
  const [command, ...words] = [...wrapper, process.execPath, '--input-type=module', '-e', PRINT];
  return JSON.parse((await execa(command, words)).stdout);
}

const onHost = {
  host: '/',
  cgroup: '/sys/fs/cgroup',
  proc: '/proc',
  sys: '/sys',
  run: '/run',
  varLib: '/var/lib',
};

test('on the host its trees are where they are', async () => {
  expect(await rootsSeenBy()).toEqual(onHost);
});

test('in a mount namespace of its own the host’s trees are read through process 1', async () => {
  // Process 1 of a host may be nobody's to look at: this one is ours, and not replaced by what it starts.
  const below = [
    'unshare',
    '--pid',
    '--fork',
    '--mount-proc',
    'sh',
    '-c',
    'unshare --mount "$@"; exit $?',
    'sh',
  ];
  expect(await rootsSeenBy(...below)).toEqual({
    ...onHost,
    host: '/proc/1/root',
    cgroup: '/proc/1/root/sys/fs/cgroup',
    run: '/proc/1/root/run',
    varLib: '/proc/1/root/var/lib',
  });
});

test('with PIDs of its own, process 1 is no way to the host', async () => {
  expect(await rootsSeenBy('unshare', '--mount', '--pid', '--fork', '--mount-proc')).toEqual(onHost);
});
