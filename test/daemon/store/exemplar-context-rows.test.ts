import { describe, expect, test } from 'vitest';
import { explanationText } from '../../../src/query/render/explain.ts';
import { blame } from '../../../src/query/reports/blame.ts';
import { explainOperation } from '../../../src/query/reports/explain.ts';
import { wallUs } from '../../../src/schema/units.ts';
import { BOOTED_US, recording } from '../recording.ts';

const VDA = 254 * 2 ** 20;
const [WEB, NOISY] = [5301, 5302];
const screen = { width: undefined, colour: false };

/** A slow fsync of web that ends 1.5 s after boot, its stages, and what was in flight meanwhile. */
function slowSync() {
  const one = recording();
  one.value('process', 561, 'web');
  one.value('cgroup', WEB, 0, '/pods/web');
  one.value('cgroup', NOISY, 0, '/pods/noisy');
  one.value('sync_stages', 562, 80_000_000, 20_000_000, 50_000_000, 4_000_000);
  one.value('slow', 1, 1, 1_500_000, WEB, 561, 562, 'web', VDA, 0, 0, 0, 80_000_000, 0, 0);
  one.print('map', '@inflight', {
    [`${String(VDA)},${String(NOISY)},14`]: 90_000_000,
    [`${String(VDA)},${String(WEB)},14`]: 20_000_000,
    [`${String(VDA)},${String(NOISY)},3`]: 90_000_000,
  });
  one.endInterval();
  return one;
}

describe('a slow sync', () => {
  test('has its stages, and what remains', () => {
    const rows = slowSync().all('SELECT * FROM sync_stages');
    expect(rows).toEqual([
      {
        exemplar_id: 1,
        ended_us: BOOTED_US + 1_500_000,
        container: null,
        cgroup_path: '/pods/web',
        file: '(no file)',
        device: '254:0',
        sync_kind: 'fsync',
        latency_ns: 80_000_000,
        data_latency_ns: 20_000_000,
        journal_latency_ns: 50_000_000,
        flush_latency_ns: 4_000_000,
        remainder_latency_ns: 6_000_000,
      },
    ]);
  });

  test('keeps the slots it was under way in, and no others', () => {
    expect(slowSync().all('SELECT started_us, device, cgroup_path, inflight_ns FROM inflight')).toEqual([
      {
        started_us: BOOTED_US + 1_400_000,
        device: '254:0',
        cgroup_path: '/pods/web',
        inflight_ns: 20_000_000,
      },
      {
        started_us: BOOTED_US + 1_400_000,
        device: '254:0',
        cgroup_path: '/pods/noisy',
        inflight_ns: 90_000_000,
      },
    ]);
  });

  test('is explained part by part', () => {
    const explained = explainOperation(slowSync().db, 1);
    expect(explained && explanationText(explained, screen)).toMatchInlineSnapshot(`
      "fsync of (no file) on 254:0 by /pods/web, web 561: 80.0 ms, ended 2026-11-18 11:06:41.500 UTC

      part               time  share
      its own data    20.0 ms   25 %
      journal commit  50.0 ms   63 %
      disk flush      4.00 ms    5 %
      remainder       6.00 ms    8 %

      in flight meanwhile: I/O of  on         for  share
      /pods/noisy                  254:0  72.0 ms   90 %
      /pods/web                    254:0  16.0 ms   20 %
      "
    `);
  });

  test('of a number that is not there is not explained', () => {
    expect(explainOperation(slowSync().db, 2)).toBeUndefined();
  });

  test('of no container blames nobody', () => {
    const window = { fromUs: wallUs(BOOTED_US), toUs: wallUs(BOOTED_US + 10_000_000) };
    const query = { window, ops: [], container: undefined, victim: 'web', limit: 20 };
    expect(blame(slowSync().db, query)).toEqual({
      rows: [],
      row_count: 0,
      slow_op_count: 0,
      isRecorded: true,
    });
  });
});

test('a failed request is a row with its sector and what the block layer calls the error', () => {
  const one = recording();
  one.value('process', 561, 'web');
  one.value('block_error', 1_500_000, 4, 7, 8, 4096, WEB, 561, VDA, 0, 2);
  one.endInterval();
  expect(one.all('SELECT * FROM block_errors')).toEqual([
    {
      ended_us: BOOTED_US + 1_500_000,
      device: '254:0',
      sector: 8,
      size_bytes: 4096,
      op: 'block_read',
      status: 'MEDIUM',
      container: null,
      cgroup_path: null,
      process: 'web',
      pid: 561,
      file: '(process memory: direct I/O)',
      host_path: null,
    },
  ]);
});

test('a device that is known by name only is its own disk', () => {
  expect(slowSync().all('SELECT * FROM device_disks')).toEqual([{ device: '254:0', disk: '254:0' }]);
});
