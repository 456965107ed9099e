import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { endOrphans } from '../../../src/daemon/bpftrace/orphans.ts';
import { identityOf, OWNER_VARIABLE, ownerMark, pidNamespace } from '../../../src/daemon/children.ts';

let children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
});

async function start(environment: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const child = spawn('/bin/sleep', ['600'], { env: environment });
  children.push(child);
  await once(child, 'spawn');
  return child;
}

test('what a daemon that is gone has left running is ended, and nothing else', async () => {
  const gone = spawn('/bin/true');
  await once(gone, 'exit');
  const laterWithItsPid = `${String(process.pid)} 1 ${pidNamespace()}`;
  const orphans = [
    await start({ [OWNER_VARIABLE]: `${String(gone.pid)} 1 ${pidNamespace()}` }),
    await start({ [OWNER_VARIABLE]: laterWithItsPid }),
  ];
  const others = [
    await start(ownerMark()),
    await start({}),
    // The pid is one of another namespace: who it is can't be seen from here.
    await start({ [OWNER_VARIABLE]: `${String(gone.pid)} 1 pid:[1]` }),
  ];
  const ended = endOrphans();
  expect(ended).toEqual(expect.arrayContaining(orphans.map(({ pid }) => pid)));
  await Promise.all(orphans.map(async (each) => each.signalCode ?? (await once(each, 'exit'))));
  expect(others.map(({ pid }) => identityOf(pid!) !== undefined)).toEqual([true, true, true]);
});
