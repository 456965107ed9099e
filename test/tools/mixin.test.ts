import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { iotrace, temporaryFolder } from '../cli/run.ts';
import { demo } from '../query/demo.ts';

const folder = temporaryFolder();
const db = join(folder, 'demo.db');
demo(db).db.close();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const mixin = (name: string): string => join(import.meta.dirname, '../../packaging/mixin', name);

function promtool(words: readonly string[], input = ''): { code: number | null; said: string } {
  const { status, stdout, stderr, error } = spawnSync('promtool', words, { input, encoding: 'utf8' });
  if (error) throw error;
  return { code: status, said: stdout + stderr };
}

test('promtool has nothing to say of the metrics', () => {
  const { stdout } = iotrace(['metrics', '--db', db, '--format', 'prometheus']);
  expect(stdout).toContain('iotrace_operations_total{');
  expect(promtool(['check', 'metrics'], stdout)).toEqual({ code: 0, said: '' });
});

test('promtool reads the rules and the alerts', () => {
  const { code, said } = promtool(['check', 'rules', mixin('rules.yaml'), mixin('alerts.yaml')]);
  expect([code, said]).toEqual([0, expect.stringMatching(/4 rules found[^]*6 rules found/u)]);
});

test('alerts fire when they should, and say it in words', () => {
  expect(promtool(['test', 'rules', mixin('test.yaml')]).code).toBe(0);
});
