import Database from 'better-sqlite3';
import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const PARTS = ['npm', 'deb', 'rpm', 'chart'];
const SUITES = ['bookworm', 'trixie', 'sid'];

let folder = '';
let deb = '';
let older = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iotrace-packages-'));
  deb = join(folder, `iotrace_${version}_amd64.deb`);
  older = join(folder, 'older.deb');
  await execa('scripts/package/all', PARTS, { env: { BUILD: folder, XZ_LEVEL: '0' } });
  await repackage(deb, '0.0.1', older);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The same package under an earlier version. */
async function repackage(from: string, as: string, to: string): Promise<void> {
  const tree = join(folder, 'older');
  await execa('dpkg-deb', ['-R', from, tree]);
  await execa('sed', ['-i', `s/^Version:.*/Version: ${as}/`, join(tree, 'DEBIAN/control')]);
  await execa('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, to]);
}

function firstRecording(path: string): void {
  const db = new Database(path);
  db.exec(readFileSync('src/schema/migrations/0001-record.sql', 'utf8'));
  db.exec(`PRAGMA application_id = ${String(0x69_6f_74_72)}; PRAGMA user_version = 1;
    INSERT INTO run VALUES (1, 'boot', 'first', 1, 0, 0, NULL, NULL, '0', '6.1', '0.17', 2, 5000, 10000000, '[]');`);
  db.close();
}

test('made again, every package is the same, byte for byte', async () => {
  const again = join(folder, 'again');
  await execa('scripts/package/all', PARTS, { env: { BUILD: again, XZ_LEVEL: '0' } });
  const [sums, others] = [folder, again].map((each) => readFileSync(join(each, 'SHA256SUMS'), 'utf8'));
  expect(sums?.trim().split('\n')).toHaveLength(PARTS.length + 1);
  expect(others).toBe(sums);
});

test('lintian has no complaint that is not explained', async () => {
  const { stdout } = await execa('lintian', ['--allow-root', '--fail-on', 'error,warning', deb], {
    reject: false,
  });
  expect(stdout).toBe('');
});

test('the rpm installs the same files and wants bpftrace', async () => {
  const rpm = join(folder, `iotrace-${version}-1.x86_64.rpm`);
  const query = async (what: string): Promise<string[]> =>
    (await execa('rpm', ['-qp', '--nodigest', what, rpm])).stdout.split('\n');
  const inRpm = (await query('-l')).filter((path) => !path.includes('/doc/'));
  const { stdout } = await execa('sh', ['-c', `dpkg-deb --fsys-tarfile "$0" | tar -t`, deb]);
  const inDeb = stdout.split('\n').map((path) => path.slice(1).replace(/\/$/u, ''));
  expect(inRpm.filter((path) => !inDeb.includes(path))).toEqual([]);
  expect(inRpm).toContain('/usr/lib/systemd/system/iotrace.service');
  expect(await query('--requires')).toContain('bpftrace >= 0.17');
  expect(await query('-c')).toEqual(['/etc/iotrace/config.json']);
});

describe.each(SUITES)('in a clean %s', (suite) => {
  let out = '';
  const seen = (name: string): string => readFileSync(join(out, name), 'utf8').trim();
  beforeAll(async () => {
    out = mkdtempSync(join(folder, suite));
    firstRecording(join(out, 'first.db'));
    await execa('scripts/lab/build-node', [suite]);
    const { failed, all } = await execa('test/packaging/in-tree', [suite, out, older, deb], {
      all: true,
      reject: false,
    });
    if (failed) throw new Error(`${suite}: ${all}`);
  });

  test('one command installs it with all it needs, and it records', () => {
    expect(seen('version')).toBe(version);
    expect(seen('record')).toContain('Recording');
    expect(JSON.parse(seen('top'))).not.toEqual([]);
  });

  test('an upgrade keeps the recording and brings it up to date', () => {
    expect(JSON.parse(seen('old_rows'))).toEqual([{ n: 1 }]);
  });

  test('manual, completion and the group of readers are there', () => {
    expect(seen('manual')).toContain('.SH SYNOPSIS');
    expect(seen('completion')).toBe('top');
    expect(seen('group')).toMatch(/^iotrace:x:\d+:$/u);
  });

  test('removed, it leaves the recording and the configuration as it was changed', () => {
    const left = seen('removed').split('\n');
    expect(left.filter((path) => !path.startsWith('./var/lib/iotrace/'))).toEqual([
      './etc/iotrace',
      './var/lib/dpkg/info/iotrace.list',
      './var/lib/dpkg/info/iotrace.postrm',
      './var/lib/iotrace',
    ]);
    expect(left).toContain('./var/lib/iotrace/iotrace.db');
    expect(seen('config.json')).toContain('"mine"');
  });

  test('purged, it leaves nothing', () => {
    expect(seen('purged')).toBe('');
    expect(seen('group-purged')).toBe('');
  });
});
