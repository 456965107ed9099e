import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { thresholds } from '../../src/query/findings/thresholds.ts';
import type { Family } from '../../src/query/reports/metrics.ts';
import { metrics } from '../../src/query/reports/metrics.ts';
import { demo } from '../query/demo.ts';

const at = (path: string): string => join(import.meta.dirname, '../..', path);
const read = (path: string): string => readFileSync(at(path), 'utf8');

const recording = demo();
const families = metrics(recording.db, 500) ?? [];
recording.db.close();
const suffixes: Readonly<Record<Family['type'], readonly string[]>> = {
  counter: ['_total'],
  gauge: [''],
  info: ['_info'],
  histogram: ['_bucket', '_sum', '_count'],
};
const series = new Set(families.flatMap(({ name, type }) => suffixes[type].map((suffix) => name + suffix)));

test('docs/metrics.md has every metric there is, and no other, of its type', () => {
  const rows = [...read('docs/metrics.md').matchAll(/^\| `(\w+)`\s+\| (\w+)/gmu)];
  const documented = rows.map(([, name, type]) => `${name!} ${type!}`);
  expect(documented.toSorted()).toEqual(families.map(({ name, type }) => `${name} ${type}`).toSorted());
});

const rules = read('packaging/mixin/rules.yaml');
const alerts = read('packaging/mixin/alerts.yaml');
const recorded = [...rules.matchAll(/record: (\S+)/gu)].map(([, name]) => name!);

/** Names in expressions that can only be metrics of ours. */
const namesIn = (text: string): string[] => [
  ...new Set(
    [...text.matchAll(/\b(?:iotrace|container_fs|container_blkio)[_:][\w:]+/gu)].map(([name]) => name),
  ),
];

test.each([
  ['rules.yaml', rules.replaceAll(/record: \S+/gu, '')],
  ['alerts.yaml', alerts],
  ['dashboard.json', read('packaging/mixin/dashboard.json')],
])('%s asks for metrics that exist', (_, text) => {
  const names = namesIn(text);
  expect(names.length).toBeGreaterThan(2);
  expect(names.filter((name) => !series.has(name) && !recorded.includes(name))).toEqual([]);
});

const alertNames = [...alerts.matchAll(/alert: (\w+)/gu)].map(([, name]) => name!);

test('every alert has a runbook of its name, and every runbook an alert', () => {
  expect(readdirSync(at('docs/runbooks')).toSorted()).toEqual(
    alertNames.map((name) => `${name}.md`).toSorted(),
  );
  const linked = [...alerts.matchAll(/runbook: docs\/runbooks\/(\w+)\.md/gu)].map(([, name]) => name);
  expect(linked).toEqual(alertNames);
});

test.each(alertNames)('the runbook of %s says where its threshold comes from', (name) => {
  expect(read(`docs/runbooks/${name}.md`)).toMatch(/\*\*Threshold\*\*: .{20}/u);
});

describe('thresholds that are those of a rule of diagnose have its value', () => {
  const expressionOf = (alert: string): string =>
    new RegExp(`alert: ${alert}\\s+expr: (.+)`, 'u').exec(alerts)?.[1] ?? '';
  test.each([
    ['ContainerFsyncSlow', /p99_5m > (\S+)/u, thresholds.copy_up_latency_ns.value / 1e9],
    ['ContainerFsyncStorm', /> (\S+)$/u, thresholds.fsync_ops_per_s.value],
    ['ContainerCopiesUp', /> (\S+)$/u, thresholds.copy_up_ops_per_s.value],
  ] as const)('%s', (alert, number, value) => {
    expect(Number(number.exec(expressionOf(alert))?.[1])).toBe(value);
  });
});
