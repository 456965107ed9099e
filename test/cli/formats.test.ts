import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandNames } from '../../src/cli/commands/index.ts';
import { demo } from '../query/demo.ts';
import { iotrace, temporaryFolder } from './run.ts';

const folder = temporaryFolder();
const path = join(folder, 'demo.db');
const window = ['--from', '2026-11-21T12:00Z', '--to', '2026-11-21T12:10Z'];

beforeAll(() => {
  demo(path).db.close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What asks each command that answers from a recording. */
const commands: readonly (readonly string[])[] = [
  ['top', ...window],
  ['slow', ...window],
  ['slow', '--explain', '1'],
  ['blame', '--victim', 'api', ...window],
  ['diagnose', ...window],
  ['timeline', ...window],
  ['devices', ...window],
  ['filesystems', ...window],
  ['deleted', ...window],
  ['sql', 'SELECT op, op_count FROM operations'],
  ['sql', '--schema'],
  ['classes'],
  ['classes', '--of', '/var/lib/etcd/member/wal/0.wal'],
  ['metrics'],
  ['status'],
];

const ask = (words: readonly string[], format: string) =>
  iotrace([...words, '--db', path, '--format', format, '--quiet']);

/** Every key in a document, whatever its depth. */
function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [key, ...keysOf(member)]);
}

describe.each(commands.map((words) => ({ words, line: words.slice(0, 2).join(' ') })))(
  'iotrace $line',
  ({ words }) => {
    test('as JSON is a document of snake_case keys', () => {
      const { code, stdout, stderr } = ask(words, 'json');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      // The values of a sentence are named by the sentence, those of a table by its query.
      const odd = keysOf(JSON.parse(stdout)).filter((key) => !/^[a-z][a-z0-9_]*$/u.test(key));
      expect(odd).toEqual([]);
    });

    test('as CSV has as many fields in each row as in its head', () => {
      const { code, stdout, stderr } = ask(words, 'csv');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const counts = stdout
        .replaceAll(/"(?:[^"]|"")*"/gu, 'text')
        .trimEnd()
        .split('\r\n')
        .map((line) => line.split(',').length);
      expect(counts.length).toBeGreaterThan(0);
      expect([...new Set(counts)]).toHaveLength(1);
    });
  },
);

test('no command that answers from a recording is left out', () => {
  const others = ['doctor', 'record', 'daemon', 'completion', 'report', 'snapshot', 'mcp', 'serve'];
  const asked = new Set(commands.map(([name]) => name));
  expect(commandNames.filter((name) => !others.includes(name) && !asked.has(name))).toEqual([]);
});

test('a document as CSV: the path of each value', () => {
  const lines = ask(['status'], 'csv').stdout.split('\r\n');
  expect(lines[0]).toBe('path,value');
  expect(lines).toContain('session.host,node-a');
  expect(lines).toContain('losses.0.lost_count,124');
});

test('a timeline as CSV: a row for each line and slot', () => {
  const lines = ask(['timeline', ...window, '--op', 'copy_up'], 'csv').stdout.split('\r\n');
  expect(lines.slice(0, 2)).toEqual([
    'name,from_us,value',
    `redis,${String(Date.UTC(2026, 10, 21, 12) * 1000)},401408`,
  ]);
});

test('metrics as JSON: a row for each sample', () => {
  const rows = JSON.parse(ask(['metrics'], 'json').stdout) as { name: string; labels: string }[];
  expect(rows.find(({ name }) => name === 'iotrace_coverage')).toMatchObject({ type: 'gauge' });
});

test('sql --schema as JSON: a row for each column', () => {
  expect(JSON.parse(ask(['sql', '--schema'], 'json').stdout)).toContainEqual({
    view: 'slow',
    column: 'latency_ns',
    meaning: expect.any(String) as string,
  });
});
