import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { demo } from '../query/demo.ts';
import { cliPath, iotrace, temporaryFolder } from './run.ts';

const folder = temporaryFolder();
const db = join(folder, 'demo.db');
demo(db).db.close();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('serves until it is told to end', async () => {
  const child = spawn(process.execPath, [cliPath, 'serve', '--db', db, '--listen', '127.0.0.1:0']);
  const [line] = (await once(child.stderr.setEncoding('utf8'), 'data')) as [string];
  const [, url = ''] = /^(http:\/\/127\.0\.0\.1:\d+\/)/u.exec(line) ?? [];
  const page = await fetch(url);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<!doctype html>')]);
  expect((await fetch(`${url}healthz`)).status).toBe(503);
  child.kill('SIGTERM');
  expect((await once(child, 'exit')) as unknown[]).toEqual([0, null]);
});

test('beyond loopback it wants a token', () => {
  const { code, stderr } = iotrace(['serve', '--db', db, '--listen', '0.0.0.0:0']);
  expect([code, stderr]).toEqual([
    2,
    'iotrace: 0.0.0.0 can be reached from other machines, and what is recorded names files and processes. Ask for a token with --token-file FILE, or listen on 127.0.0.1.\n',
  ]);
});

test('a short token is none', () => {
  const file = join(folder, 'token');
  writeFileSync(file, 'secret\n');
  const { code, stderr } = iotrace(['serve', '--db', db, '--token-file', file]);
  expect([code, stderr]).toEqual([
    2,
    `iotrace: The token in ${file} is no word of 16 or more characters. Make one: openssl rand -hex 32 > ${file}\n`,
  ]);
});
