/** What is read from /proc and /sys beside the probes, each with what it is for; in the order of a tick. */
export const samplers = [
  { name: 'diskstats', summary: 'disks as iostat -x shows them' },
  { name: 'cpu', summary: 'CPU time with iowait, context switches' },
  { name: 'memory', summary: 'dirty memory, writeback and swap, of the host and per container' },
  { name: 'pressure', summary: 'time lost waiting for I/O and memory, of the host and per container' },
  { name: 'cgroup-io', summary: 'what each container read and wrote (io.stat)' },
  { name: 'process-io', summary: 'what each process read and wrote, as pidstat -d shows it' },
  { name: 'filesystems', summary: 'space and inodes of file systems that hold container data' },
  { name: 'upperdirs', summary: 'how many files each writable layer holds' },
  { name: 'mounts', summary: 'mount options, when they change' },
  { name: 'block-settings', summary: 'scheduler, write cache and queue of disks, when they change' },
  { name: 'cgroup-limits', summary: 'I/O and memory limits, when they change' },
  { name: 'kernel-log', summary: "the kernel's lines about disks, file systems and memory" },
  { name: 'runtime-log', summary: 'warnings and errors of containerd, the kubelet and Docker' },
  { name: 'deleted-files', summary: 'deleted files that are held open' },
] as const;

export type SamplerName = (typeof samplers)[number]['name'];

export const samplerNames: readonly SamplerName[] = samplers.map(({ name }) => name);
