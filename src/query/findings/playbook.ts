/**
 * What can be done, and exactly how. A setting is text to copy: the same in every language, `{name}` filled in and
 * quoted for the shell. Sentences about each (`do.`, `gain.`, `risk.`) are in the catalogue.
 */
export const playbook = {
  'batch-fsync': { setting: null },
  'postgres-group-commit': {
    setting: '# postgresql.conf\ncommit_delay = 2000      # µs\ncommit_siblings = 5',
  },
  'postgres-async-commit': { setting: '# postgresql.conf\nsynchronous_commit = off' },
  'mysql-flush-per-second': {
    setting: '# my.cnf, [mysqld]\ninnodb_flush_log_at_trx_commit = 2\nsync_binlog = 1000',
  },
  'redis-everysec': { setting: '# redis.conf\nappendfsync everysec\nno-appendfsync-on-rewrite yes' },
  'sqlite-wal': { setting: 'PRAGMA journal_mode = WAL;\nPRAGMA synchronous = NORMAL;' },
  'etcd-own-disk': { setting: 'etcd --wal-dir=/mnt/etcd-wal/member/wal   # a disk of its own' },
  'own-disk': {
    setting: `volumes:
  - name: data
    hostPath: { path: /mnt/disk2/data, type: DirectoryOrCreate }   # a file system on another disk`,
  },
  volume: {
    setting: `volumes:
  - name: data
    emptyDir: { sizeLimit: 10Gi }   # or a persistentVolumeClaim
containers:
  - volumeMounts: [{ name: data, mountPath: DIRECTORY_IT_WRITES_TO }]`,
  },
  'volume-instead-of-copy-up': {
    setting: `volumes:
  - name: data
    emptyDir: {}   # filled by an init container from the image
containers:
  - volumeMounts: [{ name: data, mountPath: DIRECTORY_OF_THE_FILE }]`,
  },
  'overlay-metacopy': {
    setting: 'echo Y > /sys/module/overlay/parameters/metacopy   # mounts made from now on',
  },
  'overlay-volatile': {
    setting: `# /etc/containerd/config.toml
[plugins.'io.containerd.snapshotter.v1.overlayfs']
  mount_options = ["volatile"]`,
  },
  'containerd-own-disk': { setting: `# /etc/containerd/config.toml\nroot = "/mnt/disk2/containerd"` },
  'containerd-no-sync': {
    setting: `# /etc/containerd/config.toml, containerd 2.1 or newer
[plugins.'io.containerd.metadata.v1.bolt']
  no_sync = true`,
  },
  'fewer-container-starts': { setting: null },
  'pull-fewer-at-once': {
    setting:
      '# kubelet configuration; one at a time is the default\nserializeImagePulls: true\nmaxParallelImagePulls: 1',
  },
  'pull-ahead': { setting: 'crictl pull IMAGE   # or a DaemonSet, before peak time' },
  'lazy-snapshotter': {
    setting: `# /etc/containerd/config.toml, containerd 2.x (stargz-snapshotter running as a proxy plugin)
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "stargz"`,
  },
  'io-limit': {
    setting: 'echo "{disk_number} {bytes_limit} {requests_limit}" > {cgroup}/io.max   # disk {disk}',
  },
  'io-weight': {
    setting: 'echo "default 50" > {cgroup}/io.weight   # 1 to 10000, 100 is usual',
  },
  'raise-io-limit': {
    setting: 'cat {path}\necho "{device_number} rbps=max wbps=max riops=max wiops=max" > {path}',
  },
  'faster-disk': { setting: null },
  'check-disk': {
    setting:
      'smartctl -a /dev/{disk}\ncat /sys/block/{disk}/queue/scheduler /sys/block/{disk}/queue/write_cache\ndmsetup table',
  },
  scheduler: { setting: 'echo mq-deadline > /sys/block/{disk}/queue/scheduler' },
  'log-less': { setting: null },
  'log-rotation': {
    setting: `# kubelet configuration
containerLogMaxSize: 5Mi    # default 10Mi
containerLogMaxFiles: 3    # default 5
# Docker: /etc/docker/daemon.json
{ "log-driver": "local", "log-opts": { "max-size": "10m", "max-file": "3" } }`,
  },
  'log-own-disk': { setting: 'mount /dev/DISK2 /var/log/pods   # with the pods of the node drained' },
  'log-agent': { setting: null },
  noatime: {
    setting: `mount -o remount,noatime,nodiratime {mount_point}
# StorageClass:
mountOptions: [noatime, nodiratime]`,
  },
  'ext4-writeback': {
    setting: `# /etc/fstab or StorageClass (not by remount):
mountOptions: [data=writeback]`,
  },
  'ext4-fast-commit': { setting: 'tune2fs -O fast_commit {device}   # unmounted, kernel 5.10 or newer' },
  'dirty-limits': {
    setting: 'sysctl -w vm.dirty_background_bytes=67108864 vm.dirty_bytes=536870912',
  },
  'memory-limit': { setting: 'resources: { limits: { memory: MORE } }' },
  'free-inodes': {
    setting: `df -i {mount_point}
find {mount_point} -xdev -printf '%h\\n' | sort | uniq -c | sort -rn | head
crictl rmi --prune`,
  },
  'more-inodes': { setting: 'mkfs.ext4 -i 8192 /dev/DISK   # one inode per 8 KiB; mkfs.xfs needs none' },
  'free-space': {
    setting: 'df -h {mount_point}\ncrictl rmi --prune\ndu -xh --max-depth=2 {mount_point} | sort -h | tail',
  },
  'close-deleted': {
    setting:
      'ls -l /proc/{pid}/fd | grep deleted\nkubectl delete pod {pod} -n {namespace}   # or: kill -HUP {pid}, if it reopens its files',
  },
  'pack-small-files': { setting: null },
  'replace-disk': { setting: 'smartctl -a /dev/{disk}\ndmesg -T | grep -i {disk}\nkubectl drain NODE' },
  'less-swap': { setting: 'resources: { limits: { memory: MORE } }\nswapoff -a   # once memory suffices' },
} as const satisfies Readonly<Record<string, { readonly setting: string | null }>>;

export type MitigationId = keyof typeof playbook;

const SIMPLE_WORD = /^[\w@%+=:,./-]+$/u;

/** One word of a shell, whatever is in it: names come from whoever runs containers. */
export function shellWord(text: string): string {
  if (SIMPLE_WORD.test(text)) return text;
  if (/[^\P{C}]/u.test(text)) {
    return `$'${[...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'`;
  }
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** What stands in a setting for a value that is not known. */
const UNKNOWN: Readonly<Record<string, string>> = {
  cgroup: '/sys/fs/cgroup/CGROUP',
  bytes_limit: 'wbps=20971520',
  requests_limit: 'wiops=200',
  device: '/dev/DISK',
  disk_number: 'MAJ:MIN',
  device_number: 'MAJ:MIN',
  mount_point: 'MOUNT_POINT',
  path: 'FILE',
  pid: 'PID',
};

/** The text to copy; a value that is not known stays a word in capitals. */
export function settingOf(id: MitigationId, values: Readonly<Record<string, string>>): string | null {
  const { setting } = playbook[id];
  if (setting === null) return null;
  return setting.replace(/\{(\w+)\}/gu, (_, name: string) => {
    const value = values[name] ?? '';
    return value === '' ? (UNKNOWN[name] ?? name.toUpperCase()) : shellWord(value);
  });
}
