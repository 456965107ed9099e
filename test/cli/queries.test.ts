import Database from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { topColumnNames } from '../../src/query/reports/top.ts';
import { demo } from '../query/demo.ts';
import { cliPath, iotrace, temporaryFolder } from './run.ts';

const folder = temporaryFolder();
const path = join(folder, 'demo.db');
const window = ['--from', '2026-11-21T12:00Z', '--to', '2026-11-21T12:10Z'];

beforeAll(() => {
  demo(path).db.close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('top', () => {
  test('prints a table, and under it what it does not contain', () => {
    const { code, stdout, stderr } = iotrace(['top', '--db', path, ...window]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatchInlineSnapshot(`
      "container                         op           ops  errors      size  latency      p50      p95      p99      max
      payments/api-7d9f8c6b5-x2k4q/api  fsync         21       0         -   230 ms  2.95 ms  59.8 ms  59.8 ms  60.0 ms
      /system.slice/containerd.service  fsync          9       0         -  27.0 ms  1.08 ms  6.95 ms  6.95 ms  7.00 ms
      /                                 block_write    9       1  4.29 MiB  1.80 ms   201 µs   300 µs   300 µs   300 µs
      evil\\n\\x1b[31mred                 fsync          3       0         -  1.50 ms   500 µs   500 µs   500 µs   500 µs
      redis                             copy_up        3       0  24.0 KiB  1.20 ms   400 µs   400 µs   400 µs   400 µs

      5 rows, 2026-11-21 12:00:00 to 12:10:00 UTC, recorded: 15 s of it
      Not covered: copy_up. Lost: exemplars_suppressed 124. Details: iotrace status
      "
    `);
  });

  test('as JSON: rows on stdout, everything else on stderr, the keys of the contract', () => {
    const { code, stdout, stderr } = iotrace([
      'top',
      '--format',
      'json',
      '--op',
      'fsync',
      '--db',
      path,
      ...window,
    ]);
    expect(code).toBe(0);
    const rows = JSON.parse(stdout) as Record<string, unknown>[];
    for (const row of rows) expect(Object.keys(row)).toEqual(topColumnNames);
    expect(rows[2]).toEqual({
      container: 'evil\n\u001b[31mred',
      pod: null,
      namespace: null,
      cgroup_path: '/docker/evil',
      process: null,
      pid: null,
      file: null,
      host_path: null,
      class: null,
      place: null,
      device: null,
      op: 'fsync',
      sync_kind: null,
      op_count: 3,
      error_count: 0,
      size_bytes_sum: 0,
      latency_ns_sum: 1_500_000,
      latency_ns_p50: 499_712,
      latency_ns_p95: 499_712,
      latency_ns_p99: 499_712,
      latency_ns_max: 500_000,
    });
    expect(stderr.split('\n')).toHaveLength(3);
    expect(stdout).not.toContain('\u001b');
  });

  test('as CSV: a hostile name is one field', () => {
    const { stdout } = iotrace([
      'top',
      '--by',
      'file',
      '--container',
      'evil\n\u001b[31mred',
      '--format=csv',
      '--db',
      path,
      ...window,
    ]);
    expect(stdout.split('\r\n')[0]).toBe(topColumnNames.join(','));
    expect(stdout).toContain(String.raw`"/tmp/a,b\r\n""quoted""\u202e.txt"`);
  });

  test('takes the database from IOTRACE_DB', () => {
    const { code, stdout } = iotrace(['top', '--format', 'json', ...window], { env: { IOTRACE_DB: path } });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(5);
  });

  test('by several dimensions, over a window counted back from its end', () => {
    const words = [
      'top',
      '--by',
      'container,sync_kind',
      '--since',
      '1m',
      '--to',
      '2026-11-21T12:00:30Z',
      '--limit',
      '1',
    ];
    const { code, stdout } = iotrace([...words, '--format', 'json', '--db', path]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ container: 'api', sync_kind: 'fdatasync', op_count: 15 }]);
  });

  const elsewhere = ['--db', path, '--from', '2026-01-01', '--to', '2026-01-02'];

  test.each([
    ['top'],
    ['slow'],
    ['blame', '--victim', 'api'],
    ['timeline'],
    ['diagnose'],
    ['devices'],
    ['filesystems'],
    ['deleted'],
  ])('a window in which nothing was recorded is a failure that says what was: %s', (...words) => {
    const stderr =
      'iotrace: Nothing was recorded from 2026-01-01 00:00:00 to 2026-01-02 00:00:00 UTC. The recording covers 2026-11-21 12:00:00 to 12:00:15 UTC; try --from 2026-11-21T12:00:00Z --to 2026-11-21T12:00:15Z\n';
    expect(iotrace([...words, ...elsewhere])).toEqual({ code: 1, stdout: '', stderr });
    expect(iotrace([...words, ...elsewhere, '--format', 'json'])).toEqual({ code: 1, stdout: '', stderr });
  });

  test('a window in which nothing matched is an empty answer', () => {
    const words = ['top', '--db', path, ...window, '--container', 'nobody', '--format', 'json'];
    expect(iotrace(words)).toMatchObject({ code: 0, stdout: '[]\n' });
  });

  test('a container that is not there says which are', () => {
    const { stdout } = iotrace(['top', '--db', path, '--container', 'ap1', ...window]);
    expect(stdout).toContain(
      'No operation matched. Containers in this window: api, evil\\n\\x1b[31mred, redis.',
    );
  });

  test('an empty recording says how to start one', () => {
    const empty = join(folder, 'empty.db');
    const recording = demo(empty);
    recording.db.exec(
      'PRAGMA foreign_keys = OFF; DELETE FROM total; DELETE FROM bucket; DELETE FROM interval; DELETE FROM session_record',
    );
    recording.db.close();
    expect(iotrace(['top', '--db', empty])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'iotrace: Nothing was recorded yet. Start with: sudo iotrace record --for 30s\n',
    });
    expect(iotrace(['top', '--db', empty, '--format', 'json'])).toMatchObject({ code: 1, stdout: '' });
    expect(iotrace(['status', '--db', empty])).toMatchObject({
      code: 1,
      stderr: `iotrace: No session was recorded yet into ${empty}. Start with: sudo iotrace record --for 30s\n`,
    });
  });
});

describe('slow', () => {
  test('prints single operations', () => {
    const { code, stdout } = iotrace(['slow', '--db', path, ...window, '--limit', '2']);
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "2026-11-21 UTC  id  latency  op                size  container                         process        class         file
      12:00:03.250     1  60.0 ms  fsync fdatasync      -  payments/api-7d9f8c6b5-x2k4q/api  postgres 3107  postgres_wal  /var/lib/postgresql/data/pg_wal/000000010000000000000042
      12:00:11.000     3  12.0 ms  copy_up          300 B  evil\\n\\x1b[31mred                 sh\\t"x" 666    other         /tmp/a,b\\r\\n"quoted"\\u202e.txt

      2 of 3 rows (--limit 3 shows all), 2026-11-21 12:00:00 to 12:10:00 UTC, recorded: 15 s of it
      Not covered: copy_up. Lost: exemplars_suppressed 124. Details: iotrace status
      "
    `);
  });

  test('as JSON has the columns of the view', () => {
    const { stdout } = iotrace(['slow', '--db', path, '--sort', 'time', '--format', 'json', ...window]);
    expect(JSON.parse(stdout)).toMatchObject([
      { op: 'copy_up' },
      { op: 'block_write', error: 5 },
      { op: 'fsync' },
    ]);
  });
});

describe('sql', () => {
  const query =
    "SELECT container, count(*) AS n FROM slow WHERE op = 'fsync' AND latency_ns > 10e6 GROUP BY 1";

  test('takes the query from the command line, a file, or a pipe', () => {
    const file = join(folder, 'query.sql');
    writeFileSync(file, `-- slow ones\n${query};\n`);
    const expected = { code: 0, stdout: 'container,n\r\napi,1\r\n', stderr: '' };
    const rest = ['--format', 'csv', '--db', path];
    expect(iotrace(['sql', query, ...rest])).toEqual(expected);
    expect(iotrace(['sql', `-- slow ones\n${query}`, ...rest])).toEqual(expected);
    expect(iotrace(['sql', '--file', file, ...rest])).toEqual(expected);
    expect(iotrace(['sql', ...rest], { input: query })).toEqual(expected);
  });

  test('a refused query is explained, and exits with 2', () => {
    expect(iotrace(['sql', 'SELECT * FROM fsyncs', '--db', path])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'iotrace: SQLite refused the query: no such table: fsyncs. The views and their columns: iotrace sql --schema, or docs/schema.md.\n',
    });
    expect(iotrace(['sql', 'DELETE FROM session_record', '--db', path]).code).toBe(2);
    expect(
      iotrace([
        'sql',
        'SELECT sum(n) FROM (SELECT 9223372036854775807 AS n UNION ALL SELECT 1)',
        '--db',
        path,
      ]),
    ).toMatchObject({ code: 2 });
  });

  test('--schema needs no recording and names every view', () => {
    const { code, stdout } = iotrace(['sql', '--schema', '--db', join(folder, 'none.db')]);
    expect(code).toBe(0);
    expect(stdout).toContain('coverage: What each probe was proven to see');
    expect(stdout).toMatch(/^ {2}latency_ns_max {8}longest of them, ns; exact$/mu);
  });

  test('a table may have very many rows', () => {
    const many =
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000) SELECT i FROM n';
    const { code, stdout } = iotrace(['sql', many, '--db', path]);
    expect({ code, lines: stdout.split('\n').length }).toEqual({ code: 0, lines: 300_002 });
  });

  test('a long answer ends quietly when its reader has seen enough', () => {
    const endless =
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000000) SELECT i FROM n';
    for (const format of ['csv', 'json']) {
      const command = `"${process.execPath}" "${cliPath}" sql "${endless}" --format ${format} --db "${path}" | head -c 10 | wc -c; echo "\${PIPESTATUS[0]}"`;
      const { stdout, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
      expect({ stdout, stderr }).toEqual({ stdout: '10\n0\n', stderr: '' });
    }
  });
});

test('status as JSON', () => {
  const { code, stdout } = iotrace(['status', '--format', 'json', '--db', path]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    state: 'ended',
    session: { host: 'node-a', ended_how: 'told to end' },
    losses: [{ kind: 'exemplars_suppressed', lost_count: 124 }],
    cost: { interval_count: 3, daemon_cpu_percent: 0.4 },
  });
});

test('metrics: OpenMetrics, or the older text format of Prometheus', () => {
  const { code, stdout, stderr } = iotrace(['metrics', '--db', path]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.split('\n').slice(-2)).toEqual(['# EOF', '']);
  const prometheus = iotrace(['metrics', '--db', path, '--format', 'prometheus']).stdout;
  expect(prometheus).not.toContain('# EOF');
  expect(prometheus).toMatch(/^iotrace_operations_total\{.*op="fsync".*\} 21$/mu);
});

test.each([
  ['blame', '--victim'],
  ['diagnose', '--container'],
  ['timeline', '--container'],
])('%s: of a container that the recording does not hold there is no answer', (command, option) => {
  const { code, stdout, stderr } = iotrace([command, option, 'apy', '--db', path, ...window]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(`The recording holds no container "apy" (${option})`);
  expect(stderr.replaceAll(/\s+/gu, ' ')).toContain('Did you mean api?');
});

test('blame: rows, and the answer in a sentence', () => {
  const words = ['blame', '--victim', 'api', '--db', path, ...window];
  const sentence = 'Whose I/O was in flight while api waited was not recorded: iotrace status says why.\n';
  expect(iotrace(words)).toEqual({ code: 0, stdout: sentence, stderr: '' });
  expect(iotrace([...words, '--format', 'json'])).toEqual({ code: 0, stdout: '[]\n', stderr: sentence });
  expect(iotrace(['blame', '--db', path])).toMatchObject({
    code: 2,
    stderr: 'iotrace: There is no --victim. Name the container that was slow, as in --victim web.\n',
  });
});

describe('the file', () => {
  test('is read while another connection writes', () => {
    const writer = new Database(path);
    writer.exec('BEGIN IMMEDIATE');
    writer.exec('UPDATE total SET op_count = op_count + 1000');
    const { code, stdout } = iotrace(['top', '--db', path, '--format', 'json', ...window]);
    writer.exec('ROLLBACK');
    writer.close();
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ container: 'api', op_count: 21 }, {}, {}, {}, {}]);
  });

  test('is read where it can be read and nothing can be written, as by a user after root has recorded', () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed);
    demo(join(closed, 'a.db')).db.close();
    expect(readdirSync(closed)).toEqual(['a.db']);
    chmodSync(closed, 0o555);
    const command = [
      process.execPath,
      cliPath,
      'top',
      '--format',
      'json',
      '--db',
      join(closed, 'a.db'),
      ...window,
    ];
    // Root may write everywhere, unless it gives up that right.
    const asUser =
      process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override', ...command] : command;
    const { status, stdout, stderr } = spawnSync(asUser[0]!, asUser.slice(1), { encoding: 'utf8' });
    chmodSync(closed, 0o755);
    expect({ status, lines: stderr.split('\n').length }).toEqual({ status: 0, lines: 3 });
    expect(JSON.parse(stdout)).toHaveLength(5);
  });

  test.each([['top'], ['slow'], ['status'], ['sql', 'SELECT 1']])('that is not there: %s', (...words) => {
    const none = join(folder, 'none.db');
    expect(iotrace([...words, '--db', none])).toEqual({
      code: 1,
      stdout: '',
      stderr: `iotrace: There is no recording at ${none}. Start one with: sudo iotrace record --for 30s (or name another with --db PATH).\n`,
    });
  });

  test('that is none of ours', () => {
    const text = join(folder, 'text.db');
    writeFileSync(
      text,
      'plain text, and longer than the hundred bytes of a header, so that SQLite looks at all of it. Really.',
    );
    expect(iotrace(['top', '--db', text])).toMatchObject({
      code: 1,
      stderr: `iotrace: ${text} is not an iotrace recording. Name the right file with --db PATH or IOTRACE_DB.\n`,
    });
  });

  test('that a newer iotrace wrote', () => {
    const future = join(folder, 'future.db');
    const recording = demo(future);
    recording.db.pragma('user_version = 999');
    recording.db.close();
    expect(iotrace(['top', '--db', future])).toMatchObject({ code: 1, stdout: '' });
  });

  test('that is damaged', () => {
    const damaged = join(folder, 'damaged.db');
    const recording = demo(damaged);
    recording.db.pragma('journal_mode = DELETE');
    recording.db.close();
    truncateSync(damaged, 3 * 4096);
    const { code, stdout, stderr } = iotrace(['top', '--db', damaged, ...window]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      `iotrace: ${damaged} is damaged: database disk image is malformed. Save what is left: sqlite3 ${damaged} .recover | sqlite3 rescued.db\n`,
    );
  });
});
