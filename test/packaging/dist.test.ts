import { execa } from 'execa';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'iotrace-dist-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What a command says that opens a database, reads the views' SQL and prints the version. */
async function speaks(command: string, ...words: string[]): Promise<string[]> {
  const said = async (...more: string[]): Promise<string> =>
    (await execa(command, [...words, ...more], { cwd: folder, all: true, reject: false })).all;
  return [
    await said('--version'),
    (await said('sql', '--schema')).slice(0, 11),
    await said('status', '--db', join(folder, 'none.db')),
  ];
}

const answers = (path: string): string[] => [
  version,
  'operations:',
  expect.stringContaining(`There is no recording at ${path}`) as string,
];

test('dist/ alone is the command, with a native module that opens databases', async () => {
  const copy = join(folder, 'copy');
  cpSync('dist', copy, { recursive: true });
  expect(await speaks(process.execPath, join(copy, 'cli.js'))).toEqual(answers(join(folder, 'none.db')));
  const script = `import { openForWriting } from ${JSON.stringify(join(copy, 'internals.js'))};
    console.log(openForWriting(':memory:').pragma('user_version', { simple: true }))`;
  const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', script], { cwd: folder });
  expect(Number(stdout)).toBe(readdirSync('src/schema/migrations').length);
});

test('the npm package installs without a compiler and needs no other', async () => {
  await execa('scripts/package/npm', ['dist', folder]);
  const prefix = join(folder, 'prefix');
  const words = [
    'install',
    '--global',
    '--offline',
    '--prefix',
    prefix,
    join(folder, `iotrace-${version}.tgz`),
  ];
  await execa('npm', words, { cwd: folder });
  expect(await speaks(join(prefix, 'bin/iotrace'))).toEqual(answers(join(folder, 'none.db')));
});

test('the bill of materials has every package that was bundled, with the version and the hash of the lock file', () => {
  type Part = { name: string; version: string; hashes?: { content: string }[] };
  const { components } = JSON.parse(readFileSync('dist/sbom.cdx.json', 'utf8')) as { components: Part[] };
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { version: string; integrity: string }>;
  };
  const names = components.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['better-sqlite3', 'execa', 'picocolors', 'split2', 'sqlite']),
  );
  for (const { name, version: has, hashes } of components) {
    const locked = lock.packages[`node_modules/${name}`];
    if (!locked) continue;
    expect(has).toBe(locked.version);
    expect(`sha512-${Buffer.from(hashes?.[0]?.content ?? '', 'hex').toString('base64')}`).toBe(
      locked.integrity,
    );
  }
});
