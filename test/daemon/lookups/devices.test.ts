import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createDevices, parseUevent } from '../../../src/daemon/lookups/devices.ts';
import type { Device } from '../../../src/daemon/lookups/devices.ts';
import { createMounts } from '../../../src/daemon/lookups/mounts.ts';
import { hostRoots } from '../../../src/daemon/lookups/roots.ts';
import { emptyTree, put, recorded } from './trees.ts';

function devicesOf(mountinfo: string[], blocks: Record<string, string> = {}): (device: string) => Device {
  const roots = emptyTree();
  put(join(roots.proc, 'self/mountinfo'), `${mountinfo.join('\n')}\n`);
  for (const [file, text] of Object.entries(blocks)) put(join(roots.sys, 'dev/block', file), text);
  const devices = createDevices(roots, createMounts(roots));
  return (device) => {
    const [major, minor] = device.split(':').map(Number);
    return devices.of(major ?? 0, minor ?? 0);
  };
}

describe('block devices', () => {
  const of = devicesOf([], {
    '8:0/uevent': 'MAJOR=8\nMINOR=0\nDEVNAME=sda\nDEVTYPE=disk\nDISKSEQ=9\n',
    '8:1/uevent': 'MAJOR=8\nMINOR=1\nDEVNAME=sda1\nDEVTYPE=partition\nPARTN=1\n',
    '253:0/uevent': 'MAJOR=253\nMINOR=0\nDEVNAME=dm-0\nDEVTYPE=disk\n',
    '253:0/dm/name': 'vg0-data\n',
    '259:0/uevent': 'garbage',
  });

  test('have the name the kernel gives, a partition its own', () => {
    expect([of('8:0'), of('8:1')]).toEqual([
      { name: 'sda', kind: 'disk' },
      { name: 'sda1', kind: 'partition' },
    ]);
  });

  test('have their mapper name when they are device-mapper’s', () => {
    expect(of('253:0')).toEqual({ name: 'vg0-data', kind: 'dm' });
  });

  test('are numbers when nothing tells their name', () => {
    expect([of('259:0'), of('8:9')]).toEqual([
      { name: '259:0', kind: 'unknown' },
      { name: '8:9', kind: 'unknown' },
    ]);
  });
});

describe('file systems without a block device', () => {
  const overlay = (id: number, device: string, at: string, upper: string): string =>
    `${String(id)} 0 ${device} / ${at} rw - overlay overlay rw,lowerdir=/l,upperdir=${upper},workdir=/w`;
  const of = devicesOf(
    [
      '1 0 8:1 / / rw - ext4 /dev/root rw',
      '2 1 0:20 / /run rw - tmpfs tmpfs rw',
      '3 1 0:21 /@ /btr rw - btrfs /dev/mapper/big rw',
      '4 1 0:22 / /nfs rw - nfs4 server:/export/home rw',
      '5 1 0:23 / /none rw - ramfs none rw',
      overlay(6, '0:30', '/c1', '/var/lib/s/1/fs'),
      overlay(7, '0:31', '/c2', '/btr/s/2/fs'),
      overlay(8, '0:32', '/c3', '/c1/s/3/fs'),
      overlay(9, '0:33', '/loop', '/loop/fs'),
      '10 1 0:34 / /ro rw - overlay overlay ro,lowerdir=/run/a:/b',
    ],
    { '8:1/uevent': 'DEVNAME=vda1\nDEVTYPE=partition\n' },
  );

  test('are named after where they come from', () => {
    expect(['0:20', '0:21', '0:22', '0:23'].map(of)).toEqual([
      { name: 'tmpfs', kind: 'tmpfs' },
      { name: 'big', kind: 'filesystem' },
      { name: 'server:/export/home', kind: 'filesystem' },
      { name: 'ramfs', kind: 'filesystem' },
    ]);
  });

  test('overlays are named after the device their writable layer lies on', () => {
    expect(['0:30', '0:31'].map(of)).toEqual([
      { name: 'vda1', kind: 'overlay' },
      { name: 'big', kind: 'overlay' },
    ]);
  });

  test('an overlay on an overlay is named after the device at the bottom', () => {
    expect(of('0:32')).toEqual({ name: 'vda1', kind: 'overlay' });
  });

  test('a read-only overlay is named after the device of its uppermost layer', () => {
    expect(of('0:34')).toEqual({ name: 'tmpfs', kind: 'overlay' });
  });

  test('an overlay that lies on itself does not hang us', () => {
    expect(of('0:33')).toEqual({ name: 'overlay', kind: 'overlay' });
  });
});

test('the recorded containers’ overlays lie on the loop device', () => {
  const roots = { ...recorded('containerd-1.6'), sys: '/nonexistent' };
  const devices = createDevices(roots, createMounts(roots));
  expect([devices.of(0, 43), devices.of(7, 0)]).toEqual([
    { name: 'loop0', kind: 'overlay' },
    { name: 'loop0', kind: 'filesystem' },
  ]);
});

test('asks again once the mount table was refreshed', () => {
  const roots = emptyTree();
  const mounts = createMounts(roots);
  const devices = createDevices(roots, mounts);
  expect(devices.of(0, 50)).toEqual({ name: '0:50', kind: 'unknown' });
  put(join(roots.proc, 'self/mountinfo'), '1 0 0:50 / /t rw - tmpfs tmpfs rw\n');
  expect(devices.of(0, 50).kind).toBe('unknown');
  mounts.refresh();
  expect(devices.of(0, 50)).toEqual({ name: 'tmpfs', kind: 'tmpfs' });
});

test('names the device under this machine’s root', () => {
  const { dev } = statSync('/');
  const device = createDevices(hostRoots, createMounts(hostRoots)).of(dev >> 8, dev & 0xff);
  expect(device.kind).not.toBe('unknown');
});

test('parseUevent takes what is there', () => {
  expect(parseUevent('MAJOR=7\nDEVNAME=loop0\nDEVTYPE=disk\n')).toEqual({ name: 'loop0', type: 'disk' });
  expect(parseUevent('')).toEqual({});
});
