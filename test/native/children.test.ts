import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findProgram, identityOf, run } from '../../src/daemon/children.ts';

// Every folder above must be root's alone: /tmp is not.
let folder = '';
beforeEach(() => {
  folder = mkdtempSync('/opt/iotrace-test-');
  chmodSync(folder, 0o755);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A program in a folder of its own. */
function program(name: string): string {
  const path = join(folder, name, 'echo');
  mkdirSync(join(folder, name));
  copyFileSync('/usr/bin/echo', path);
  chmodSync(path, 0o755);
  return path;
}

describe('a program', () => {
  test("that is root's alone is run", () => {
    const path = program('sound');
    expect(findProgram(path)).toEqual({ path });
  });

  test.each([
    ['it', (path: string) => path],
    ['its folder', (path: string) => join(path, '..')],
  ])('is refused when others can write to %s', (_, what) => {
    const path = program('open');
    chmodSync(what(path), 0o777);
    const refused = `${join(what(path))} can be written by others than root`;
    expect(findProgram(path)).toEqual({ refused, isAbsent: false });
  });

  test('is refused when it belongs to somebody else, also behind a link', () => {
    const path = program('theirs');
    chownSync(path, 65_534, 65_534);
    const link = join(folder, 'link');
    symlinkSync(path, link);
    const refused = `${path} belongs to uid 65534, not to root`;
    expect([findProgram(path), findProgram(link)]).toEqual([
      { refused, isAbsent: false },
      { refused, isAbsent: false },
    ]);
  });

  test('by its name is not looked for on PATH', () => {
    const path = program('first-on-path');
    const before = process.env['PATH'];
    process.env['PATH'] = `${join(path, '..')}:${before ?? ''}`;
    try {
      expect(findProgram('echo')).toEqual({ path: '/usr/bin/echo' });
    } finally {
      process.env['PATH'] = before;
    }
  });

  test('that is nowhere is absent', () => {
    expect(findProgram('no-such-program')).toMatchObject({ isAbsent: true });
  });

  test('gets nothing of the environment of whoever started the daemon', async () => {
    process.env['LD_PRELOAD_OF_A_TEST'] = 'x';
    const { stdout } = await run('env', []);
    delete process.env['LD_PRELOAD_OF_A_TEST'];
    expect(stdout.split('\n').toSorted()).toEqual([
      'HOME=/',
      'LC_ALL=C',
      'PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin',
    ]);
  });
});

test('a process is told from a later one with its pid by its start time', () => {
  const identity = identityOf(process.pid);
  expect(identity).toMatch(new RegExp(`^${String(process.pid)} \\d+ pid:\\[\\d+\\]$`, 'u'));
  expect(identityOf(2 ** 22 + 1)).toBeUndefined();
});
