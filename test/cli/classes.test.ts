import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { classNames } from '../../src/schema/classes.ts';
import { iotrace } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'iotrace-classes-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const config = join(folder, 'iotrace.json');
writeFileSync(config, '{"classes": [{"class": "orders", "paths": ["/srv/orders/**"]}]}');

test('paths that are typed, with the rules that decide', () => {
  const words = [
    'classes',
    '--config',
    config,
    '--of',
    '/srv/orders/1.log',
    '/srv/pg/pg_wal/',
    '--format',
    'csv',
  ];
  const { code, stdout } = iotrace(words);
  expect(code).toBe(0);
  expect(stdout.split('\r\n')).toEqual([
    'path,class,place,rule',
    '/srv/orders/1.log,orders,host,/srv/orders/**',
    '/srv/pg/pg_wal/,postgres_wal,host,"**/{pg_wal,pg_xlog}/**"',
    '',
  ]);
});

test('paths from stdin', () => {
  const { stdout } = iotrace(['classes', '--config', config, '--of', '-', '--format', 'json'], {
    input: '/srv/kv/000123.log\n/srv/kv/CURRENT\n',
  });
  expect(JSON.parse(stdout)).toEqual([
    {
      path: '/srv/kv/000123.log',
      class: 'rocksdb_wal',
      place: 'host',
      rule: '**/<n6+>.log beside CURRENT, LOCK, IDENTITY, ../CURRENT or ../IDENTITY',
    },
    { path: '/srv/kv/CURRENT', class: 'other', place: 'host', rule: null },
  ]);
});

test('without a path, the classes there are', () => {
  const { stdout } = iotrace(['classes', '--config', config, '--format', 'json']);
  const rows: unknown = JSON.parse(stdout);
  const names = Array.isArray(rows) ? rows.map((row: { class: string }) => row.class) : [];
  expect(names.toSorted()).toEqual([...classNames, 'orders'].toSorted());
});

test('a path without --of is refused', () => {
  const { code, stderr } = iotrace(['classes', '/srv/x']);
  expect(code).toBe(2);
  expect(stderr).toMatchInlineSnapshot(`
    "iotrace: classes does not take "/srv/x". For what a path would be: iotrace classes --of /srv/x
    "
  `);
});
