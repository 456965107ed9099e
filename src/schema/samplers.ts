/** What is read from /proc and /sys beside the probes, each with what it is for. */
export const samplers = {
  diskstats: 'disks as iostat -x shows them',
  cpu: 'CPU time with iowait, context switches',
  memory: 'dirty memory, writeback and swap, of the host and per container',
  pressure: 'time lost waiting for I/O and memory, of the host and per container',
  'cgroup-io': 'what each container read and wrote (io.stat)',
  'process-io': 'what each process read and wrote, as pidstat -d shows it',
  filesystems: 'space and inodes of file systems that hold container data',
  upperdirs: 'how many files each writable layer holds',
  mounts: 'mount options, when they change',
  'block-settings': 'scheduler, write cache and queue of disks, when they change',
  'cgroup-limits': 'I/O and memory limits, when they change',
  'kernel-log': "the kernel's lines about disks, file systems and memory",
  'runtime-log': 'warnings and errors of containerd, the kubelet and Docker',
  'deleted-files': 'deleted files that are held open',
} as const;

export type SamplerName = keyof typeof samplers;

export const samplerNames: readonly SamplerName[] = [
  'diskstats',
  'cpu',
  'memory',
  'pressure',
  'cgroup-io',
  'process-io',
  'filesystems',
  'upperdirs',
  'mounts',
  'block-settings',
  'cgroup-limits',
  'kernel-log',
  'runtime-log',
  'deleted-files',
];
