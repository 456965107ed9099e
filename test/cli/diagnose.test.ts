import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDiagnose } from '../../src/cli/commands/diagnose.ts';
import { explain, isFailure } from '../../src/failure.ts';
import { wallUs } from '../../src/schema/units.ts';
import { calmDisk, usual } from '../query/findings/cases.ts';
import { iotrace, temporaryFolder } from './run.ts';

const NOW = wallUs(1_795_263_000_000_000);
const minutes = (read: ReturnType<typeof readDiagnose>): unknown => {
  if (isFailure(read)) return explain(read);
  const { window, baseline } = read.query.periods;
  return [baseline.fromUs, baseline.toUs, window.fromUs, window.toUs].map((us) => (us - NOW) / 60e6);
};

describe('the baseline', () => {
  test.each([
    [{}, [-30, -15, -15, 0]],
    [{ since: '1h' }, [-120, -60, -60, 0]],
    [{ since: '5m', baseline: '1h' }, [-65, -5, -5, 0]],
    [
      { since: '5m', 'baseline-from': '2026-11-21T11:10:00Z', 'baseline-to': '2026-11-21T11:20:00Z' },
      [-60, -50, -5, 0],
    ],
    [{ since: '5m', 'baseline-to': '2026-11-21T11:20:00Z' }, [-55, -50, -5, 0]],
  ])('of %j', (typed, expected) => {
    expect(minutes(readDiagnose(typed, NOW))).toEqual(expected);
  });

  test('ends before the window starts', () => {
    expect(minutes(readDiagnose({ since: '5m', 'baseline-to': '12:10' }, NOW))).toMatchInlineSnapshot(
      `"The baseline does not end before the window starts. Give a --baseline-from and a --baseline-to that lie before --from."`,
    );
    expect(minutes(readDiagnose({ baseline: '1h', 'baseline-from': '10:00' }, NOW))).toMatchInlineSnapshot(
      `"--baseline and --baseline-from do not go together: both say where the baseline starts. Leave out one of them."`,
    );
  });
});

describe('from the command line', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'a.db');
  const window = ['--db', path, '--from', '2026-11-21T12:00:00Z', '--to', '2026-11-21T12:10:00Z'];
  beforeAll(() => {
    calmDisk(usual({ path })).db.close();
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('text, with its SQL when asked for', () => {
    const { code, stdout } = iotrace(['diagnose', ...window]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Nothing is wrong with I\/O\.\n/u);
    expect(stdout).not.toContain('SELECT');
    expect(iotrace(['diagnose', ...window, '--sql']).stdout).toContain('SELECT');
  });

  test('Markdown, JSON and Chinese', () => {
    expect(iotrace(['diagnose', ...window, '--format', 'markdown']).stdout).toMatch(/^# I\/O diagnosis\n/u);
    expect(JSON.parse(iotrace(['diagnose', ...window, '--format', 'json']).stdout)).toMatchObject({
      findings: [],
    });
    expect(iotrace(['diagnose', ...window, '--lang', 'zh']).stdout).toContain('已排除');
  });

  test('what is not understood', () => {
    const said = (...words: string[]): unknown => {
      const { code, stderr } = iotrace(['diagnose', ...window, ...words]);
      return [code, stderr];
    };
    expect(said('--lang', 'fr')).toMatchInlineSnapshot(`
      [
        2,
        "iotrace: --lang is "fr". It takes one of: en, zh.
      ",
      ]
    `);
    expect(said('--format', 'html')).toMatchInlineSnapshot(`
      [
        2,
        "iotrace: --format is "html". It takes one of: text, markdown, json, csv.
      ",
      ]
    `);
  });

  test('a timeline: a line for each container and operation, a mark for each slot', () => {
    expect(iotrace(['timeline', ...window, '--op', 'fsync']).stdout).toMatchInlineSnapshot(`
      "                            12:00:00 12:10:00  max
      /system.sl…tainerd.service  ██████████  5.11 ms
      payments/api-7d9f/api       ▁▁▁▁▁▁▁▁▁▁  4.00 ms

      P99 latency in slots of 1 min, ▁ to █ is 4.00 ms to 5.11 ms, UTC
      "
    `);
    expect(iotrace(['timeline', ...window, '--metric', 'rate', '--by', 'op']).stdout).toMatchInlineSnapshot(`
      "             12:00:00 12:10:00  max
      read         ██████████  100/s
      block_write  ▂▂▂▂▂▂▂▂▂▂  10.0/s
      fsync        ▁▁▁▁▁▁▁▁▁▁  5.10/s

      operations in slots of 1 min, ▁ to █ is 0/s to 100/s, UTC
      "
    `);
  });

  test('a timeline as JSON: null where nothing was recorded or nothing happened', () => {
    const document = JSON.parse(
      iotrace(['timeline', ...window, '--op', 'fsync', '--container', 'api', '--format', 'json']).stdout,
    ) as { rows: { values: (number | null)[] }[]; is_recorded: boolean[] };
    const [row] = document.rows;
    expect(row!.values.length).toBe(document.is_recorded.length);
    expect(row!.values.filter((value) => value !== null).length).toBe(10);
  });

  test('a timeline of nothing', () => {
    expect(iotrace(['timeline', ...window, '--op', 'copy_up_dir']).stdout).toBe(
      'No operation matched in this window.\n',
    );
  });
});
