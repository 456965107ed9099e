import { describe, expect, test } from 'vitest';
import { readWindow } from '../../src/cli/options/window.ts';
import { didYouMean, editDistance, nearest } from '../../src/cli/nearest.ts';
import { explain, isFailure } from '../../src/failure.ts';
import { wallUs } from '../../src/schema/units.ts';
import { iotrace } from './run.ts';

describe('what is not understood gets one clear answer and exit code 2', () => {
  const said = (...words: string[]): string => {
    const { code, stdout, stderr } = iotrace(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    return stderr.replace(/^iotrace: /u, '').trimEnd();
  };

  test('commands', () => {
    expect(said('topp')).toMatchInlineSnapshot(
      `"There is no command "topp". There are: top, slow, blame, diagnose, timeline, report, devices, filesystems, deleted, classes, sql, metrics, snapshot, mcp, serve, status, doctor, record, daemon, completion. Did you mean iotrace top?"`,
    );
    expect(said('watch')).toMatchInlineSnapshot(
      `"There is no command "watch". There are: top, slow, blame, diagnose, timeline, report, devices, filesystems, deleted, classes, sql, metrics, snapshot, mcp, serve, status, doctor, record, daemon, completion."`,
    );
  });

  test('options', () => {
    expect(said('top', '--bye', 'x')).toMatchInlineSnapshot(
      `"top has no option --bye. What it takes: iotrace top --help. Did you mean --by?"`,
    );
    expect(said('top', '-x')).toMatchInlineSnapshot(
      `"top has no option -x. What it takes: iotrace top --help."`,
    );
    expect(said('top', '--no-live')).toMatchInlineSnapshot(
      `"top has no option --no-live. What it takes: iotrace top --help."`,
    );
    expect(said('status', '--limit', '3')).toMatchInlineSnapshot(
      `"status has no option --limit. What it takes: iotrace status --help."`,
    );
    expect(said('daemon', '--for', '3s')).toMatchInlineSnapshot(
      `"daemon has no option --for. What it takes: iotrace daemon --help. Did you mean --format?"`,
    );
  });

  test('words too many', () => {
    expect(said('top', 'fsync')).toMatchInlineSnapshot(
      `"top does not take "fsync". What it takes: iotrace top --help. Did you mean --op fsync?"`,
    );
    expect(said('sql', 'SELECT', '1')).toMatchInlineSnapshot(
      `"sql does not take "1". What it takes: iotrace sql --help. Put the query in quotes."`,
    );
  });

  test('values', () => {
    expect(said('top', '--by', 'contaner')).toMatchInlineSnapshot(
      `"--by is "contaner". It takes one of: container, pod, cgroup, process, pid, file, class, place, device, sync_kind. Did you mean container?"`,
    );
    expect(said('top', '--by')).toMatchInlineSnapshot(
      `"--by has no value. It takes one of: container, pod, cgroup, process, pid, file, class, place, device, sync_kind."`,
    );
    expect(said('top', '--by', 'container,')).toMatchInlineSnapshot(
      `"--by has no value. It takes one of: container, pod, cgroup, process, pid, file, class, place, device, sync_kind."`,
    );
    expect(said('top', '--op', 'fsync,writes')).toMatchInlineSnapshot(
      `"--op is "writes". It takes one of: fsync, copy_up, copy_up_dir, block_read, block_write, block_flush, block_discard, block_requeue, block_stacked_read, block_stacked_write, block_stacked_flush, block_stacked_discard, read, write, open, close, journal_commit, journal_wait, throttle_dirty, throttle_block. Did you mean write?"`,
    );
    expect(said('top', '--format', 'xml')).toMatchInlineSnapshot(
      `"--format is "xml". It takes one of: table, json, csv."`,
    );
    expect(said('status', '--format', 'table')).toMatchInlineSnapshot(
      `"--format is "table". It takes one of: text, json, csv."`,
    );
    expect(said('top', '--sort', 'P99')).toMatchInlineSnapshot(
      `"--sort is "P99". It takes one of: latency, p99, max, ops, bytes. Did you mean p99?"`,
    );
    expect(said('top', '--limit', '-1')).toMatchInlineSnapshot(
      `"--limit is "-1". Type a whole number from 1 on, as in --limit 20."`,
    );
    expect(said('top', '--limit', '1.5')).toMatchInlineSnapshot(
      `"--limit is "1.5". Type a whole number from 1 on, as in --limit 20."`,
    );
    expect(said('top', '--since', '15')).toMatchInlineSnapshot(
      `"--since is "15". Type a number and its unit, as in --since 30s (ns, us, ms, s, m, h, d, w)."`,
    );
    expect(said('top', '--since', '0s')).toMatchInlineSnapshot(
      `"--since is "0s". It goes from 1ms to 36500d."`,
    );
    expect(said('top', '--from', 'tomorrow')).toMatchInlineSnapshot(
      `"--from is "tomorrow". Type a time as in 12:30, yesterday, now-2h, 2026-11-21T12:30:00Z, or seconds since 1970."`,
    );
    expect(said('top', '--container', '')).toMatchInlineSnapshot(
      `"--container has no value. Give its name, as in --container app1."`,
    );
    expect(said('top', '--db', '')).toMatchInlineSnapshot(
      `"--db has no value. Name the file, as in --db iotrace.db."`,
    );
    expect(said('record', '--for', 'ever')).toMatchInlineSnapshot(
      `"--for is "ever". Type a number and its unit, as in --for 30s (ns, us, ms, s, m, h, d, w)."`,
    );
    expect(said('record', '--interval', '1ms')).toMatchInlineSnapshot(
      `"--interval is "1ms". It goes from 100ms to 1h."`,
    );
    expect(said('record', '--slow', '-5ms')).toMatchInlineSnapshot(
      `"record has no option -5ms. What it takes: iotrace record --help."`,
    );
    expect(said('record', '--exemplars', 'many')).toMatchInlineSnapshot(
      `"--exemplars is "many". Type a whole number from 0 on, as in --exemplars 20."`,
    );
    expect(said('record', '--map-memory', '64X')).toMatchInlineSnapshot(
      `"--map-memory is "64X". Type a number and its unit, as in --map-memory 8MiB (B, KiB, MiB, GiB, TiB)."`,
    );
    expect(said('record', '--map-memory', '1MiB')).toMatchInlineSnapshot(
      `"--map-memory is "1MiB". It goes from 8MiB to 16GiB."`,
    );
    expect(said('record', '--max-cpu', '2')).toMatchInlineSnapshot(
      `"--max-cpu is "2". Type a percentage of one CPU from 0.1% to 10000%, as in --max-cpu 2%."`,
    );
    expect(said('record', '--max-cpu', '0%')).toMatchInlineSnapshot(
      `"--max-cpu is "0%". Type a percentage of one CPU from 0.1% to 10000%, as in --max-cpu 2%."`,
    );
    expect(said('sql', '--file', '/none.sql')).toMatchInlineSnapshot(
      `"--file can't be read: ENOENT: no such file or directory, open '/none.sql'. Name a file with one SELECT, as in --file query.sql."`,
    );
  });

  test('what does not go together', () => {
    expect(said('top', '--since', '1h', '--from', '12:00')).toMatchInlineSnapshot(
      `"--since and --from do not go together: both say where the window starts. Leave out one of them."`,
    );
    expect(said('top', '--from', '2026-11-21T13:00Z', '--to', '2026-11-21T12:00Z')).toMatchInlineSnapshot(
      `"The window ends (2026-11-21 12:00:00.000 UTC) before it starts (2026-11-21 13:00:00.000 UTC). Give a --from that lies before --to."`,
    );
    expect(said('top', '--by', 'file', '--sort', 'p99')).toMatchInlineSnapshot(
      `"--sort p99 with --by file: percentiles are kept per container, pod, cgroup, device and sync_kind. Type --sort with one of: latency, max, ops, bytes; or group by container."`,
    );
    expect(said('top', '--live', '--format', 'json')).toMatchInlineSnapshot(
      `"--live and --format json do not go together: it draws on the terminal. Leave out one of them."`,
    );
    expect(said('top', '--live', '--from', '0:00')).toMatchInlineSnapshot(
      `"--live and --from do not go together: it always shows the time until now. Leave out one of them."`,
    );
    expect(said('sql', 'SELECT 1', '--file', 'x.sql')).toMatchInlineSnapshot(
      `"There are two queries: one typed, one in --file. Type one of them."`,
    );
    expect(said('record', '--top', '--live')).toMatchInlineSnapshot(
      `"--top and --live do not go together: both show the totals. Leave out one of them."`,
    );
  });

  test('--live away from a terminal', () => {
    expect(said('record', '--live')).toMatchInlineSnapshot(
      `"--live needs a terminal, and stdout is none. Leave out --live."`,
    );
  });
});

describe('help and version', () => {
  test('without a command, all of them', () => {
    const { code, stdout } = iotrace([]);
    expect(code).toBe(0);
    expect(stdout).toContain('iotrace top ');
    expect(iotrace(['--help'])).toEqual({ code, stdout, stderr: '' });
  });

  test('the version is the package’s', () => {
    expect(iotrace(['--version']).stdout).toMatch(/^\d+\.\d+\.\d+\n$/u);
  });

  test.each(['top', 'slow', 'sql', 'status', 'doctor', 'record', 'daemon'])(
    '%s explains itself in 80 columns',
    (command) => {
      const { code, stdout } = iotrace([command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain('--db');
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    },
  );
});

describe('the window', () => {
  const now = wallUs(Date.parse('2026-11-21T12:00:00Z') * 1000);
  const read = (typed: Parameters<typeof readWindow>[0]) => {
    const window = readWindow(typed, now);
    if (isFailure(window)) return explain(window);
    return [window.fromUs - now, window.toUs - now].map((us) => us / 1e6);
  };

  test('is the last 15 minutes, or as long as --since, until now or --to', () => {
    expect(read({})).toEqual([-900, 0]);
    expect(read({ since: '30s' })).toEqual([-30, 0]);
    expect(read({ to: '2026-11-21T11:00Z' })).toEqual([-4500, -3600]);
    expect(read({ since: '1m', to: '2026-11-21T11:00Z' })).toEqual([-3660, -3600]);
    expect(read({ from: '2026-11-21T11:00Z' })).toEqual([-3600, 0]);
    expect(read({ from: '2026-11-21T10:00Z', to: '2026-11-21T11:00Z' })).toEqual([-7200, -3600]);
    expect(read({ from: 'now-1h', to: 'now-30m' })).toEqual([-3600, -1800]);
  });

  test('between two times of day is the last such window that has begun', () => {
    const [hour, day] = [3600, 86_400];
    expect(read({ from: '9:00', to: '10:00' })).toEqual([-3 * hour, -2 * hour]);
    expect(read({ from: '11:58', to: '12:05' })).toEqual([-120, 300]);
    expect(read({ from: '15:01', to: '15:05' })).toEqual([3 * hour - day + 60, 3 * hour - day + 300]);
    expect(read({ from: '23:50', to: '0:20' })).toEqual([-12 * hour - 600, -12 * hour + 1200]);
    expect(read({ from: 'yesterday 11:00', to: '11:30' })).toEqual([-day - hour, -day - hour / 2]);
    expect(read({ from: '13:00' })).toEqual([hour - day, 0]);
  });
});

test('the nearest name is one that could have been meant', () => {
  const names = ['container', 'pod', 'cgroup', 'process', 'file', 'device', 'sync_kind'];
  expect(nearest('contianer', names)).toBe('container');
  expect(nearest('proc', names)).toBe('process');
  expect(nearest('POD', names)).toBe('pod');
  expect(nearest('files', names)).toBe('file');
  expect(nearest('node', names)).toBeUndefined();
  expect(nearest('', names)).toBeUndefined();
  expect(didYouMean('fil', names, '--')).toBe(' Did you mean --file?');
  expect(didYouMean('x', names)).toBe('');
  expect([editDistance('ab', 'ba'), editDistance('', 'abc'), editDistance('kitten', 'sitting')]).toEqual([
    1, 3, 3,
  ]);
});
