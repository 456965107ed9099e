import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demo } from '../query/demo.ts';
import { cliPath, iotrace, temporaryFolder } from './run.ts';

const folder = temporaryFolder();
const path = join(folder, 'demo.db');
const window = '--from 2026-11-21T12:00Z --to 2026-11-21T12:10Z';

beforeAll(() => {
  demo(path).db.close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

type Terminal = { rows?: number; columns?: number; env?: Readonly<Record<string, string>> };

/** What a terminal of this size shows of the command, without the carriage returns. */
function onTerminal(words: string, { rows = 60, columns = 200, env = {} }: Terminal = {}): string {
  const command = `stty rows ${String(rows)} cols ${String(columns)}; exec '${process.execPath}' '${cliPath}' ${words} --db '${path}'`;
  const { stdout } = spawnSync('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], SHELL: '/bin/sh', TERM: 'xterm', TZ: 'UTC', ...env },
  });
  return stdout.replaceAll('\r', '');
}

describe('an answer longer than the terminal', () => {
  const paged = { rows: 5, env: { PAGER: 'sed s/^/P:/' } };

  test('goes through $PAGER, whole', () => {
    const plain = iotrace(['sql', '--schema']).stdout;
    const shown = onTerminal('sql --schema', paged);
    expect(shown).toBe(plain.replaceAll(/^(?=.|\n.)/gmu, 'P:'));
  });

  test('unless that is not wanted, or it fits', () => {
    expect(onTerminal(`top --no-pager ${window}`, paged)).not.toContain('P:');
    expect(onTerminal(`top ${window}`, { ...paged, rows: 40 })).not.toContain('P:');
    expect(onTerminal(`top ${window}`, { rows: 5, env: { PAGER: '' } })).toContain('containerd.service');
    expect(
      onTerminal(`top ${window}`, { rows: 5, env: { PAGER: 'sed s/^/P:/', TERM: 'dumb' } }),
    ).not.toContain('P:');
  });

  test('a pager that is left early is no failure', () => {
    const many =
      '"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 30000) SELECT i FROM n"';
    const shown = onTerminal(`sql ${many}`, { rows: 5, env: { PAGER: 'head -n 2' } });
    expect(shown).toBe('\u001b[1m    i\u001b[22m\n    1\n');
  });
});

describe('escape sequences', () => {
  const ESCAPE = '\u001b';

  test('colour a table on a terminal', () => {
    expect(onTerminal(`top ${window}`)).toContain(`${ESCAPE}[1m`);
    expect(onTerminal(`top ${window}`, { env: { NO_COLOR: '' } })).toContain(`${ESCAPE}[1m`);
  });

  test.each([{ TERM: 'dumb' }, { NO_COLOR: '1' }])('are not sent with %j', (env) => {
    expect(onTerminal(`top ${window}`, { env })).not.toContain(ESCAPE);
  });

  test('of what was typed are shown, not obeyed', () => {
    const { stderr } = iotrace(['top', '--\u001b[31mby', 'x']);
    expect(stderr).toBe('iotrace: top has no option --\\x1b[31mby. What it takes: iotrace top --help.\n');
    expect(iotrace(['\u202etop\u009b']).stderr).toContain('There is no command "\\u202etop\\x9b".');
    expect(iotrace(['top', '--db', '/no\nne\u001b[2J']).stderr).toContain(
      'There is no recording at /no\\nne\\x1b[2J.',
    );
  });
});

test('--quiet leaves the answer alone', () => {
  const words = ['top', '--db', path, ...window.split(' ')];
  const [table, notes] = iotrace(words).stdout.split('\n\n');
  expect(notes).not.toBe('');
  expect(iotrace([...words, '--quiet'])).toEqual({ code: 0, stdout: `${table!}\n`, stderr: '' });
  expect(iotrace([...words, '-q', '--format', 'json'])).toMatchObject({ code: 0, stderr: '' });
});

describe('the zone', () => {
  const env = { TZ: 'Asia/Kolkata' };
  const words = ['top', '--db', path, '--from', '2026-11-21 17:30', '--to', '2026-11-21 17:40'];

  test('is local, for what is typed and what is shown', () => {
    expect(iotrace(words, { env }).stdout).toContain('5 rows, 2026-11-21 17:30:00 to 17:40:00 UTC+05:30');
  });

  test('is UTC with --utc, for both', () => {
    const utc = words.map((word) => word.replace(' 17:30', ' 12:00').replace(' 17:40', ' 12:10'));
    expect(iotrace([...utc, '--utc'], { env }).stdout).toContain('2026-11-21 12:00:00 to 12:10:00 UTC,');
    const slow = iotrace(['slow', '--utc', ...utc.slice(1)], { env }).stdout;
    expect(slow).toContain('2026-11-21 UTC  id');
    expect(slow).toContain('12:00:03.250');
  });
});

test('help has many names', () => {
  const help = iotrace(['top', '--help']);
  expect(iotrace(['help', 'top'])).toEqual(help);
  expect(iotrace(['top', '-h'])).toEqual(help);
  expect(iotrace(['help'])).toEqual(iotrace([]));
  expect(iotrace(['-v'])).toEqual(iotrace(['--version']));
  expect(iotrace(['help', 'topp']).stderr).toContain('There is no command "topp".');
});

test('-n 5 limits an answer', () => {
  const words = ['top', '--db', path, ...window.split(' '), '--format', 'json', '-q'];
  expect(iotrace([...words, '-n', '2'])).toEqual(iotrace([...words, '--limit', '2']));
  expect(JSON.parse(iotrace([...words, '-n2']).stdout)).toHaveLength(2);
});
