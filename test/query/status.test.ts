import { afterEach, describe, expect, test } from 'vitest';
import { statusText } from '../../src/query/render/status.ts';
import type { Machine } from '../../src/query/reports/status.ts';
import { parsePlan, status } from '../../src/query/reports/status.ts';
import { wallUs } from '../../src/schema/units.ts';
import { demo } from './demo.ts';
import { NOON_US, Recording } from './recording.ts';

let recording: Recording;
afterEach(() => {
  recording.db.close();
});

const at = (second: number) => wallUs(NOON_US + second * 1e6);
const machine = (overrides: Partial<Machine> = {}): Machine => ({
  nowUs: at(16),
  bootId: 'boot-1',
  isAlive: () => true,
  ...overrides,
});
const running = { ended_us: null, ended_how: null, alive_us: NOON_US + 15e6 };

const text = (from: Machine): string => statusText(status(recording.db, from)!, '/tmp/a.db', undefined);

test('a session that ended, whole', () => {
  recording = demo();
  expect(text(machine())).toMatchInlineSnapshot(`
    "session   1, from 2026-11-21 12:00:00 UTC to 2026-11-21 12:10:00 UTC (10 min), ended: told to end
    host      node-a, kernel 6.12.9-cloud-amd64, 2 CPUs
    versions  iotrace 0.1.0, bpftrace 0.23.2
    settings  an interval of 5.00 s, single events from 10.0 ms
    database  /tmp/a.db, 2.00 MiB

    Probes
      fsync     fsync.kfunc.bt
      copy_up   cannot run here

    Coverage
      seen: fsync: fdatasync, fsync
      not covered: copy_up: this kernel has no kprobes. To fix: Boot a kernel with CONFIG_KPROBES=y
      not proven: fsync io_uring: attached, but nothing here could try it

    Losses
      0 operations lost of 300 counted in the kernel
      lost: exemplars_suppressed 124 (single events beyond the budget, the totals count them)

    Cost
      CPU     1.50 % of one CPU over 15 s: the probes in the kernel not sampled yet, daemon 0.40 %, bpftrace 1.10 %
      memory  daemon 64.0 MiB, bpftrace 110 MiB
    "
  `);
});

describe('a session that has not said how it ended', () => {
  const state = (from: Machine) => status(recording.db, from)?.state;

  test('runs while it gives signs of life', () => {
    recording = new Recording(':memory:', running);
    expect(state(machine())).toBe('running');
    expect(state(machine({ nowUs: at(30) }))).toBe('running');
    expect(text(machine())).toContain('running since 2026-11-21 12:00:00 UTC (15 s), pid 4242');
  });

  test('has vanished after three intervals without one', () => {
    recording = new Recording(':memory:', running);
    expect(state(machine({ nowUs: at(30.1) }))).toBe('vanished');
  });

  test('has vanished at once when its process is gone', () => {
    recording = new Recording(':memory:', running);
    expect(state(machine({ isAlive: () => false }))).toBe('vanished');
    expect(text(machine({ isAlive: () => false }))).toContain(
      'from 2026-11-21 12:00:00 UTC, ended without a word at 2026-11-21 12:00:15 UTC (15 s), up to one interval (5.00 s) is missing',
    );
  });

  test('is not judged by the processes of another boot or machine', () => {
    recording = new Recording(':memory:', running);
    expect(state(machine({ bootId: 'boot-2', isAlive: () => false }))).toBe('running');
    expect(state(machine({ bootId: undefined, isAlive: () => false }))).toBe('running');
  });
});

test('without an interval or a proof it says so', () => {
  recording = new Recording(':memory:', running);
  const shown = text(machine());
  expect(shown).toContain('not known: the session ended before its probes were tried');
  expect(shown).toContain('not known: no interval was recorded');
});

test('the latest of several sessions counts', () => {
  recording = demo();
  recording.session({ ...running, pid: 5 });
  expect(status(recording.db, machine())).toMatchObject({
    state: 'running',
    session_count: 2,
    session: { pid: 5 },
  });
});

test('before the first session there is none', () => {
  recording = new Recording();
  recording.db.exec('DELETE FROM session_record');
  expect(status(recording.db, machine())).toBeUndefined();
});

test('a plan that is no plan is an empty one', () => {
  expect(parsePlan('')).toEqual([]);
  expect(parsePlan('{}')).toEqual([]);
  expect(parsePlan('[1, null, {"x": 1}]')).toEqual([]);
  expect(parsePlan('[{"probe": "fsync", "fragment": 7, "reasons": ["a", 1]}]')).toEqual([
    { probe: 'fsync', fragment: null, reasons: ['a'] },
  ]);
});
