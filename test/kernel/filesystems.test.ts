import { beforeAll, describe, expect, it } from 'vitest';
import type { Guest, Row } from '../guest.ts';
import { GUEST_PATIENCE_MS, runInGuest } from '../guest.ts';

const KERNELS = ['trixie', 'sid', 'bookworm'] as const;

/** How filesystems-scenario wrote its files, and what each has of data: whole pages. */
const WRITTEN = { buffered: 1_052_672, direct: 786_432, mmap: 528_384, sync: 13 * 4096 } as const;
type Way = keyof typeof WRITTEN;

/** The disk below each place, in the order in which the scenario makes them. */
const DISKS = {
  ext4: 'nullb0',
  journalled: 'nullb1',
  ext2: 'nullb2',
  xfs: 'nullb3',
  btrfs: 'nullb4',
  compressed: 'nullb5',
  vfat: 'nullb6',
  crypted: 'nullb7',
} as const;
type Place = keyof typeof DISKS;
const PLACES = Object.keys(DISKS) as Place[];
const SWAP = 'nullb8';

const expected = (place: Place, basis: string, ways: readonly Way[]): Row[] =>
  ways.map((way) => ({
    owner_basis: basis,
    cgroup_path: `/${place}`,
    file: `/mnt/${place}/${place}-${way}`,
    bytes: WRITTEN[way],
  }));

describe.each(KERNELS)('file systems on the kernel of %s', (kernel) => {
  let guest: Guest;
  beforeAll(async () => {
    guest = await runInGuest(kernel, 'filesystems-scenario');
  }, GUEST_PATIENCE_MS);

  const written = (place: Place, ways: readonly Way[]): Promise<Row[]> =>
    guest.sql(`
      SELECT owner_basis, cgroup_path, file, sum(size_bytes_sum) AS bytes FROM block
      WHERE op = 'block_write' AND device = '${DISKS[place]}'
        AND file IN (${ways.map((way) => `'/mnt/${place}/${place}-${way}'`).join(', ')})
      GROUP BY 1, 2, 3 ORDER BY file`);
  const nameless = (place: Place): Promise<Row[]> =>
    guest.sql(`
      SELECT owner_basis, cgroup_path, file, sum(size_bytes_sum) AS bytes FROM block
      WHERE op = 'block_write' AND device = '${DISKS[place]}'
        AND file IN ('(file not known)', '(process memory: direct I/O)', '(no file)') GROUP BY 1, 2, 3`);

  it('has a place for each file system', () => {
    expect(guest.read('places').trim().split('\n')).toEqual(PLACES);
  });

  it.each(['ext4', 'ext2', 'xfs'] as const)(
    '%s: every byte is charged to the writer’s cgroup by the kernel, and to its file',
    async (place) => {
      const ways = ['buffered', 'direct', 'mmap', 'sync'] as const;
      expect(await written(place, ways)).toEqual(expected(place, 'blkcg', ways));
      expect(await nameless(place)).toEqual([]);
    },
  );

  it('btrfs: the same, but that direct I/O has no file where it does not go through the page cache', async () => {
    const ways = ['buffered', 'mmap', 'sync'] as const;
    expect(await written('btrfs', ways)).toEqual(expected('btrfs', 'blkcg', ways));
    const direct = [...(await written('btrfs', ['direct'])), ...(await nameless('btrfs'))];
    expect(
      direct.map(({ owner_basis, cgroup_path, bytes }) => ({ owner_basis, cgroup_path, bytes })),
    ).toEqual([{ owner_basis: 'blkcg', cgroup_path: '/btrfs', bytes: WRITTEN.direct }]);
  });

  it('btrfs with compression: charged by the kernel, no file for what was compressed', async () => {
    const rows = (await nameless('compressed')).filter(({ file }) => file === '(file not known)');
    expect(rows.map(({ owner_basis, cgroup_path }) => ({ owner_basis, cgroup_path }))).toEqual([
      { owner_basis: 'blkcg', cgroup_path: '/compressed' },
    ]);
    // Pages of one letter take next to nothing.
    expect(rows[0]?.['bytes']).toBeLessThan(WRITTEN.buffered / 4);
  });

  it.each(['journalled', 'vfat'] as const)(
    '%s: the kernel charges nobody with writeback; who dirtied the file is named instead',
    async (place) => {
      const ways = ['buffered', 'mmap'] as const;
      expect(await written(place, ways)).toEqual(expected(place, 'dirtier', ways));
      expect(await nameless(place)).toEqual([]);
    },
  );

  it('data=journal writes direct I/O through the page cache and the journal', async () => {
    const [direct, ...others] = await written('journalled', ['direct']);
    expect(others).toEqual([]);
    // One page was once seen to be written twice, on 6.1.
    const again = Number(direct?.['bytes']) - WRITTEN.direct;
    expect([0, 4096]).toContain(again);
    expect({ ...direct, bytes: WRITTEN.direct }).toEqual(expected('journalled', 'dirtier', ['direct'])[0]);
    const [row] = await guest.sql(`
      SELECT sum(size_bytes_sum) AS bytes FROM block
      WHERE device = '${DISKS.journalled}' AND file = '(file system journal)' AND op = 'block_write'`);
    expect(row?.['bytes']).toBeGreaterThan(WRITTEN.buffered + WRITTEN.direct + WRITTEN.mmap);
  });

  it('dm-crypt: the disk has the cgroup and no file, the mapped device both', async () => {
    const ways = ['buffered', 'direct', 'mmap', 'sync'] as const;
    const bytes = Object.values(WRITTEN).reduce((sum, each) => sum + each, 0);
    expect(await nameless('crypted')).toEqual([
      { owner_basis: 'blkcg', cgroup_path: '/crypted', file: '(file not known)', bytes },
    ]);
    const above = await guest.sql(`
      SELECT owner_basis, cgroup_path, file, sum(size_bytes_sum) AS bytes FROM block
      WHERE op = 'block_stacked_write' AND device = 'locked' AND file LIKE '/mnt/%' GROUP BY 1, 2, 3 ORDER BY file`);
    // bpftrace 0.17 has no raw tracepoints, which see I/O at mapped devices.
    expect(above).toEqual(kernel === 'bookworm' ? [] : expected('crypted', 'blkcg', ways));
  });

  it.each(PLACES)('%s: what is said to be charged by the kernel is what io.stat says', async (place) => {
    const [row] = await guest.sql(`
      SELECT ifnull(sum(size_bytes_sum), 0) AS bytes FROM block
      WHERE op = 'block_write' AND device = '${DISKS[place]}' AND cgroup_path = '/${place}' AND owner_basis = 'blkcg'`);
    const [, charged] = /wbytes=(\d+)/u.exec(guest.read(`io.stat.${place}`)) ?? [];
    expect(row).toEqual({ bytes: Number(charged) });
  });

  it('no data of a file is left without an owner', async () => {
    const rows = await guest.sql(`
      SELECT device, file, process FROM block
      WHERE op = 'block_write' AND owner_basis = 'unattributed'
        AND file NOT IN ('(file system journal)', '(file system metadata)')`);
    expect(rows).toEqual([]);
  });

  it('tmpfs: its pages that are swapped are charged to who made them', async () => {
    const rows = await guest.sql(`
      SELECT DISTINCT owner_basis, cgroup_path, file FROM block WHERE device = '${SWAP}' AND op = 'block_write'`);
    expect(rows).toEqual([{ owner_basis: 'blkcg', cgroup_path: '/tmpfs', file: '(swap)' }]);
  });

  it('a sync that waits for the log of xfs is a journal_wait of its file', async () => {
    const rows = await guest.sql(`
      SELECT cgroup_path, process, device, sum(op_count) AS n FROM journal
      WHERE op = 'journal_wait' AND file = '/mnt/xfs/xfs-sync' GROUP BY 1, 2, 3`);
    expect(rows).toEqual([{ cgroup_path: '/xfs', process: 'workload', device: DISKS.xfs, n: 13 }]);
  });

  it.each(['ext4', 'journalled', 'xfs'] as const)(
    '%s: no more than a tenth of the slow syncs’ time remains unexplained, and no part counts twice',
    async (place) => {
      const [row] = await guest.sql(`
        SELECT count(*) AS n, 1.0 * sum(remainder_latency_ns) / sum(latency_ns) AS remainder,
          min(remainder_latency_ns) AS least
        FROM sync_stages WHERE device = '${DISKS[place]}' AND sync_kind = 'fsync'`);
      expect(row?.['n']).toBeGreaterThan(9);
      expect(row?.['remainder']).toBeLessThan(0.1);
      expect(row?.['least']).toBeGreaterThanOrEqual(0);
    },
  );

  it('no operation was lost', async () => {
    expect(
      await guest.sql(
        `SELECT kind, sum(lost_count) AS n FROM loss
         WHERE kind NOT IN ('exemplars_suppressed', 'exemplars_lost', 'programs_skipped', 'latencies_uncounted') GROUP BY kind`,
      ),
    ).toEqual([]);
  });
});
