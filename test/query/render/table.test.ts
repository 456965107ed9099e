import { expect, test } from 'vitest';
import { slowTable } from '../../../src/query/render/slow.ts';
import { topTable } from '../../../src/query/render/top.ts';
import { textWidth } from '../../../src/query/render/text.ts';
import { slow } from '../../../src/query/reports/slow.ts';
import type { Dimension } from '../../../src/query/reports/top.ts';
import { dimensions, top } from '../../../src/query/reports/top.ts';
import { wallUs } from '../../../src/schema/units.ts';
import { demo } from '../demo.ts';
import { NOON_US } from '../recording.ts';

const filters = {
  window: { fromUs: wallUs(NOON_US), toUs: wallUs(NOON_US + 600e6) },
  ops: [],
  container: undefined,
  limit: 20,
};

function shown(by: readonly Dimension[], width: number | undefined, colour = false): string {
  const { db } = demo();
  const { rows } = top(db, { ...filters, by, sort: 'latency' });
  db.close();
  return topTable(by, rows, { width, colour });
}

function slowShown(width: number | undefined): string {
  const { db } = demo();
  const { rows } = slow(db, { ...filters, sort: 'latency' });
  db.close();
  return slowTable(rows, { width, colour: false });
}

test('top by container, on a pipe: nothing is cut', () => {
  expect(shown(['container'], undefined)).toMatchInlineSnapshot(`
    "container                         op           ops  errors      size  latency      p50      p95      p99      max
    payments/api-7d9f8c6b5-x2k4q/api  fsync         21       0         -   230 ms  2.95 ms  59.8 ms  59.8 ms  60.0 ms
    /system.slice/containerd.service  fsync          9       0         -  27.0 ms  1.08 ms  6.95 ms  6.95 ms  7.00 ms
    /                                 block_write    9       1  4.29 MiB  1.80 ms   201 µs   300 µs   300 µs   300 µs
    evil\\n\\x1b[31mred                 fsync          3       0         -  1.50 ms   500 µs   500 µs   500 µs   500 µs
    redis                             copy_up        3       0  24.0 KiB  1.20 ms   400 µs   400 µs   400 µs   400 µs
    "
  `);
});

test('top by container, on 80 columns', () => {
  expect(shown(['container'], 80)).toMatchInlineSnapshot(`
    "container          op           ops  errors      size  latency      p99      max
    paymen…-x2k4q/api  fsync         21       0         -   230 ms  59.8 ms  60.0 ms
    /syste…rd.service  fsync          9       0         -  27.0 ms  6.95 ms  7.00 ms
    /                  block_write    9       1  4.29 MiB  1.80 ms   300 µs   300 µs
    evil\\n\\x1b[31mred  fsync          3       0         -  1.50 ms   500 µs   500 µs
    redis              copy_up        3       0  24.0 KiB  1.20 ms   400 µs   400 µs
    "
  `);
});

test('top by file, on 80 and on 120 columns', () => {
  expect(shown(['file'], 80)).toMatchInlineSnapshot(`
    "container         file              op           ops  errors  latency      max
    paymen…x2k4q/api  /var/l…000000042  fsync         15       0   222 ms  60.0 ms
    -                 /var/l…t/meta.db  fsync          9       0  27.0 ms  7.00 ms
    paymen…x2k4q/api  /var/l…se/1/1259  fsync          6       0  7.50 ms  1.50 ms
    -                 (unknown)         block_write    9       1  1.80 ms   300 µs
    evil\\n…1b[31mred  /tmp/a…u202e.txt  fsync          3       0  1.50 ms   500 µs
    redis             /etc/redis.conf   copy_up        3       0  1.20 ms   400 µs
    "
  `);
  expect(shown(['file'], 120)).toMatchInlineSnapshot(`
    "container                         file                              op           ops  errors      size  latency      max
    payments/api-7d9f8c6b5-x2k4q/api  /var/lib/pos…0010000000000000042  fsync         15       0         -   222 ms  60.0 ms
    -                                 /var/lib/con…ata.v1.bolt/meta.db  fsync          9       0         -  27.0 ms  7.00 ms
    payments/api-7d9f8c6b5-x2k4q/api  /var/lib/pos…ql/data/base/1/1259  fsync          6       0         -  7.50 ms  1.50 ms
    -                                 (unknown)                         block_write    9       1  4.29 MiB  1.80 ms   300 µs
    evil\\n\\x1b[31mred                 /tmp/a,b\\r\\n"quoted"\\u202e.txt    fsync          3       0         -  1.50 ms   500 µs
    redis                             /etc/redis.conf                   copy_up        3       0  24.0 KiB  1.20 ms   400 µs
    "
  `);
});

test('top by pid, on 80 columns', () => {
  expect(shown(['pid'], 80)).toMatchInlineSnapshot(`
    "container         process        pid  op           ops  errors  latency      max
    paymen…x2k4q/api  postgres      3107  fsync         21       0   230 ms  60.0 ms
    /syste…d.service  containerd     611  fsync          9       0  27.0 ms  7.00 ms
    /                 kworker/u8:0    77  block_write    9       1  1.80 ms   300 µs
    evil\\n…1b[31mred  sh\\t"x"        666  fsync          3       0  1.50 ms   500 µs
    redis             redis-server   900  copy_up        3       0  1.20 ms   400 µs
    "
  `);
});

test('top by cgroup, on 120 columns', () => {
  expect(shown(['cgroup'], 120)).toMatchInlineSnapshot(`
    "cgroup                       container                     op           ops  errors      size  latency      p99      max
    /api-7d9f8c6b5-x2k4q/api     payments/a…9f8c6b5-x2k4q/api  fsync         21       0         -   230 ms  59.8 ms  60.0 ms
    /system.sl…ntainerd.service  -                             fsync          9       0         -  27.0 ms  6.95 ms  7.00 ms
    /                            -                             block_write    9       1  4.29 MiB  1.80 ms   300 µs   300 µs
    /docker/evil                 evil\\n\\x1b[31mred             fsync          3       0         -  1.50 ms   500 µs   500 µs
    /docker/redis                redis                         copy_up        3       0  24.0 KiB  1.20 ms   400 µs   400 µs
    "
  `);
});

test('top by container and sync kind', () => {
  expect(shown(['container', 'sync_kind'], undefined)).toMatchInlineSnapshot(`
    "container                         sync_kind  op           ops  errors      size  latency      p50      p95      p99      max
    payments/api-7d9f8c6b5-x2k4q/api  fdatasync  fsync         15       0         -   222 ms  4.00 ms  59.8 ms  59.8 ms  60.0 ms
    /system.slice/containerd.service  fdatasync  fsync          9       0         -  27.0 ms  1.08 ms  6.95 ms  6.95 ms  7.00 ms
    payments/api-7d9f8c6b5-x2k4q/api  fsync      fsync          6       0         -  7.50 ms   999 µs  1.47 ms  1.47 ms  1.50 ms
    /                                 -          block_write    9       1  4.29 MiB  1.80 ms   201 µs   300 µs   300 µs   300 µs
    evil\\n\\x1b[31mred                 fsync      fsync          3       0         -  1.50 ms   500 µs   500 µs   500 µs   500 µs
    redis                             -          copy_up        3       0  24.0 KiB  1.20 ms   400 µs   400 µs   400 µs   400 µs
    "
  `);
});

test('slow, on a pipe and on 80 columns', () => {
  expect(slowShown(undefined)).toMatchInlineSnapshot(`
    "2026-11-21 UTC  id  latency  op                   size  error  container                         process          class           file
    12:00:03.250     1  60.0 ms  fsync fdatasync         -         payments/api-7d9f8c6b5-x2k4q/api  postgres 3107    postgres_wal    /var/lib/postgresql/data/pg_wal/000000010000000000000042
    12:00:11.000     3  12.0 ms  copy_up             300 B         evil\\n\\x1b[31mred                 sh\\t"x" 666      other           /tmp/a,b\\r\\n"quoted"\\u202e.txt
    12:00:06.500     2   300 µs  block_write      4.00 KiB  EIO    /                                 kworker/u8:0 77  not classified  (unknown)
    "
  `);
  expect(slowShown(80)).toMatchInlineSnapshot(`
    "2026-11-21 UTC  latency  op               error  container       file
    12:00:03.250    60.0 ms  fsync fdatasync         payme…2k4q/api  /var/…000000042
    12:00:11.000    12.0 ms  copy_up                 evil\\…b[31mred  /tmp/…u202e.txt
    12:00:06.500     300 µs  block_write      EIO    /               (unknown)
    "
  `);
});

test.each(dimensions.map((dimension) => [dimension]))(
  'by %s, no line is wider than 80 columns',
  (dimension) => {
    for (const line of shown([dimension], 80).split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(80);
  },
);

test('colour marks the header, what is outside containers, and errors; names keep their own out', () => {
  const coloured = shown(['container'], undefined, true);
  expect(coloured.split('\n')[0]).toMatch(/^\u001b\[1mcontainer.*\u001b\[22m$/u);
  expect(coloured).toContain('\u001b[2m/system.slice/containerd.service\u001b[22m');
  expect(coloured).toMatch(/\u001b\[31m +1\u001b\[39m/u);
  expect(coloured).not.toContain('\u001b[31mred');
});
