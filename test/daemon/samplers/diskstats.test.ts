import { expect, test } from 'vitest';
import { difference, parseDiskstats } from '../../../src/daemon/samplers/counters/diskstats.ts';
import { emptyTree, put } from '../lookups/trees.ts';
import { putDisk, roundOver } from './sight.ts';

const VDA = ' 254       0 vda 100 2 800 30 50 5 1600 70 1 90 110 4 0 64 3 2 1';
const NOTHING = '   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0';

const disk = (line: string) => parseDiskstats(line)[0]!;

test('a line of a kernel before 4.18 has no discards, one before 5.5 no flushes: null, not zero', () => {
  const old = disk('8 0 sda 100 2 800 30 50 5 1600 70 1 90 110');
  expect(difference(old, old).values).toMatchObject({
    read_count: 0,
    discard_count: null,
    discard_bytes: null,
    flush_count: null,
    flush_ms: null,
  });
});

test('times of 32 bits wrap, counts do not', () => {
  const before = disk(`254 0 vda 100 2 800 ${String(2 ** 32 - 10)} 50 5 1600 70 1 90 110 4 0 64 3 2 1`);
  const now = disk('254 0 vda 101 2 808 5 50 5 1600 70 0 95 120 4 0 64 3 2 1');
  expect(difference(now, before).values).toMatchObject({
    read_count: 1,
    read_bytes: 4096,
    read_ms: 15,
    in_flight_count: 0,
    busy_ms: 5,
    queue_ms: 10,
  });
});

test('a disk made anew under the same numbers starts from zero', () => {
  const now = disk('254 0 vda 3 0 24 6 0 0 0 0 0 6 6 0 0 0 0 0 0');
  expect(difference(now, disk(VDA)).values).toMatchObject({ read_count: 3, read_bytes: 12288, busy_ms: 6 });
});

test('another name under the same numbers is another disk, whatever its counters', () => {
  const now = disk(VDA.replace('vda', 'vdz').replace(' 100 ', ' 120 '));
  expect(difference(now, disk(VDA)).values).toMatchObject({ read_count: 120 });
});

test('one row a disk and tick: no partitions, no disk that never served, one that appears with all it did', () => {
  const roots = emptyTree();
  putDisk(roots, '254:0', 'vda');
  putDisk(roots, '254:1', 'vda1', 'partition');
  putDisk(roots, '7:0', 'loop0');
  const file = `${roots.proc}/diskstats`;
  put(file, `${VDA}\n${VDA.replace('0 vda', '1 vda1')}\n${NOTHING}\n`);
  const round = roundOver(roots, ['diskstats']);
  round.tick(0);
  put(
    file,
    `${VDA.replace(' 100 ', ' 123 ')}\n${VDA.replace('0 vda', '1 vda1')}\n${NOTHING.replace('loop0 0 0 0', 'loop0 5 0 40')}\n`,
  );
  round.tick(5);
  const query = 'SELECT device, read_count, elapsed_us, reads_per_s FROM device_samples ORDER BY device';
  expect(round.rows(query)).toEqual([
    { device: 'loop0', read_count: 5, elapsed_us: 5_000_000, reads_per_s: 1 },
    { device: 'vda', read_count: 23, elapsed_us: 5_000_000, reads_per_s: 4.6 },
  ]);
});

test('a disk that is gone has no row, and one that comes back counts from where it was', () => {
  const roots = emptyTree();
  putDisk(roots, '254:0', 'vda');
  const file = `${roots.proc}/diskstats`;
  const round = roundOver(roots, ['diskstats']);
  for (const [second, text] of [VDA, '', VDA.replace(' 100 ', ' 101 ')].entries()) {
    put(file, `${text}\n`);
    round.tick(second * 5);
  }
  expect(round.rows('SELECT read_count FROM device_samples')).toEqual([{ read_count: 1 }]);
});
