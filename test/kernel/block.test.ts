import { beforeAll, describe, expect, it } from 'vitest';
import type { Guest, Row } from '../guest.ts';
import { GUEST_PATIENCE_MS, runInGuest } from '../guest.ts';

const KERNELS = ['bookworm', 'trixie', 'sid'] as const;

/** Bytes that the containers wrote and that were still dirty, or direct, per file; see block-scenario. */
const WRITTEN = {
  a: {
    '/volume/a-buffered': 8_396_800,
    '/volume/a-direct': 6_299_648,
    '/volume/a-mmap': 4_206_592,
    '/volume/a-sync': 4096 * (23 + 19 + 17 + 13),
  },
  b: {
    '/volume/b-buffered': 5_251_072,
    '/volume/b-direct': 3_153_920,
    '/volume/b-mmap': 2_109_440,
    '/volume/b-sync': 4096 * 23,
  },
};
/** Thirteen files of a page each, mostly merged into few requests. */
const SMALL_BYTES = 13 * 4096;

describe.each(KERNELS)('block I/O on the kernel of %s', (kernel) => {
  // bpftrace 0.17 has none; what is not seen without them is said.
  const hasRawTracepoints = kernel !== 'bookworm';
  let guest: Guest;
  beforeAll(async () => {
    guest = await runInGuest(kernel, 'block-scenario');
  }, GUEST_PATIENCE_MS);
  const during = (): string =>
    `ended_us > ${guest.read('before_us').trim()} AND ended_us <= ${guest.read('after_us').trim()}`;
  /** Of web, between two instants that the scenario noted, µs since 1970. */
  const blame = async (from: string, to: string): Promise<Row[]> => {
    const seconds = (name: string): string => (Number(guest.read(name)) / 1e6).toFixed(6);
    return guest.iotrace('blame', '--victim', 'web', '--from', seconds(from), '--to', seconds(to));
  };

  it('every byte of buffered, direct, mapped and synced writes is charged to its container and file', async () => {
    for (const [container, files] of Object.entries(WRITTEN)) {
      const rows = await guest.sql(`
        SELECT file, sum(size_bytes_sum) AS bytes FROM block
        WHERE container = '${container}' AND op = 'block_write' AND owner_basis = 'blkcg'
          AND file LIKE '/volume/%' AND file NOT LIKE '%small%' GROUP BY file ORDER BY file`);
      expect(rows).toEqual(Object.entries(files).map(([file, bytes]) => ({ file, bytes })));
    }
  });

  it('requests merged from several files are counted to the first, and as such', async () => {
    const [row] = await guest.sql(`
      SELECT sum(size_bytes_sum) AS bytes, sum(op_count) AS n, sum(shared_op_count) AS shared FROM block
      WHERE container = 'a' AND op = 'block_write' AND file LIKE '%small%'`);
    expect(row?.['bytes']).toBe(SMALL_BYTES);
    if (Number(row?.['n']) < 10) expect(row?.['shared']).toBeGreaterThan(0);
  });

  it('a container’s bytes are those of its io.stat', async () => {
    for (const container of ['a', 'b']) {
      const [row] = await guest.sql(`
        SELECT sum(size_bytes_sum) AS bytes FROM block
        WHERE container = '${container}' AND owner_basis = 'blkcg' AND op = 'block_write' AND device = 'vda'`);
      // To the other disks its syncs sent empty flushes only.
      const charged = [...guest.read(`io.stat.${container}`).matchAll(/wbytes=(\d+)/gu)]
        .map(([, bytes]) => Number(bytes))
        .reduce((sum, bytes) => sum + bytes, 0);
      expect(row).toEqual({ bytes: charged });
    }
  });

  it('what the host wrote is charged to it by who dirtied it, never to a kworker', async () => {
    const rows = await guest.sql(`
      SELECT owner_basis, cgroup_path, process, sum(size_bytes_sum) AS bytes FROM block
      WHERE host_path = '/data/host-buffered' AND op = 'block_write' GROUP BY 1, 2, 3`);
    expect(rows).toEqual([
      { owner_basis: 'dirtier', cgroup_path: '/', process: 'workload', bytes: 2_105_344 },
    ]);
  });

  it('no data of a file is left without an owner', async () => {
    const rows = await guest.sql(`
      SELECT file, process FROM block
      WHERE op = 'block_write' AND owner_basis = 'unattributed' AND file NOT LIKE '(%'`);
    expect(rows).toEqual([]);
  });

  it('all bytes are those of /proc/diskstats, journal and metadata a class of their own among them', async () => {
    const [row] = await guest.sql(`
      SELECT sum(size_bytes_sum) FILTER (WHERE op = 'block_write') AS written,
        sum(size_bytes_sum) FILTER (WHERE op = 'block_write' AND file = '(file system journal)') AS journal,
        sum(size_bytes_sum) FILTER (WHERE op = 'block_write' AND file = '(file system metadata)') AS metadata
      FROM block WHERE device = 'vda' AND ${during()}`);
    const onDisk = writtenBytes(guest.read('diskstats.after')) - writtenBytes(guest.read('diskstats.before'));
    // The window is whole intervals, the readings of diskstats are moments in the first and the last.
    expect(Math.abs(Number(row?.['written']) / onDisk - 1)).toBeLessThan(0.005);
    expect(row?.['journal']).toBeGreaterThan(0);
    expect(row?.['metadata']).toBeGreaterThan(0);
  });

  it('commits are charged to whose syncs asked for them, and so is what they write', async () => {
    const rows = await guest.sql(`
      SELECT DISTINCT container FROM journal
      WHERE op = 'journal_commit' AND commit_reason = 'asked' AND container IS NOT NULL ORDER BY container`);
    expect(rows.map(({ container }) => container)).toEqual(expect.arrayContaining(['a', 'b', 'noisy']));
    const written = await guest.sql(`
      SELECT DISTINCT container FROM block
      WHERE file = '(file system journal)' AND owner_basis = 'syncer' AND container IS NOT NULL`);
    expect(written.map(({ container }) => container)).toEqual(expect.arrayContaining(['a', 'b', 'noisy']));
  });

  it('what this kernel and bpftrace cannot show is said, and nothing else', async () => {
    const rows = await guest.sql(`
      SELECT subject FROM coverage WHERE probe IN ('block', 'journal', 'throttle') AND state IN ('missing', 'partial')
      ORDER BY 1`);
    expect(rows.map(({ subject }) => subject)).toEqual(
      hasRawTracepoints ? [] : ['queue time', 'throttle_block'],
    );
  });

  it('I/O held back by io.max is seen before it becomes a request', async () => {
    const [row] = await guest.sql(`
      SELECT sum(size_bytes_sum) AS bytes, sum(latency_ns_max) AS ns FROM throttle
      WHERE op = 'throttle_block' AND cgroup_path = '/capped' AND file = '/data/capped'`);
    if (!hasRawTracepoints) {
      expect(row).toEqual({ bytes: null, ns: null });
      return;
    }
    expect(row?.['bytes']).toBeGreaterThan(3_145_728 / 2);
    // Three megabytes at one a second.
    expect(row?.['ns']).toBeGreaterThan(200e6);
  });

  it('a task that dirties too much is seen asleep', async () => {
    const [row] = await guest.sql(`
      SELECT cgroup_path, sum(op_count) AS n FROM throttle WHERE op = 'throttle_dirty' AND cgroup_path = '/dirtier'`);
    expect(row?.['n']).toBeGreaterThan(0);
  });

  it('a failed request is an event with its sector', async () => {
    const rows = await guest.sql(
      'SELECT device, sector, op, process, status FROM block_errors ORDER BY sector',
    );
    expect(rows).toContainEqual({
      device: 'nullb1',
      sector: 8,
      op: 'block_read',
      process: 'dd',
      status: 'IO_ERROR',
    });
  });

  it('a loop device’s requests count once at the disk, and apart at the loop device', async () => {
    const rows = await guest.sql(`
      SELECT DISTINCT op FROM block WHERE device = 'loop0' AND op NOT LIKE '%read' ORDER BY op`);
    expect(rows.filter(({ op }) => op === 'block_write')).toEqual([]);
    const [row] = await guest.sql(`
      SELECT sum(size_bytes_sum) AS bytes FROM block WHERE device = 'loop0' AND op = 'block_stacked_write'`);
    expect(row).toEqual({ bytes: 1_048_576 });
  });

  it('swap is a class of its own, charged to the cgroup that swapped', async () => {
    const rows = await guest.sql(`
      SELECT DISTINCT cgroup_path FROM block WHERE device = 'nullb2' AND op = 'block_write' AND file = '(swap)'`);
    expect(rows).toEqual([{ cgroup_path: '/swapper' }]);
  });

  it('on a disk that delays by 200 ms every read is counted, and its percentiles are fio’s within 5 %', async () => {
    const { total_ios, clat_ns } = delayedReads(guest.read('fio.json'));
    const expectAsFio = (row: Row | undefined, ranks: readonly string[]): void => {
      expect(row?.['op_count']).toBe(total_ios);
      for (const rank of ranks)
        expect
          .soft(Math.abs(Number(row?.[`latency_ns_p${rank}`]) / clat_ns.percentile[`${rank}.000000`]! - 1))
          .toBeLessThan(0.05);
    };
    const ofFio = (rows: readonly Row[]) =>
      rows.find(({ cgroup_path, device }) => cgroup_path === '/fio' && device === 'slow');
    expectAsFio(ofFio(await guest.top('--op', 'read', '--by', 'cgroup,device')), ['50', '95', '99']);
    const atDevice = ofFio(
      await guest.top('--stacked', '--op', 'block_stacked_read', '--by', 'cgroup,device'),
    );
    // Of how late fio woke up after the slowest the device knows nothing.
    if (hasRawTracepoints) expectAsFio(atDevice, ['50', '95']);
    else expect(atDevice).toBeUndefined();
  });

  it('of slow syncs on ext4 no more than a tenth remains unexplained', async () => {
    const [row] = await guest.sql(`
      SELECT count(*) AS n, 1.0 * sum(remainder_latency_ns) / sum(latency_ns) AS remainder,
        min(remainder_latency_ns) AS least FROM sync_stages WHERE sync_kind NOT IN ('sync', 'syncfs')`);
    expect(row?.['n']).toBeGreaterThan(20);
    expect(row?.['remainder']).toBeLessThan(0.1);
    expect(row?.['least']).toBeGreaterThanOrEqual(0);
  });

  it('beside a container that syncs, a reader’s top blame is that container; alone, nobody', async () => {
    const others = (rows: readonly Row[]) =>
      rows
        .filter(({ is_self, op }) => is_self === 0 && op === 'block_read')
        .map(({ container }) => container);
    expect(others(await blame('beside_us', 'beside_end_us'))[0]).toBe('noisy');
    expect(others(await blame('alone_us', 'alone_end_us'))).toEqual([]);
  });

  it('nothing was lost', async () => {
    expect(
      await guest.sql(
        `SELECT kind, sum(lost_count) AS n FROM loss
         WHERE kind NOT IN ('exemplars_suppressed', 'exemplars_lost', 'programs_skipped') GROUP BY kind`,
      ),
    ).toEqual([]);
  });
});

type DelayedReads = { total_ios: number; clat_ns: { percentile: Record<string, number> } };

function delayedReads(fio: string): DelayedReads {
  const { jobs } = JSON.parse(fio) as { jobs: { read: DelayedReads }[] };
  return jobs[0]!.read;
}

/** Of vda, from the text of /proc/diskstats: its seventh number after the name is sectors written. */
function writtenBytes(text: string): number {
  const fields = text
    .split('\n')
    .map((line) => line.trim().split(/\s+/u))
    .find(([, , name]) => name === 'vda');
  return Number(fields?.[9] ?? 0) * 512;
}
