import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseMountinfo } from '../../../src/daemon/lookups/mountinfo.ts';
import { describeDisk } from '../../../src/daemon/samplers/settings/block-settings.ts';
import { describeMount } from '../../../src/daemon/samplers/settings/mounts.ts';
import { emptyTree, put } from '../lookups/trees.ts';
import { putDisk, roundOver } from './sight.ts';

const DEFAULTS = { index: 'off', metacopy: 'off' };

const described = (line: string, full?: string[], defaults = DEFAULTS) =>
  describeMount(parseMountinfo(line)[0]!, full, defaults);

test('ext4: with its full list the defaults are known, and no data mode means no journal', () => {
  const line = '1 0 254:0 / / rw,relatime - ext4 /dev/vda rw';
  expect(described(line, ['rw', 'barrier', 'data=ordered', 'commit=5'])).toMatchObject({
    atime: 'relatime',
    has_diratime: 1,
    data_mode: 'ordered',
    has_barrier: 1,
    commit_s: 5,
    lowerdir_count: null,
  });
  expect(described(line, ['rw', 'nobarrier'])).toMatchObject({ data_mode: 'none', has_barrier: 0 });
  expect(described(line)).toMatchObject({ data_mode: null, commit_s: null });
});

test('ext4 as mountinfo alone tells it', () => {
  const line = '1 0 254:0 / /d rw,noatime - ext4 /dev/vda rw,discard,data=writeback,commit=30,barrier=0';
  expect(described(line)).toMatchObject({
    atime: 'noatime',
    has_diratime: 0,
    data_mode: 'writeback',
    has_barrier: 0,
    commit_s: 30,
    is_discarding: 1,
    is_read_only: 0,
    options: 'rw,noatime,rw,discard,data=writeback,commit=30,barrier=0',
  });
});

test('overlay: layers are counted, what the mount does not say is the default of the module', () => {
  const line =
    '1 0 0:40 / /run/x/rootfs rw,nodiratime - overlay overlay rw,lowerdir=/l3:/l2:/l1,upperdir=/s/4/fs,workdir=/s/4/work,metacopy=on,volatile';
  expect(described(line, undefined, { index: 'on', metacopy: 'off' })).toMatchObject({
    fs_type: 'overlay',
    atime: 'strictatime',
    has_diratime: 0,
    lowerdir_count: 3,
    upperdir: '/s/4/fs',
    overlay_index: 'on',
    overlay_metacopy: 'on',
    is_volatile: 1,
    data_mode: null,
    options: 'rw,nodiratime,rw,metacopy=on,volatile',
  });
});

test('a disk as /sys tells it; what is missing is null', () => {
  const { sys } = emptyTree();
  const directory = join(sys, 'block/vda');
  const files = {
    size: '536870912\n',
    ro: '0\n',
    'queue/scheduler': '[none] mq-deadline kyber\n',
    'queue/write_cache': 'write back\n',
    'queue/rotational': '1\n',
    'queue/nr_requests': '256\n',
    'queue/wbt_lat_usec': '75000\n',
    'queue/read_ahead_kb': '128\n',
    'queue/max_sectors_kb': '1280\n',
    'queue/iostats': '1\n',
    'queue/nomerges': '0\n',
  };
  for (const [name, text] of Object.entries(files)) put(join(directory, name), text);
  expect(describeDisk(directory, 'vda')).toEqual({
    kind: 'disk',
    below: null,
    model: null,
    size_bytes: 536_870_912 * 512,
    scheduler: 'none',
    write_cache: 'write back',
    is_rotational: 1,
    request_count_max: 256,
    wbt_latency_us: 75_000,
    read_ahead_bytes: 131_072,
    request_bytes_max: 1_310_720,
    has_iostats: 1,
    nomerges: 0,
    is_read_only: 0,
  });
  expect(describeDisk(join(sys, 'block/dm-0'), 'dm-0')).toMatchObject({ kind: 'dm', scheduler: null });
});

test('a setting has a row from when to when it held, not one a tick', () => {
  const roots = emptyTree();
  putDisk(roots, '254:0', 'vda');
  const disk = join(roots.sys, 'block/vda');
  put(join(disk, 'dev'), '254:0\n');
  put(join(disk, 'size'), '8\n');
  put(join(disk, 'queue/scheduler'), '[none] bfq\n');
  const round = roundOver(roots, ['block-settings']);
  for (let minute = 0; minute < 10; minute += 1) {
    if (minute === 4) put(join(disk, 'queue/scheduler'), 'none [bfq]\n');
    round.tick(minute * 60);
  }
  expect(
    round.rows(
      'SELECT device, scheduler, until_us - since_us AS held_us FROM device_settings ORDER BY since_us',
    ),
  ).toEqual([
    { device: 'vda', scheduler: 'none', held_us: 240_000_000 },
    // Until the last sign of life of the session.
    { device: 'vda', scheduler: 'bfq', held_us: 360_000_000 },
  ]);
});
