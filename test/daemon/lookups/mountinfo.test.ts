import { describe, expect, test } from 'vitest';
import { hostPath, overlayLayers, parseMountinfo, pathBelow } from '../../../src/daemon/lookups/mountinfo.ts';
import type { Mount } from '../../../src/daemon/lookups/mountinfo.ts';

/** Kernel 6.18, after `mount -o 'lowerdir=/mnt/l\,1:/mnt/l\:2,upperdir=/mnt/u p\\x,workdir=/mnt/w' …`. */
const ODD_OVERLAY =
  '74 70 0:40 / /mnt/m\\040nt rw,relatime - overlay overlay rw,lowerdir=/mnt/l\\134\\0541:/mnt/l\\134:2,upperdir=/mnt/u\\040p\\134\\134x,workdir=/mnt/w,uuid=on';

function mount(line: string): Mount {
  const [first] = parseMountinfo(line);
  if (!first) throw new Error(`not a mount: ${line}`);
  return first;
}

function overlay(superOptions: string, mountPoint = '/merged'): ReturnType<typeof overlayLayers> {
  return overlayLayers(mount(`1 1 0:9 / ${mountPoint} rw - overlay overlay rw,${superOptions}`));
}

describe('parseMountinfo', () => {
  test('reads every field of a line', () => {
    expect(
      parseMountinfo(
        '69 67 7:0 /containers/storage /var/lib/x rw,relatime - ext4 /dev/loop0 rw,errors=panic\n',
      ),
    ).toEqual([
      {
        id: 69,
        parent: 67,
        major: 7,
        minor: 0,
        root: '/containers/storage',
        mountPoint: '/var/lib/x',
        options: ['rw', 'relatime'],
        fsType: 'ext4',
        source: '/dev/loop0',
        superOptions: 'rw,errors=panic',
      },
    ]);
  });

  test('skips any number of optional fields', () => {
    const fields = ['', ' shared:2', ' shared:2 master:7', ' shared:2 master:7 propagate_from:1 unbindable'];
    expect(fields.map((optional) => mount(`1 2 8:1 / /a rw${optional} - ext4 /dev/sda1 rw`).fsType)).toEqual([
      'ext4',
      'ext4',
      'ext4',
      'ext4',
    ]);
  });

  test('decodes spaces, tabs, newlines, backslashes and multi-byte names', () => {
    const { root, mountPoint, source } = mount(
      '1 2 8:1 /a\\040b /c\\011d\\012e\\134f/\\303\\251 rw - ext4 /dev/disk\\040one rw',
    );
    expect([root, mountPoint, source]).toEqual(['/a b', '/c\td\ne\\f/é', '/dev/disk one']);
  });

  test('leaves white space alone that the kernel does not escape', () => {
    expect(mount('1 2 8:1 / /no\u00a0break\r rw - ext4 /dev/sda1 rw').mountPoint).toBe('/no\u00a0break\r');
  });

  test('takes an empty source and a source without options', () => {
    expect(mount('1 2 0:5 / /a rw - tmpfs  rw,size=4k')).toMatchObject({
      source: '',
      superOptions: 'rw,size=4k',
    });
    expect(mount('1 2 0:5 / /a rw - tmpfs none')).toMatchObject({ source: 'none', superOptions: '' });
  });

  test('skips what is not a mount', () => {
    expect(parseMountinfo('\nnonsense\n1 2 x:1 / /a rw - ext4 s rw\n1 2 8:1 / /a rw ext4 s rw\n')).toEqual(
      [],
    );
  });
});

describe('hostPath', () => {
  const table = parseMountinfo(
    [
      '1 0 8:1 / / rw - ext4 /dev/sda1 rw',
      '2 1 8:1 /var/lib/docker /mnt/deep/docker rw - ext4 /dev/sda1 rw',
      '3 1 8:2 / /data/second rw - ext4 /dev/sda2 rw',
      '4 1 8:2 / /data rw - ext4 /dev/sda2 rw',
      '5 1 8:2 / /late rw - ext4 /dev/sda2 rw',
      '6 1 8:3 /only/this /shown rw - ext4 /dev/sda3 rw',
    ].join('\n'),
  );

  test('prefers the longest root, so that the path is short', () => {
    expect(hostPath(table, 8, 1, '/var/lib/docker/x/y')).toBe('/mnt/deep/docker/x/y');
    expect(hostPath(table, 8, 1, '/var/lib/dockerfile')).toBe('/var/lib/dockerfile');
  });

  test('then the shortest mount point, then the latest mount', () => {
    expect(hostPath(table, 8, 2, '/f')).toBe('/late/f');
  });

  test('answers the root of a file system with its mount point', () => {
    expect([hostPath(table, 8, 1, '/'), hostPath(table, 8, 2, '/')]).toEqual(['/', '/late']);
  });

  test('knows nothing of other devices and of what no mount shows', () => {
    expect([hostPath(table, 9, 9, '/f'), hostPath(table, 8, 3, '/only/that')]).toEqual([
      undefined,
      undefined,
    ]);
    expect(hostPath(table, 8, 3, '/only/this/f')).toBe('/shown/f');
  });
});

describe('overlayLayers', () => {
  test('reads containerd’s three directories', () => {
    expect(overlay('lowerdir=/s/2/fs:/s/1/fs,upperdir=/s/3/fs,workdir=/s/3/work,uuid=on')).toEqual({
      lowerdirs: ['/s/2/fs', '/s/1/fs'],
      upperdir: '/s/3/fs',
      workdir: '/s/3/work',
    });
  });

  test('undoes both escapings: the kernel’s octal and overlayfs’ own', () => {
    expect(overlayLayers(mount(ODD_OVERLAY))).toEqual({
      lowerdirs: ['/mnt/l,1', '/mnt/l:2'],
      upperdir: '/mnt/u p\\x',
      workdir: '/mnt/w',
    });
    expect(overlay('lowerdir=/a\\:b:/c\\,d,upperdir=/u\\,v')).toEqual({
      lowerdirs: ['/a:b', '/c,d'],
      upperdir: '/u,v',
    });
  });

  test('has no upperdir on a read-only overlay', () => {
    expect(overlay('lowerdir=/a:/b')).toEqual({ lowerdirs: ['/a', '/b'] });
  });

  test('reads layers given one by one and data-only layers', () => {
    expect(overlay('lowerdir+=/a:1,lowerdir+=/b,datadir+=/c')).toEqual({ lowerdirs: ['/a:1', '/b', '/c'] });
    expect(overlay('lowerdir=/a::/c')).toEqual({ lowerdirs: ['/a', '/c'] });
  });

  test('completes the relative paths of Docker and containerd', () => {
    expect(
      overlay(
        'lowerdir=l/ABC:l/DEF,upperdir=f00/diff,workdir=f00/work',
        '/var/lib/docker/overlay2/f00/merged',
      ),
    ).toEqual({
      lowerdirs: ['/var/lib/docker/overlay2/l/ABC', '/var/lib/docker/overlay2/l/DEF'],
      upperdir: '/var/lib/docker/overlay2/f00/diff',
      workdir: '/var/lib/docker/overlay2/f00/work',
    });
    expect(
      overlay('lowerdir=2/fs:1/fs,upperdir=/c/snapshots/3/fs', '/run/c/k8s.io/x/rootfs')?.lowerdirs,
    ).toEqual(['/c/snapshots/2/fs', '/c/snapshots/1/fs']);
  });

  test('leaves relative what it cannot complete', () => {
    expect(overlay('lowerdir=b:a,upperdir=u', '/odd')).toEqual({ lowerdirs: ['b', 'a'], upperdir: 'u' });
  });

  test('is for overlays only', () => {
    expect(overlayLayers(mount('1 1 8:1 / / rw - ext4 /dev/sda1 rw,upperdir=/x'))).toBeUndefined();
  });
});

test('pathBelow goes by whole names', () => {
  expect([pathBelow('/', '/a'), pathBelow('/', '/'), pathBelow('/a', '/a'), pathBelow('/a', '/a/b')]).toEqual(
    ['/a', '', '', '/b'],
  );
  expect([pathBelow('/a', '/ab'), pathBelow('/a', '/'), pathBelow('/', 'a')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
