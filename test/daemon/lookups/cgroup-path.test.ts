import { describe, expect, test } from 'vitest';
import { expandCgroupsPath, findContainer, readCgroupPath } from '../../../src/daemon/lookups/cgroup-path.ts';

const ID = '952b6cb30e3f3e8109d3520823c9859bb74947058cacd71d26b95809ec01ebf8';
const OUTER = '7e5fa182e6710ed97db1307c3dd651c89307fa9098ce7801c71d83a0477ecd0b';
const UID = '3c4ad1ce-7b1e-4ad0-9a5e-5bbf0a1b2c3d';
const UID_ = UID.replaceAll('-', '_');
const USER = '/user.slice/user-1000.slice/user@1000.service';

describe('Kubernetes', () => {
  test.each([
    ['besteffort', `/kubepods/besteffort/pod${UID}/${ID}`],
    ['burstable', `/kubepods/burstable/pod${UID}/${ID}`],
    ['guaranteed', `/kubepods/pod${UID}/${ID}`],
    ['under a cgroup root of its own', `/kubelet/kubepods/burstable/pod${UID}/${ID}`],
    ['with cgroups the container made', `/kubepods/burstable/pod${UID}/${ID}/init/deep.slice/x.service`],
  ])('cgroupfs driver, %s', (_, path) => {
    expect(readCgroupPath(path)).toEqual({ kind: 'container', containerId: ID, podUid: UID });
  });

  test('cgroupfs driver, an id that is a word', () => {
    expect(readCgroupPath('/kubepods/burstable/pod123/app1')).toEqual({
      kind: 'container',
      containerId: 'app1',
      podUid: '123',
    });
  });

  test.each([
    [
      'containerd',
      'cri-containerd',
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID_}.slice`,
    ],
    [
      'containerd',
      'cri-containerd',
      `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UID_}.slice`,
    ],
    ['containerd', 'cri-containerd', `/kubepods.slice/kubepods-pod${UID_}.slice`],
    ['cri-o', 'crio', `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID_}.slice`],
    ['docker', 'docker', `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID_}.slice`],
  ])('systemd driver, %s as %s in %s', (runtime, prefix, slice) => {
    const container = { kind: 'container', runtime, containerId: ID, podUid: UID };
    expect(readCgroupPath(`${slice}/${prefix}-${ID}.scope`)).toEqual(container);
    expect(readCgroupPath(`${slice}/${prefix}-${ID}.scope/container/x`)).toEqual(container);
  });

  test('systemd driver, a static pod, whose uid has no dashes', () => {
    const uid = '0123456789abcdef0123456789abcdef';
    expect(
      readCgroupPath(
        `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid}.slice/cri-containerd-${ID}.scope`,
      ),
    ).toMatchObject({ containerId: ID, podUid: uid });
  });

  test('a cgroupfs runtime under a systemd kubelet', () => {
    expect(
      readCgroupPath(
        `/system.slice/containerd.service/kubepods-burstable-pod${UID_}.slice:cri-containerd:${ID}`,
      ),
    ).toEqual({ kind: 'container', runtime: 'containerd', containerId: ID, podUid: UID });
  });

  test('kind: the container in the node, not the node', () => {
    const kubelet = '/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice';
    const pod = `${kubelet}/kubelet-kubepods-besteffort-pod${UID_}.slice`;
    expect(readCgroupPath(`/system.slice/docker-${OUTER}.scope${pod}/cri-containerd-${ID}.scope`)).toEqual({
      kind: 'container',
      runtime: 'containerd',
      containerId: ID,
      podUid: UID,
    });
    expect(readCgroupPath(`/docker/${OUTER}/kubelet.slice/kubelet-kubepods.slice`)).toEqual({
      kind: 'container',
      runtime: 'docker',
      containerId: OUTER,
    });
  });

  test('CRI-O with the cgroupfs driver', () => {
    expect(readCgroupPath(`/kubepods/burstable/pod${UID}/crio-${ID}`)).toEqual({
      kind: 'container',
      runtime: 'cri-o',
      containerId: ID,
      podUid: UID,
    });
  });

  test('a pod’s own cgroup is no container', () => {
    expect(readCgroupPath(`/kubepods/burstable/pod${UID}`)).toEqual({ kind: 'other' });
    expect(readCgroupPath('/kubepods/burstable')).toEqual({ kind: 'other' });
    const slice = `kubepods-burstable-pod${UID_}.slice`;
    expect(readCgroupPath(`/kubepods.slice/kubepods-burstable.slice/${slice}`)).toEqual({
      kind: 'unit',
      unit: slice,
    });
  });

  test('a directory called pod outside kubepods is nobody’s', () => {
    expect(readCgroupPath('/podcasts/podium/x')).toEqual({ kind: 'other' });
  });
});

describe('monitors are not the container', () => {
  test.each([
    [`/machine.slice/libpod-conmon-${ID}.scope`, `libpod-conmon-${ID}.scope`],
    [`/kubepods.slice/kubepods-pod${UID_}.slice/crio-conmon-${ID}.scope`, `crio-conmon-${ID}.scope`],
  ])('%s', (path, unit) => {
    expect(readCgroupPath(path)).toEqual({ kind: 'unit', unit });
  });

  test('under the cgroupfs driver', () => {
    expect(readCgroupPath(`/kubepods/burstable/pod${UID}/crio-conmon-${ID}`)).toEqual({ kind: 'other' });
  });
});

describe('Docker, Podman and plain containerd', () => {
  test.each([
    ['docker', `/docker/${ID}`],
    ['docker', `/docker/${OUTER}/docker/${ID}`],
    ['docker', `/system.slice/docker-${ID}.scope`],
    ['docker', `/system.slice/docker-${ID}.scope/init.scope`],
    ['podman', `/machine.slice/libpod-${ID}.scope`],
    ['podman', `/machine.slice/libpod-${ID}.scope/container`],
    ['podman', `${USER}/user.slice/libpod-${ID}.scope/container`],
    ['podman', `/libpod_parent/libpod-${ID}`],
    ['podman', `/system.slice/web.service/libpod-payload-${ID}`],
    ['containerd', `/system.slice/nerdctl-${ID}.scope`],
    ['containerd', `/k8s.io/${ID}`],
    ['containerd', `/default/${ID}/sub`],
  ])('%s: %s', (runtime, path) => {
    expect(readCgroupPath(path)).toEqual({ kind: 'container', runtime, containerId: ID });
  });

  test('containerd ids need not be hex', () => {
    expect(readCgroupPath('/default/app1')).toEqual({
      kind: 'container',
      runtime: 'containerd',
      containerId: 'app1',
    });
  });

  test('64 hex digits are a container wherever they are', () => {
    expect(readCgroupPath(`/my-parent/${ID}`)).toEqual({ kind: 'container', containerId: ID });
    expect(readCgroupPath(`/my-parent/${ID.slice(1)}`)).toEqual({ kind: 'other' });
  });

  test('daemons and look-alikes are units', () => {
    const units = ['docker.service', 'docker-compose.scope', 'containerd.service', 'crio-wipe.service'];
    expect(units.map((unit) => readCgroupPath(`/system.slice/${unit}`))).toEqual(
      units.map((unit) => ({ kind: 'unit', unit })),
    );
  });
});

describe('units', () => {
  test.each([
    ['/init.scope', 'init.scope'],
    ['/system.slice', 'system.slice'],
    ['/system.slice/sshd.service', 'sshd.service'],
    ['/system.slice/postgres.service/workers', 'postgres.service'],
    ['/system.slice/var-lib-data.mount', 'var-lib-data.mount'],
    [`${USER}/app.slice/foo.service`, 'foo.service'],
    ['/system.slice/system-getty.slice/getty@tty1.service', 'getty@tty1.service'],
    ['/system.slice/odd\\x2dname with space.service', 'odd\\x2dname with space.service'],
  ])('%s', (path, unit) => {
    expect(readCgroupPath(path)).toEqual({ kind: 'unit', unit });
  });
});

test('everything else is other, however odd', () => {
  const paths = [
    '/',
    '',
    '//',
    '/.service',
    '/a/b',
    '/default',
    '/kubepods/pod',
    `/docker-${ID}`,
    '/a\nb.scope/c:',
  ];
  expect(paths.map((path) => readCgroupPath(path).kind)).toEqual([
    'other',
    'other',
    'other',
    'other',
    'other',
    'other',
    'other',
    'other',
    'unit',
  ]);
});

test('findContainer tells the container’s own cgroup', () => {
  expect(findContainer('/kubepods/burstable/pod123/app1/sub/sub')?.path).toBe(
    '/kubepods/burstable/pod123/app1',
  );
  expect(findContainer('/system.slice')).toBeUndefined();
});

describe('expandCgroupsPath', () => {
  test.each([
    ['/kubepods/burstable/pod123/app1', '/kubepods/burstable/pod123/app1'],
    ['relative/path/', '/relative/path'],
    [
      `kubelet-kubepods-burstable-pod${UID_}.slice:cri-containerd:${ID}`,
      '/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice' +
        `/kubelet-kubepods-burstable-pod${UID_}.slice/cri-containerd-${ID}.scope`,
    ],
    [`system.slice:docker:${ID}`, `/system.slice/docker-${ID}.scope`],
    [`:docker:${ID}`, `/system.slice/docker-${ID}.scope`],
    [`-.slice:crio:${ID}`, `/crio-${ID}.scope`],
    ['machine.slice::name', '/machine.slice/name.scope'],
    ['user.slice:x:own.slice', '/user.slice/own.slice'],
    ['a:b', '/a:b'],
    ['a:b:c:d', '/a:b:c:d'],
    ['', '/'],
  ])('%s', (given, path) => {
    expect(expandCgroupsPath(given)).toBe(path);
  });
});
