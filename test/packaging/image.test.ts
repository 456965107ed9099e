import { execa } from 'execa';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Row } from '../guest.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

/** On a disk: tmpfs takes a sync for nothing. */
let folder = '';
let image = '';
beforeAll(async () => {
  folder = mkdtempSync('/var/tmp/iotrace-image-');
  image = join(folder, `iotrace-${version}-image.tar`);
  await execa('scripts/package/all', ['deb', 'image'], { env: { BUILD: folder, XZ_LEVEL: '0' } });
  mkdirSync(join(folder, 'out'));
  await execa('test/packaging/in-image', [image, join(folder, 'out')]);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function sql(query: string): Promise<Row[]> {
  const recording = join(folder, 'out/recording/iotrace.db');
  const { stdout } = await execa('node', [
    'dist/cli.js',
    'sql',
    '--db',
    recording,
    '--format',
    'json',
    query,
  ]);
  return JSON.parse(stdout) as Row[];
}

test('the image is at most 200 MB', () => {
  expect(statSync(image).size).toBeLessThanOrEqual(200e6);
});

test('with a root of its own, read-only, the daemon counts the syncs of the host, under their path', async () => {
  expect(
    await sql(`SELECT file, sum(op_count) AS n FROM fsync
               WHERE process = 'dd' AND sync_kind = 'o_dsync' AND file LIKE '%/known' GROUP BY 1`),
  ).toEqual([{ file: join(folder, 'out/known'), n: 23 }]);
});

test('file systems are those of the host, of their size', async () => {
  const [target, bytes] = readFileSync(join(folder, 'out/df'), 'utf8').trim().split(/\s+/u);
  expect(
    await sql(`SELECT DISTINCT mount_point, size_bytes FROM filesystems WHERE mount_point = '${target!}'`),
  ).toEqual([{ mount_point: target, size_bytes: Number(bytes) }]);
});

test('cgroups are those of the host', async () => {
  expect(await sql(`SELECT count(*) AS n FROM coverage WHERE reason LIKE 'no cgroup2%'`)).toEqual([{ n: 0 }]);
});
