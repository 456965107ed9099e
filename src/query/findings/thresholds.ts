/** One number a rule compares with, and why it is this one. */
type Threshold = { readonly value: number; readonly because: string };

const threshold = (value: number, because: string): Threshold => ({ value, because });

/** Every threshold of every rule. The unit is the end of the name. */
export const thresholds = {
  grown_times: threshold(2, 'a rate or wait that did not double is the load of every day, not what changed'),
  waiting_ns_per_s: threshold(
    50e6,
    'a twentieth of a second of waiting in each second: below, hardly anybody notices',
  ),
  burst_latency_ns: threshold(100e6, 'a person notices a wait of a tenth of a second'),
  slower_latency_ns: threshold(
    10e6,
    'of what takes less than ten milliseconds, the double is hardly noticed',
  ),
  judged_op_count: threshold(
    100,
    'of fewer than a hundred operations the P99 is the longest one, and one is chance',
  ),
  worth_naming_share: threshold(
    0.1,
    'what explains less than a tenth of the added latency is not the answer',
  ),
  fsync_ops_per_s: threshold(
    100,
    'a disk without a safe write cache does about a hundred flushes a second; one program rarely needs more',
  ),
  fsync_grown_ops_per_s: threshold(10, 'a doubling of fewer than ten syncs a second is chance'),
  copy_up_ops_per_s: threshold(5, 'a container copies its few configuration files up once, at its start'),
  copy_up_file_bytes: threshold(
    16 * 2 ** 20,
    'the first write to a file this large waits until all of it is copied: a tenth of a second at 160 MiB/s',
  ),
  copy_up_latency_ns: threshold(100e6, 'a person notices a wait of a tenth of a second'),
  busy_percent: threshold(90, 'above it a device that serves one request at a time has no time left'),
  busy_share: threshold(0.3, 'busy for a third of the window is no burst'),
  queue_length: threshold(
    4,
    'on average four requests under way: each waits for others, on a device that serves few at once',
  ),
  slow_request_flash_ns: threshold(
    10e6,
    'flash and virtual disks answer in under a millisecond; ten is broken or throttled',
  ),
  slow_request_rotational_ns: threshold(
    30e6,
    'a spinning disk seeks in about ten milliseconds; thirty is not seeking alone',
  ),
  slow_requests_per_s: threshold(
    300,
    'a disk that is only busy serves hundreds of requests a second; one that serves few and slowly is slow',
  ),
  transfer_bytes_per_s: threshold(
    50 * 2 ** 20,
    'any disk moves 50 MiB a second in large requests: what they take for it is no slowness',
  ),
  slow_times: threshold(3, 'the same requests taking three times as long is the device, not the load'),
  written_bytes_per_s: threshold(2 ** 20, 'a MiB a second is 86 GiB a day'),
  written_share: threshold(0.3, 'who writes a third of everything is worth asking'),
  read_bytes_per_s: threshold(2 ** 20, 'a MiB a second is 86 GiB a day'),
  read_share: threshold(0.3, 'who reads a third of everything is worth asking'),
  layer_read_ops_per_s: threshold(
    20,
    'a program that has started reads its image layers from the page cache',
  ),
  small_file_count: threshold(
    50_000,
    'walking, copying and deleting a writable layer takes a disk access a file',
  ),
  used_percent: threshold(
    90,
    'file systems get slow and fragmented from here, and kubelet evicts pods at 85 to 90 %',
  ),
  full_percent: threshold(98, 'the next burst fails with ENOSPC'),
  deleted_bytes: threshold(2 ** 30, 'a GiB that df shows and du does not'),
  deleted_share: threshold(0.05, 'a twentieth of the file system'),
  throttled_ns_per_s: threshold(50e6, 'writers held back for a twentieth of the time'),
  node_dirty_share: threshold(
    0.5,
    'the kernel holds back all writers of a node from about three quarters of its limit on: well below, it is a cgroup’s own',
  ),
  limit_share: threshold(0.8, 'at four fifths of a limit the bursts are over it'),
  ordered_data_share: threshold(
    0.5,
    'more than half of the time of commits goes into data of files, before the journal is written',
  ),
  blame_share: threshold(0.3, 'a third of the wait overlapped I/O of this one'),
  swap_bytes_per_s: threshold(
    2 ** 20,
    'memory that comes back from a disk at a MiB a second is memory that is missing',
  ),
  atime_metadata_share: threshold(
    0.5,
    'more than half of the writes are metadata: hardly anybody writes data',
  ),
  atime_writes_per_s: threshold(5, 'a few metadata writes come from commits every five seconds'),
  stalled_latency_ns: threshold(1e9, 'a single operation of a second is no chance'),
  blame_slow_count: threshold(5, 'one slow operation is chance, five are a pattern'),
  deleted_looked_s: threshold(300, 'deleted files are looked for so often: in a shorter window perhaps not'),
  recorded_s: threshold(60, 'less than a minute may be a moment, not a state'),
} as const satisfies Readonly<Record<string, Threshold>>;

export type ThresholdName = keyof typeof thresholds;

export const over = (name: ThresholdName, value: number): boolean => value >= thresholds[name].value;
