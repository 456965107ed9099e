import { rmSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listDocker, readDocker } from '../../../../src/daemon/lookups/containers/docker.ts';
import type { ContainerState } from '../../../../src/daemon/lookups/containers/container.ts';
import { createMounts } from '../../../../src/daemon/lookups/mounts.ts';
import type { Roots } from '../../../../src/daemon/lookups/roots.ts';
import { emptyTree, put, recorded } from '../trees.ts';

const WEB = '9346c308c835c4820c2bd28e92036125a3973aac5baae3008b8f5e0c534720af';
const DB = '8b97008bfb161faf15893a5183df41c5095de78acb202ee9d3961ca4774e6b48';
const LAYER = '/var/lib/docker/overlay2/c3ec0ccf6c97d26715e5484fd0114e196565d4355be766181f8d2ab21aa2b387';
const UID = '3c4ad1ce-7b1e-4ad0-9a5e-5bbf0a1b2c3d';

function readAll(roots: Roots): Map<string, ContainerState> {
  const mounts = createMounts(roots);
  const read = listDocker(roots).flatMap((state) => readDocker(roots, mounts, state) ?? []);
  return new Map(read.map((container) => [container.containerId, container]));
}

describe('the recorded state of Docker 20.10', () => {
  const containers = readAll(recorded('docker-20.10'));

  test('a container of `docker run --name web`', () => {
    const own = `/var/lib/docker/containers/${WEB}`;
    expect(containers.get(WEB)).toEqual({
      runtime: 'docker',
      containerId: WEB,
      name: 'web',
      pod: null,
      namespace: null,
      podUid: null,
      image: 'shop/web:1.0',
      rootfs: `${LAYER}/merged`,
      upperdir: `${LAYER}/diff`,
      snapshot: null,
      cgroupsPath: `/docker/${WEB}`,
      initPid: 542,
      mounts: [
        { destination: '/data', source: '/srv/data' },
        { destination: '/etc/resolv.conf', source: `${own}/resolv.conf` },
        { destination: '/etc/hostname', source: `${own}/hostname` },
        { destination: '/etc/hosts', source: `${own}/hosts` },
      ],
    });
  });

  test('a container with the labels of cri-dockerd and a cgroup parent', () => {
    expect(containers.get(DB)).toMatchObject({
      name: 'db',
      pod: 'db-0',
      namespace: 'prod',
      podUid: UID,
      cgroupsPath: `/kubepods/burstable/pod${UID}/${DB}`,
    });
  });

  test('has nothing else', () => {
    expect(containers.size).toBe(2);
  });
});

describe('a part of the state', () => {
  function copyOfRecorded(): Roots {
    const roots = emptyTree();
    const from = recorded('docker-20.10');
    cpSync(from.varLib, roots.varLib, { recursive: true });
    cpSync(from.run, roots.run, { recursive: true });
    return roots;
  }

  test('without bundle and mount (not running) still tells the layer and the binds', () => {
    const roots = copyOfRecorded();
    rmSync(roots.run, { recursive: true });
    const web = readAll(roots).get(WEB);
    expect(web).toMatchObject({
      name: 'web',
      cgroupsPath: null,
      rootfs: `${LAYER}/merged`,
      upperdir: `${LAYER}/diff`,
    });
    expect(web?.mounts).toContainEqual({ destination: '/data', source: '/srv/data' });
  });

  test('without configuration (a data root elsewhere) still tells cgroup and root', () => {
    const roots = copyOfRecorded();
    rmSync(roots.varLib, { recursive: true });
    expect(readAll(roots).get(WEB)).toMatchObject({
      runtime: 'docker',
      name: WEB.slice(0, 12),
      image: null,
      cgroupsPath: `/docker/${WEB}`,
      initPid: 542,
    });
  });

  test('with garbage for configuration is no container', () => {
    const roots = emptyTree();
    put(join(roots.varLib, `docker/containers/${WEB}/config.v2.json`), '{"ID":');
    put(join(roots.varLib, 'docker/containers/not-an-id/config.v2.json'), '{}');
    expect([listDocker(roots).map(({ containerId }) => containerId), readAll(roots).size]).toEqual([
      [WEB],
      0,
    ]);
  });
});

test('the bundles may be those of the system’s containerd, the sandbox is called pause', () => {
  const roots = emptyTree();
  put(
    join(roots.run, `containerd/io.containerd.runtime.v2.task/moby/${DB}/config.json`),
    JSON.stringify({ linux: { cgroupsPath: `system.slice:docker:${DB}` } }),
  );
  put(
    join(roots.varLib, `docker/containers/${DB}/config.v2.json`),
    JSON.stringify({
      Name: '/k8s_POD_x',
      State: { Pid: 0 },
      Config: {
        Labels: { 'io.kubernetes.docker.type': 'podsandbox', 'io.kubernetes.container.name': 'POD' },
      },
    }),
  );
  expect(readAll(roots).get(DB)).toMatchObject({
    name: 'pause',
    initPid: null,
    cgroupsPath: `/system.slice/docker-${DB}.scope`,
  });
});
