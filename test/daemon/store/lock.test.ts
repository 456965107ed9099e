import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lockRecording } from '../../../src/daemon/store/lock.ts';
import { isFailure } from '../../../src/failure.ts';

const folder = mkdtempSync(join(tmpdir(), 'iotrace-lock-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const HOLD = `
  const Database = require('better-sqlite3');
  const db = new Database(process.argv[1]);
  db.exec('BEGIN EXCLUSIVE');
  console.log('held');
  setInterval(() => db.inTransaction, 1000);
`;

test('a recording has one daemon, which is named; the kernel takes the lock back when it is killed', async () => {
  const path = join(folder, 'iotrace.db');
  const holder = spawn(process.execPath, ['-e', HOLD, `${path}-lock`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  expect(lockRecording(path)).toEqual({
    failed: true,
    code: 'already-recording',
    details: { path, pid: holder.pid },
  });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const lock = lockRecording(path);
  expect(isFailure(lock)).toBe(false);
  if (!isFailure(lock)) lock.release();
});
