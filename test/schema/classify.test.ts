import { describe, expect, test } from 'vitest';
import { classNames, namedRules, namelessRules, places } from '../../src/schema/classes.ts';
import { createClassifier, createExplainer } from '../../src/schema/classify.ts';
import type { FileFacts } from '../../src/schema/classify.ts';

const classify = createClassifier();
const POD = '0b5fc0ca-61a1-4b8e-9ed4-2d1b9f3d1f6e';
const STATIC_POD = '5f1c7e2c0c5d2c6f7a1b0c9d8e7f6a5b';
const ID = '952b6cb30e3f3e8109d3520823c9859bb74947058cacd71d26b95809ec01ebf8';
const KUBELET = `/var/lib/kubelet/pods/${POD}`;
const CONTAINERD = '/var/lib/containerd';
const SNAPSHOTS = `${CONTAINERD}/io.containerd.snapshotter.v1.overlayfs/snapshots`;
const K3S = '/var/lib/rancher/k3s/agent/containerd';

const nobody: FileFacts = {
  path: '',
  hostPath: null,
  state: 'known',
  isInContainer: false,
  layer: null,
  isBound: false,
  fsType: 'ext4',
  isDirectory: false,
  hasBeside: () => false,
};
const onHost = (path: string, more: Partial<FileFacts> = {}) => {
  const { class: name, place } = classify({ ...nobody, path, hostPath: path, ...more });
  return `${name} ${place}`;
};
const inContainer = (path: string, hostPath: string | null, more: Partial<FileFacts> = {}) =>
  onHost(path, { hostPath, isInContainer: true, ...more });
const inLayer = (path: string) => inContainer(path, `${SNAPSHOTS}/7/fs${path}`, { layer: 'writable' });
const inVolume = (path: string, hostPath: string) => inContainer(path, hostPath, { isBound: true });

describe('what container runtimes write', () => {
  test.each([
    // containerd 1.6, 1.7, 2.x
    [`${CONTAINERD}/io.containerd.metadata.v1.bolt/meta.db`, 'containerd_metadata host'],
    [`${SNAPSHOTS}/../metadata.db`.replace('/snapshots/..', ''), 'snapshotter_metadata host'],
    [`${CONTAINERD}/io.containerd.snapshotter.v1.devmapper/devpool.db`, 'snapshotter_metadata host'],
    [`${CONTAINERD}/io.containerd.content.v1.content/ingest/8a1f/data`, 'content_ingest host'],
    [`${CONTAINERD}/io.containerd.content.v1.content/blobs/sha256/${ID}`, 'content_blob host'],
    [`${SNAPSHOTS}/12/fs/usr/lib/libc.so.6`, 'snapshot_unpack image_layer'],
    [`${SNAPSHOTS}/12/fs/var/lib/app.db`, 'snapshot_unpack image_layer'],
    [`${SNAPSHOTS}/12/work/work/#20021`, 'copy_up writable_layer'],
    [`${CONTAINERD}/io.containerd.grpc.v1.cri/sandboxes/${ID}/resolv.conf`, 'runtime_state host'],
    [`${CONTAINERD}/io.containerd.runtime.v2.task/k8s.io/${ID}/work`, 'runtime_state host'],
    [`${CONTAINERD}/io.containerd.mount-manager.v1.bolt/mounts.db`, 'runtime_state host'],
    // k3s, k0s, MicroK8s
    [`${K3S}/io.containerd.metadata.v1.bolt/meta.db`, 'containerd_metadata host'],
    [`${K3S}/io.containerd.snapshotter.v1.overlayfs/snapshots/3/fs/bin/sh`, 'snapshot_unpack image_layer'],
    ['/var/lib/rancher/k3s/server/db/state.db-wal', 'sqlite_journal host'],
    ['/var/lib/k0s/containerd/io.containerd.metadata.v1.bolt/meta.db', 'containerd_metadata host'],
    [
      '/var/snap/microk8s/common/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db',
      'containerd_metadata host',
    ],
    // Docker
    ['/var/lib/docker/tmp/GetImageBlob2312', 'content_ingest host'],
    [`/var/lib/docker/image/overlay2/layerdb/sha256/${ID}/tar-split.json.gz`, 'image_metadata host'],
    [`/var/lib/docker/overlay2/${ID}/diff/etc/passwd`, 'snapshot_unpack image_layer'],
    [`/var/lib/docker/containers/${ID}/${ID}-json.log`, 'container_log host'],
    [`/var/lib/docker/containers/${ID}/${ID}-json.log.1`, 'container_log host'],
    [`/var/lib/docker/containers/${ID}/local-logs/container.log`, 'container_log host'],
    [`/var/lib/docker/containers/${ID}/config.v2.json`, 'runtime_state host'],
    ['/var/lib/docker/buildkit/cache.db', 'build_cache host'],
    ['/var/lib/docker/volumes/metadata.db', 'runtime_state host'],
    ['/var/lib/docker/volumes/pg/_data/pg_wal/000000010000000000000001', 'postgres_wal volume_named'],
    // CRI-O and Podman
    [`/var/lib/containers/storage/overlay/${ID}/diff/usr/bin/env`, 'snapshot_unpack image_layer'],
    ['/var/lib/containers/storage/overlay-layers/layers.json', 'image_metadata host'],
    [`/var/lib/containers/storage/overlay-containers/${ID}/userdata/ctr.log`, 'container_log host'],
    [`/var/lib/containers/storage/overlay-containers/${ID}/userdata/config.json`, 'runtime_state host'],
    ['/var/lib/containers/storage/volumes/data/_data/x', 'volume_named volume_named'],
    ['/var/tmp/container_images_storage31123/1', 'content_ingest host'],
    // logs and the kubelet
    [`/var/log/pods/shop_api-0_${POD}/api/0.log`, 'container_log host'],
    [`/var/log/pods/shop_api-0_${POD}/api/0.log.20261121-101112.gz`, 'container_log host'],
    [`/var/log/containers/api-0_shop_api-${ID}.log`, 'container_log host'],
    ['/var/lib/kubelet/cpu_manager_state', 'kubelet_state host'],
    ['/var/lib/kubelet/device-plugins/kubelet_internal_checkpoint', 'kubelet_state host'],
    [`${KUBELET}/etc-hosts`, 'kubelet_state host'],
    [`${KUBELET}/containers/api/2f31c9aa`, 'kubelet_state host'],
  ])('%s: %s', (path, expected) => {
    expect(onHost(path)).toBe(expected);
  });

  test('what shims write to /run is their state, in memory', () => {
    const path = '/run/containerd/io.containerd.runtime.v2.task/k8s.io/app1/.init.pid';
    expect(onHost(path, { fsType: 'tmpfs' })).toBe('runtime_state memory');
  });

  test("a container's root seen from the host is its layer, not the runtime's state", () => {
    const path = '/run/containerd/io.containerd.runtime.v2.task/k8s.io/app1/rootfs/etc/conf';
    const hostPath = `${SNAPSHOTS}/7/fs/etc/conf`;
    expect(onHost(path, { hostPath, layer: 'writable' })).toBe('writable_layer writable_layer');
    expect(onHost(path, { hostPath: null })).toBe('writable_layer writable_layer');
  });

  test("an image's files are unpacked outside containers, and read inside", () => {
    const hostPath = `${SNAPSHOTS}/3/fs/usr/lib/libc.so.6`;
    expect(onHost(hostPath)).toBe('snapshot_unpack image_layer');
    expect(inContainer('/usr/lib/libc.so.6', hostPath)).toBe('image_layer image_layer');
    const read = inContainer('/usr/lib/libc.so.6', `${SNAPSHOTS}/7/fs/usr/lib/libc.so.6`, { layer: 'image' });
    expect(read).toBe('image_layer image_layer');
  });
});

describe('where a file of a container lies', () => {
  test.each([
    [`${KUBELET}/volumes/kubernetes.io~empty-dir/cache/x`, 'volume_empty_dir'],
    [`/var/lib/kubelet/pods/${STATIC_POD}/volumes/kubernetes.io~empty-dir/cache/x`, 'volume_empty_dir'],
    [`${KUBELET}/volumes/kubernetes.io~configmap/conf/..2026/app.yaml`, 'volume_config'],
    [`${KUBELET}/volumes/kubernetes.io~secret/tls/tls.key`, 'volume_config'],
    [`${KUBELET}/volumes/kubernetes.io~projected/kube-api-access-x2k4q/token`, 'volume_config'],
    [`${KUBELET}/volumes/kubernetes.io~csi/pvc-17/mount/x`, 'volume_csi'],
    ['/var/lib/kubelet/plugins/kubernetes.io/csi/ebs.csi.aws.com/9f8e/globalmount/x', 'volume_csi'],
    [`${KUBELET}/volumes/kubernetes.io~nfs/share/x`, 'volume_nfs'],
    [`${KUBELET}/volumes/kubernetes.io~local-volume/pv-1/x`, 'volume_local'],
    ['/var/lib/kubelet/plugins/kubernetes.io/local-volume/mounts/pv-1/x', 'volume_local'],
    [`${KUBELET}/volume-subpaths/data/db/0/x`, 'volume_subpath'],
    [`${KUBELET}/volumes/kubernetes.io~rbd/pv-1/x`, 'volume_other'],
    [`${KUBELET}/volumes/acme~flex/v/x`, 'volume_other'],
    ['/var/lib/rancher/k3s/storage/pvc-17_shop_data/x', 'volume_host_path'],
    ['/srv/data/x', 'volume_host_path'],
  ])('%s: %s', (hostPath, place) => {
    expect(inVolume('/mnt/x', hostPath)).toBe(`${place} ${place}`);
    expect(inVolume('/mnt/pg_wal/000000010000000000000042', hostPath)).toBe(`postgres_wal ${place}`);
  });

  test('an emptyDir in memory is still an emptyDir', () => {
    const hostPath = `${KUBELET}/volumes/kubernetes.io~empty-dir/cache/x`;
    expect(inContainer('/cache/x', hostPath, { isBound: true, fsType: 'tmpfs' })).toBe(
      'volume_empty_dir volume_empty_dir',
    );
  });

  test('NFS and memory are told by the file system', () => {
    expect(inContainer('/d/x', '/mnt/nfs/x', { isBound: true, fsType: 'nfs4' })).toBe(
      'volume_nfs volume_nfs',
    );
    expect(onHost('/mnt/nfs/x', { fsType: 'nfs' })).toBe('volume_nfs volume_nfs');
    expect(
      inContainer('/dev/shm/x', `/run/containerd/x/${ID}/shm/x`, { isBound: true, fsType: 'tmpfs' }),
    ).toBe('runtime_state memory');
    expect(onHost('/tmp/x', { fsType: 'tmpfs' })).toBe('memory memory');
  });

  test('a path alone says nothing about the host', () => {
    expect(inContainer(`${KUBELET}/volumes/kubernetes.io~csi/pvc-17/mount/x`, null)).toBe('other unknown');
    expect(inContainer('/var/lib/redis/dump.rdb', null)).toBe('redis_rdb unknown');
  });
});

describe('what applications write', () => {
  test.each([
    ['/var/lib/etcd/member/wal/0000000000000004-000000000001a2b3.wal', 'etcd_wal'],
    ['/var/lib/etcd/member/wal/1.tmp', 'etcd_wal'],
    ['/fast/wal/0000000000000004-000000000001a2b3.wal', 'etcd_wal'],
    ['/var/lib/etcd/member/snap/db', 'etcd_data'],
    ['/var/lib/etcd/member/snap/0000000000000005-00000000000186a1.snap', 'etcd_data'],
    ['/var/lib/postgresql/data/pg_wal/000000010000000000000042', 'postgres_wal'],
    ['/pgdata/pg_wal/archive_status/000000010000000000000042.done', 'postgres_wal'],
    ['/var/lib/postgresql/9.6/main/pg_xlog/000000010000000000000042', 'postgres_wal'],
    ['/var/lib/postgresql/data/base/16384/2619', 'postgres_data'],
    ['/var/lib/postgresql/data/base/16384/2619.1', 'postgres_data'],
    ['/var/lib/postgresql/data/base/16384/2619_fsm', 'postgres_data'],
    ['/var/lib/postgresql/data/base/16384/t3_16402', 'postgres_data'],
    ['/var/lib/postgresql/data/base/pgsql_tmp/pgsql_tmp8421.0', 'postgres_data'],
    ['/var/lib/postgresql/data/global/pg_control', 'postgres_data'],
    ['/var/lib/postgresql/data/pg_xact/0000', 'postgres_data'],
    ['/data/appendonlydir/appendonly.aof.1.incr.aof', 'redis_aof'],
    ['/data/appendonlydir/appendonly.aof.1.base.rdb', 'redis_aof'],
    ['/data/appendonly.aof', 'redis_aof'],
    ['/data/temp-2311.rdb', 'redis_rdb'],
    ['/var/lib/mysql/#innodb_redo/#ib_redo12', 'mysql_redo'],
    ['/var/lib/mysql/ib_logfile0', 'mysql_redo'],
    ['/var/lib/mysql/#ib_16384_0.dblwr', 'mysql_redo'],
    ['/var/lib/mysql/binlog.000017', 'mysql_binlog'],
    ['/var/lib/mysql/mysql-bin.000017', 'mysql_binlog'],
    ['/var/lib/mysql/db1-relay-bin.000003', 'mysql_binlog'],
    ['/var/lib/mysql/shop/orders.ibd', 'mysql_data'],
    ['/var/lib/mysql/ibdata1', 'mysql_data'],
    ['/var/lib/kafka/data/orders-0/00000000000000000000.log', 'kafka_segment'],
    ['/var/lib/kafka/data/orders-12/00000000000000123456.timeindex', 'kafka_segment'],
    ['/bitnami/kafka/data/__cluster_metadata-0/00000000000000000000.log', 'kafka_segment'],
    ['/bitnami/kafka/data/orders-0.41e2ab-delete/00000000000000000000.log.deleted', 'kafka_segment'],
    ['/data/db/journal/WiredTigerLog.0000000017', 'mongodb_journal'],
    ['/data/db/collection-7--8213.wt', 'mongodb_data'],
    ['/data/db/WiredTiger.turtle', 'mongodb_data'],
    ['/prometheus/wal/00000012', 'prometheus_wal'],
    ['/prometheus/wal/checkpoint.00000011/00000000', 'prometheus_wal'],
    ['/prometheus/chunks_head/000031', 'prometheus_wal'],
    ['/prometheus/01JD3Z8Q2V6S6Y1B1M0K7S9XQZ/chunks/000001', 'prometheus_data'],
    ['/usr/share/elasticsearch/data/indices/Zk3/0/translog/translog-7.tlog', 'lucene_translog'],
    ['/usr/share/elasticsearch/data/indices/Zk3/0/index/_1a.cfs', 'lucene_data'],
    ['/data/rocks/000124.sst', 'rocksdb_data'],
    ['/data/rocks/MANIFEST-000122', 'rocksdb_data'],
    ['/app/state.sqlite3-wal', 'sqlite_journal'],
    ['/app/state.db-journal', 'sqlite_journal'],
    ['/app/state.sqlite', 'sqlite_data'],
    ['/app/logs/server.log', 'log_file'],
    ['/app/logs/server.log.2', 'log_file'],
    ['/app/server.log-20261121', 'log_file'],
    ['/var/log/nginx/access', 'log_file'],
  ])('%s: %s, in its layer or a volume', (path, expected) => {
    expect(inLayer(path)).toBe(`${expected} writable_layer`);
    expect(inVolume(path, `${KUBELET}/volumes/kubernetes.io~csi/pvc-17/mount/opaque`)).toBe(
      `${expected} volume_csi`,
    );
    expect(onHost(path)).toBe(`${expected} host`);
  });

  test('is told by the path on the host as well', () => {
    const hostPath = '/srv/pg/pg_wal/000000010000000000000042';
    expect(inVolume('/wal/000000010000000000000042', hostPath)).toBe('postgres_wal volume_host_path');
    expect(inVolume('/logs/x/0.log', `/var/log/pods/shop_api-0_${POD}/api/0.log`)).toBe(
      'container_log volume_host_path',
    );
  });

  test('a deleted file keeps its class', () => {
    expect(onHost('/data/temp-2311.rdb (deleted)', { hostPath: null, state: 'deleted' })).toBe(
      'redis_rdb unknown',
    );
  });

  test.each([
    '/app/base/config/1',
    '/app/base/2024-01/1.txt',
    '/app/global/settings',
    '/app/wal.txt',
    '/app/wal/segment-1',
    '/app/members/wal/x',
    '/app/binlog.txt',
    '/app/cabin.000017',
    '/app/1.log.d/x',
    '/app/my.dbs',
    '/app/x.sst',
    '/app/catalog',
    '/app/io.containerd.metadata.v1.boltx/meta',
    '/app/orders-0/readme',
    '/app/journal/WiredTigerLog.old',
    '/app/pods/x/volumes/y',
    '/app/dev/sda',
    '/app/iotrace.dbx',
  ])('%s is like none of them', (path) => {
    expect(inLayer(path)).toBe('writable_layer writable_layer');
    expect(onHost(path)).toBe('other host');
  });
});

test.each([
  ['/var/log/journal/5b1c7e2c0c5d2c6f7a1b0c9d8e7f6a5b/system.journal', 'journald host'],
  ['/run/log/journal/5b1c7e2c0c5d2c6f7a1b0c9d8e7f6a5b/system@0.journal', 'journald host'],
  ['/var/log/syslog', 'log_file host'],
  ['/swapfile', 'swap host'],
  ['/dev/nvme0n1', 'block_device host'],
  ['/dev/mapper/vg0-data', 'block_device host'],
  ['/dev/shm/PostgreSQL.1', 'memory memory'],
  ['/var/lib/iotrace/iotrace.db-wal', 'iotrace host'],
  [`${CONTAINERD}/.iotrace-canary-rhanBX/upper/file`, 'iotrace host'],
  [`${CONTAINERD}/.iotrace-canary-rhanBX/work/work/#393286`, 'iotrace host'],
  ['/usr/bin/bash', 'other host'],
])("the system's own: %s: %s", (path, expected) => {
  expect(onHost(path)).toBe(expected);
});

test.each([
  ['(no file)', 'no_file device'],
  ['(file system metadata)', 'fs_metadata device'],
  ['(file system journal)', 'journal device'],
  ['(swap)', 'swap device'],
  ['(process memory: direct I/O)', 'direct_io device'],
  ['(process memory: direct I/O or swap)', 'direct_io device'],
  ['(file not known)', 'unknown unknown'],
  ['(not opened)', 'unknown unknown'],
  ['(inode 17, name not known)', 'unknown unknown'],
  ['(anonymous file)', 'anonymous memory'],
  ['(file being copied up)', 'copy_up writable_layer'],
])('what has no name: %s: %s, in a container and outside', (path, expected) => {
  expect(inContainer(path, null, { state: 'none' })).toBe(expected);
  expect(onHost(path, { hostPath: null, state: 'none' })).toBe(expected);
});

describe('a second sign', () => {
  const beside = (...names: string[]): Partial<FileFacts> => ({ hasBeside: (name) => names.includes(name) });

  test('decides between a database and a log', () => {
    expect(onHost('/srv/rocks/1234568.log', beside('CURRENT'))).toBe('rocksdb_wal host');
    expect(onHost('/srv/rocks/1234568.log')).toBe('log_file host');
  });

  test('may be named after the file', () => {
    expect(onHost('/srv/app.db', beside('app.db-wal'))).toBe('sqlite_data host');
    expect(onHost('/srv/app.db')).toBe('other host');
    expect(onHost('/srv/Cookies-journal', beside('Cookies'))).toBe('sqlite_journal host');
  });

  test('is waited for', () => {
    const waits = (path: string, more = {}) =>
      classify({ ...nobody, path, hostPath: path, ...more }).isWaiting;
    expect([waits('/srv/app.db'), waits('/srv/app.db', beside('app.db-wal')), waits('/srv/app')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('a directory', () => {
  const ofDirectory = (path: string) => onHost(path, { isDirectory: true });

  test('is of the class of what lies in it', () => {
    expect([
      ofDirectory('/srv/data/pg_wal'),
      ofDirectory('/var/lib/etcd/member/wal'),
      ofDirectory('/var/lib/etcd/member/snap'),
      ofDirectory('/data/appendonlydir'),
      ofDirectory('/srv/data/base'),
    ]).toEqual(['postgres_wal host', 'etcd_wal host', 'etcd_data host', 'redis_aof host', 'other host']);
    expect(onHost('/srv/data/pg_wal')).toBe('other host');
  });
});

test('which rule decided can be asked', () => {
  const explain = createExplainer();
  const ruleOf = (path: string, more: Partial<FileFacts> = {}) =>
    explain({ ...nobody, path, hostPath: path, ...more }).rule;
  expect([
    ruleOf('/srv/data/pg_wal/000000010000000000000001'),
    ruleOf('/srv/1234568.log', { hasBeside: (name) => name === 'LOCK' }),
    ruleOf('/usr/bin/bash'),
  ]).toEqual([
    '**/{pg_wal,pg_xlog}/**',
    '**/<n6+>.log beside CURRENT, LOCK, IDENTITY, ../CURRENT or ../IDENTITY',
    null,
  ]);
});

describe("a user's own rules", () => {
  const own = createClassifier([
    { class: 'orders', means: 'Orders.', paths: ['/srv/orders/**', '**/*.wt'] },
    { class: 'layer_cache', means: 'Caches in layers.', paths: ['**/cache/*'], places: ['writable_layer'] },
  ]);
  const classOf = (path: string, more: Partial<FileFacts> = {}) =>
    own({ ...nobody, path, hostPath: path, ...more }).class;

  test('come before those of the table', () => {
    expect(classOf('/data/db/collection-7.wt')).toBe('orders');
    expect(classOf('/srv/orders/x.log')).toBe('orders');
  });

  test('hold only in the places they name', () => {
    expect(classOf('/cache/x', { layer: 'writable' })).toBe('layer_cache');
    expect(classOf('/cache/x')).toBe('other');
  });

  test('do not take what has no name', () => {
    const all = createClassifier([{ class: 'all', means: 'All.', paths: ['**'] }]);
    expect(all({ ...nobody, path: '(no file)', state: 'none' })).toMatchObject({
      class: 'no_file',
      place: 'device',
    });
    expect(all({ ...nobody, path: '/x', hostPath: '/x' }).class).toBe('all');
  });
});

describe('the table', () => {
  const rules = [...namelessRules, ...namedRules];

  test('has each class once, with a sentence and lower case words for a name', () => {
    const names = rules.map((rule) => rule.class);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.filter((name) => !/^[a-z][a-z0-9_]*$/u.test(name))).toEqual([]);
    expect(rules.filter(({ means }) => means.length < 10)).toEqual([]);
    expect(new Set(classNames).size).toBe(classNames.length);
  });

  test('calls no class as a place is called', () => {
    const names = new Set<string>(rules.map((rule) => rule.class));
    expect(places.map(({ place }) => place).filter((place) => names.has(place))).toEqual(['unknown']);
  });
});
