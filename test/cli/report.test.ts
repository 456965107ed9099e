import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { demo } from '../query/demo.ts';
import { iotrace, temporaryFolder } from './run.ts';

const folder = temporaryFolder();
const db = join(folder, 'demo.db');
demo(db).db.close();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const WINDOW = ['--from', '2026-11-21T12:00:00Z', '--to', '2026-11-21T12:00:15Z'];

test('writes one file, and says where', () => {
  const path = join(folder, 'incident.html');
  const { code, stdout, stderr } = iotrace(['report', '--db', db, ...WINDOW, '-o', path]);
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toMatch(/incident\.html: \d+(\.\d+)? KiB, complete in itself: open it in any browser\.\n$/u);
  expect(readFileSync(path, 'utf8')).toMatch(
    /^<!doctype html>[^]*payments\/api-7d9f8c6b5-x2k4q\/api[^]*<\/html>\s*$/u,
  );
});

test('writes to a pipe what it would write to the file', () => {
  const { code, stdout } = iotrace(['report', '--db', db, ...WINDOW, '--lang', 'zh', '--compare']);
  expect(code).toBe(0);
  expect(stdout).toContain('<html lang="zh-Hans">');
});

test('a folder that is not there is said, not thrown', () => {
  const { code, stderr } = iotrace(['report', '--db', db, ...WINDOW, '-o', join(folder, 'none', 'x.html')]);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^iotrace: --output can't be written: ENOENT[^]*Name a file in a folder you may write to\.\n$/u,
  );
});

test('a baseline that overlaps the window is refused as by diagnose', () => {
  const { code, stderr } = iotrace([
    'report',
    '--db',
    db,
    ...WINDOW,
    '--baseline-to',
    '2026-11-21T12:00:10Z',
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain('The baseline does not end before the window starts.');
});
