import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRollup } from '../../src/daemon/store/rollup.ts';
import { metricsText } from '../../src/query/render/metrics.ts';
import type { MetricsFormat } from '../../src/query/render/metrics.ts';
import { metrics } from '../../src/query/reports/metrics.ts';
import { demo } from './demo.ts';
import { parseOpenMetrics } from './openmetrics.ts';
import { NOON_US, Recording } from './recording.ts';

let recording: Recording;
beforeEach(() => {
  recording = demo();
});
afterEach(() => {
  recording.db.close();
});

const text = (format: MetricsFormat = 'openmetrics', ownersMax = 500): string =>
  [...metricsText(metrics(recording.db, ownersMax) ?? [], format)].join('');
const parsed = (ownersMax?: number) => parseOpenMetrics(text('openmetrics', ownersMax));
/** Value of the one sample of this name and these labels. */
const value = (name: string, labels: Readonly<Record<string, string>>): number | undefined => {
  const found = parsed()
    .flatMap(({ samples }) => samples)
    .filter(
      (each) =>
        each.name === name && Object.entries(labels).every(([key, wanted]) => each.labels[key] === wanted),
    );
  if (found.length > 1) throw new Error(`${String(found.length)} samples`);
  return found[0]?.value;
};

test.each([
  ['a 1\n# EOF\n', 'before any type'],
  ['# TYPE a counter\na_total 1\n', 'does not end'],
  ['# TYPE a counter\na 1\n# EOF\n', 'not of its family'],
  ['# TYPE a counter\na_total -1\n# EOF\n', 'not a count'],
  ['# TYPE a gauge\na{x="1"} 1\na{x="1"} 2\n# EOF\n', 'the same labels twice'],
  ['# TYPE a gauge\na{x="\\t"} 1\n# EOF\n', 'not of its family'],
  ['# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n', 'name without unit'],
  ['# TYPE a gauge\na 1,5\n# EOF\n', 'no number'],
  [
    '# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n# EOF\n',
    'no histogram',
  ],
])('the reader of these tests refuses %j', (exposition, why) => {
  expect(() => parseOpenMetrics(exposition)).toThrow(why);
});

test('the exposition obeys the grammar of OpenMetrics', () => {
  expect(parsed().length).toBeGreaterThan(10);
});

test('what cAdvisor has a name for bears it', () => {
  const disk = { id: '/', device: '/dev/vda' };
  expect(value('container_fs_writes_total', disk)).toBe(9);
  expect(value('container_fs_writes_bytes_total', disk)).toBe(4_500_000);
  expect(value('container_fs_write_seconds_total', disk)).toBeCloseTo(3 * 0.0006, 9);
  expect(value('container_blkio_device_usage_total', { ...disk, operation: 'Write' })).toBe(4_500_000);
});

test('an operation nobody did has no sample, rather than a zero', () => {
  expect(text()).not.toContain('container_fs_reads');
});

describe('per container', () => {
  const api = { namespace: 'payments', pod: 'api-7d9f8c6b5-x2k4q', container: 'api' };

  test('operations, errors and bytes', () => {
    expect(value('iotrace_operations_total', { ...api, op: 'fsync' })).toBe(21);
    expect(value('iotrace_operation_errors_total', { id: '/', op: 'block_write' })).toBe(1);
    expect(value('iotrace_operation_size_bytes_total', { container: 'redis', op: 'copy_up' })).toBe(24_576);
  });

  test('latencies fall on the right side of every bound', () => {
    recording = new Recording();
    const bounds = [2 ** 20 - 1, 2 ** 20, 2 ** 21 - 1, 2 ** 21, 5e9];
    recording.operations(
      recording.interval(0),
      { container: 'a' },
      { op: 'fsync', variant: 1, latencies: bounds },
    );
    const le = (text: string) => value('iotrace_operation_duration_seconds_bucket', { le: text });
    expect([le('0.000262143'), le('0.001048575'), le('0.002097151'), le('0.004194303'), le('+Inf')]).toEqual([
      0, 1, 3, 4, 5,
    ]);
    expect(value('iotrace_operation_duration_seconds_count', {})).toBe(5);
    expect(value('iotrace_operation_duration_seconds_sum', {})).toBeCloseTo(5.006291454, 9);
  });

  test('of too many the busiest have samples, and the rest are counted', () => {
    const owners = (max: number) =>
      new Set(
        parsed(max)
          .filter(({ name }) => name === 'iotrace_operations')
          .flatMap(({ samples }) => samples.map(({ labels }) => labels['id'])),
      );
    expect([...owners(2)].toSorted()).toEqual([
      '/api-7d9f8c6b5-x2k4q/api',
      '/system.slice/containerd.service',
    ]);
    const [left] = parsed(2).filter(({ name }) => name === 'iotrace_metrics_left_out_cgroups');
    expect(left?.samples[0]?.value).toBe(3);
  });
});

test('file classes have their share of each operation', () => {
  expect(value('iotrace_class_operations_total', { class: 'postgres_wal', op: 'fsync' })).toBe(15);
  expect(value('iotrace_class_operations_total', { class: 'containerd_metadata', op: 'fsync' })).toBe(9);
});

test('what is lost or not covered is there as well', () => {
  expect(value('iotrace_lost_total', { kind: 'exemplars_suppressed' })).toBe(124);
  expect(value('iotrace_coverage', { probe: 'copy_up', state: 'missing' })).toBe(1);
});

test('a hostile name comes back with its controls spelled out and its backslashes doubled', () => {
  const names = parsed().flatMap(({ samples }) => samples.map(({ labels }) => labels['container']));
  expect(names).toContain('evil\n\\x1b[31mred');
  recording = new Recording();
  const hostile = 'a"b\\n\\\n{}=,# EOF\n日本';
  recording.operations(
    recording.interval(0),
    { container: hostile },
    { op: 'fsync', variant: 1, latencies: [1] },
  );
  const label = String.raw`a"b\\n\\` + '\n{}=,# EOF\n日本';
  expect(value('iotrace_operations_total', { container: label })).toBe(1);
});

test('intervals that were added up to a minute count once', () => {
  const before = parsed().filter(({ name }) => name.startsWith('iotrace_op'));
  createRollup(recording.db).close(recording.sessionId, NOON_US + 60_000_000);
  expect(recording.db.prepare('SELECT count(*) FROM rollup').pluck().get()).toBe(1);
  expect(parsed().filter(({ name }) => name.startsWith('iotrace_op'))).toEqual(before);
});

test('only the latest session counts', () => {
  recording.session();
  expect(text()).not.toContain('iotrace_operations');
  expect(value('iotrace_session_info', { session_id: '2' })).toBe(1);
});

test("Prometheus' older format names the types after the samples, and has no end", () => {
  const old = text('prometheus');
  expect(old).toContain('# TYPE container_fs_writes_bytes_total counter\n');
  expect(old).toContain('# TYPE iotrace_session_info gauge\n');
  expect(old).not.toContain('# EOF');
  expect(old).not.toContain('# UNIT');
});

test('a recording without a session has an empty exposition', () => {
  recording.db.exec('PRAGMA foreign_keys = OFF; DELETE FROM session_record');
  expect(text()).toBe('# EOF\n');
});
