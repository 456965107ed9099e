import { describe, expect, test } from 'vitest';
import { readWindow } from '../../src/cli/arguments.ts';
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
    expect(said('topp')).toMatchInlineSnapshot();
    expect(said('watch')).toMatchInlineSnapshot();
  });

  test('options', () => {
    expect(said('top', '--bye', 'x')).toMatchInlineSnapshot();
    expect(said('top', '-x')).toMatchInlineSnapshot();
    expect(said('top', '--no-live')).toMatchInlineSnapshot();
    expect(said('status', '--limit', '3')).toMatchInlineSnapshot();
    expect(said('daemon', '--for', '3s')).toMatchInlineSnapshot();
  });

  test('words too many', () => {
    expect(said('top', 'fsync')).toMatchInlineSnapshot();
    expect(said('sql', 'SELECT', '1')).toMatchInlineSnapshot();
  });

  test('values', () => {
    expect(said('top', '--by', 'contaner')).toMatchInlineSnapshot();
    expect(said('top', '--by')).toMatchInlineSnapshot();
    expect(said('top', '--by', 'container,')).toMatchInlineSnapshot();
    expect(said('top', '--op', 'fsync,write')).toMatchInlineSnapshot();
    expect(said('top', '--format', 'xml')).toMatchInlineSnapshot();
    expect(said('status', '--format', 'csv')).toMatchInlineSnapshot();
    expect(said('top', '--sort', 'P99')).toMatchInlineSnapshot();
    expect(said('top', '--limit', '-1')).toMatchInlineSnapshot();
    expect(said('top', '--limit', '1.5')).toMatchInlineSnapshot();
    expect(said('top', '--since', '15')).toMatchInlineSnapshot();
    expect(said('top', '--since', '0s')).toMatchInlineSnapshot();
    expect(said('top', '--from', 'yesterday')).toMatchInlineSnapshot();
    expect(said('top', '--container', '')).toMatchInlineSnapshot();
    expect(said('top', '--db', '')).toMatchInlineSnapshot();
    expect(said('record', '--for', 'ever')).toMatchInlineSnapshot();
    expect(said('record', '--interval', '1ms')).toMatchInlineSnapshot();
    expect(said('record', '--slow', '-5ms')).toMatchInlineSnapshot();
    expect(said('record', '--exemplars', 'many')).toMatchInlineSnapshot();
    expect(said('sql', '--file', '/none.sql')).toMatchInlineSnapshot();
  });

  test('what does not go together', () => {
    expect(said('top', '--since', '1h', '--from', '12:00')).toMatchInlineSnapshot();
    expect(said('top', '--from', '2026-11-21T13:00Z', '--to', '2026-11-21T12:00Z')).toMatchInlineSnapshot();
    expect(said('top', '--by', 'file', '--sort', 'p99')).toMatchInlineSnapshot();
    expect(said('top', '--live', '--format', 'json')).toMatchInlineSnapshot();
    expect(said('top', '--live', '--from', '12:00')).toMatchInlineSnapshot();
    expect(said('sql', 'SELECT 1', '--file', 'x.sql')).toMatchInlineSnapshot();
    expect(said('record', '--top', '--live')).toMatchInlineSnapshot();
  });

  test('--live away from a terminal', () => {
    expect(said('record', '--live')).toMatchInlineSnapshot();
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
