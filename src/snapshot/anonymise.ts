import { createHmac, randomBytes } from 'node:crypto';

/** Columns with names that somebody chose; a path is replaced part by part, so that what lay together still does. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  session_record: ['host', 'boot_id'],
  container: [
    'container_id',
    'name',
    'pod',
    'namespace',
    'pod_uid',
    'image',
    'rootfs',
    'upperdir',
    'snapshot',
  ],
  cgroup: ['path'],
  process: ['name'],
  file: ['path', 'host_path'],
  exemplar: ['thread'],
  mount_state: ['mount_point', 'root', 'source', 'upperdir'],
  filesystem_sample: ['mount_point'],
  upperdir_sample: ['upperdir'],
  deleted_file: ['path'],
  kernel_message: ['boot_id'],
  device_state: ['model'],
};

/** Columns of free text, which may hold any name. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  kernel_message: ['message'],
  runtime_message: ['message'],
  loss_record: ['detail'],
  mount_state: ['options'],
};
const REMOVED = '(removed)';

/** Disks as the kernel numbers them say nothing; a device mapper's name may. */
const DEVICES: Readonly<Record<string, readonly string[]>> = {
  device: ['name'],
  device_disk: ['device', 'disk'],
  device_state: ['below'],
  kernel_message: ['device'],
};
const NUMBERED =
  /^(?:sd[a-z]+|vd[a-z]+|xvd[a-z]+|hd[a-z]+|nvme\d+n\d+|mmcblk\d+|md\d+|dm-\d+|loop\d+|zram\d+|sr\d+)p?\d*$/u;

/** Directories every node has. */
const COMMON = new Set(
  'var lib run etc usr tmp dev proc sys home root log data containerd docker kubelet pods volumes kubepods kubepods.slice system.slice user.slice init.scope snapshots fs rootfs overlay ext4 xfs tmpfs'.split(
    ' ',
  ),
);

/** Replaces the names in the values of a column: the same name by the same word, within one snapshot. */
export type Anonymise = (table: string, column: string, value: string) => string;

export function createAnonymiser(key: Buffer = randomBytes(32)): Anonymise {
  const alias = (part: string): string =>
    `x${createHmac('sha256', key).update(part).digest('hex').slice(0, 10)}`;
  const path = (text: string): string =>
    text
      .split('/')
      .map((part) => (part === '' || part === '.' || COMMON.has(part) ? part : alias(part)))
      .join('/');
  return (table, column, value) => {
    // What is known of a file without a name: (deleted), (pipe).
    if (/^\([a-z ]+\)$/u.test(value)) return value;
    if (TEXTS[table]?.includes(column) === true) return REMOVED;
    if (NAMED[table]?.includes(column) === true) return path(value);
    if (DEVICES[table]?.includes(column) !== true) return value;
    return value
      .split(' ')
      .map((name) => (NUMBERED.test(name) ? name : alias(name)))
      .join(' ');
  };
}
