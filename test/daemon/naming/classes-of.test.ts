import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { classesOf } from '../../../src/daemon/naming/classes-of.ts';

test('paths are classified as files of this host, with the rule that decided', () => {
  const own = [{ class: 'orders', means: 'Orders.', paths: ['/srv/orders/**'] }];
  expect(classesOf(['/srv/orders/x.log', '/srv/pg/pg_wal/', '/usr/bin/bash'], own)).toEqual([
    { path: '/srv/orders/x.log', class: 'orders', place: 'host', rule: '/srv/orders/**' },
    { path: '/srv/pg/pg_wal/', class: 'postgres_wal', place: 'host', rule: '**/{pg_wal,pg_xlog}/**' },
    { path: '/usr/bin/bash', class: 'other', place: 'host', rule: null },
  ]);
});

test('a second sign is looked for among the paths, and on the disk', () => {
  const alone = ['/srv/kv/1234568.log'];
  expect(classesOf(alone, []).map((row) => row.class)).toEqual(['log_file']);
  expect(classesOf([...alone, '/srv/kv/CURRENT'], [])[0]?.class).toBe('rocksdb_wal');
  const directory = mkdtempSync(join(tmpdir(), 'iotrace-classes-of-'));
  try {
    writeFileSync(join(directory, 'LOCK'), '');
    expect(classesOf([join(directory, '1234568.log')], [])[0]?.class).toBe('rocksdb_wal');
  } finally {
    rmSync(directory, { recursive: true });
  }
});
