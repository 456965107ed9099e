import type { RuleId } from '../../../src/query/findings/finding.ts';
import type { Who } from './incident.ts';
import { Incident } from './incident.ts';

const ms = 1e6;
const MiB = 2 ** 20;

export const api: Who = { container: 'api', pod: 'api-7d9f', namespace: 'payments' };
export const batch: Who = { container: 'batch', pod: 'batch-x2k4q', namespace: 'jobs' };
const containerd: Who = { cgroup: '/system.slice/containerd.service' };

type UsualOptions = {
  readonly hasBaseline?: boolean;
  readonly path?: string;
  /** What a sync of the service takes in the window. */
  readonly sync_ns?: number;
};

/** A node as it is every day: a service that syncs and reads a little, a disk that yawns. */
export function usual({ sync_ns = 2 * ms, ...options }: UsualOptions = {}): Incident {
  const node = new Incident(options);
  node
    .does('before', api, { op: 'fsync', per_s: 5, latency_ns: 2 * ms, tail_ns: 4 * ms, file: '/data/wal' })
    .does('window', api, {
      op: 'fsync',
      per_s: 5,
      latency_ns: sync_ns,
      tail_ns: 2 * sync_ns,
      file: '/data/wal',
    })
    .always(api, { op: 'read', variant: 'cached', per_s: 100, latency_ns: 2000, size_bytes: 4096 })
    .always(api, { op: 'block_write', per_s: 10, latency_ns: 1 * ms, inner_ns: 1 * ms, size_bytes: 4096 })
    .always(containerd, { op: 'fsync', per_s: 0.1, latency_ns: 5 * ms, class: 'containerd_metadata' })
    .host('before')
    .host('window')
    .disk('before', 'vda', { reads: 5, writes: 10, busy_ms: 15, request_ms: 1 })
    .filesystem('/', { used: 0.4, inodes: 0.1 })
    .mount('/', 'relatime')
    .looked('cgroup-limits', 'kernel-log', 'deleted-files', 'upperdirs');
  return node;
}

/** The disk of an everyday node in the window too. */
export const calmDisk = (node: Incident): Incident =>
  node.disk('window', 'vda', { reads: 5, writes: 10, busy_ms: 15, request_ms: 1 });

const calm = (options: UsualOptions = {}): Incident => calmDisk(usual(options));

/** What a rule must find, and what looks like it and must not be found. */
export type Case = {
  readonly rule: RuleId;
  readonly holds: string;
  readonly incident: () => Incident;
  readonly butNot: string;
  readonly control: () => Incident;
  /** Whose fault it is, where it is somebody's. */
  readonly who?: string;
};

export const cases: readonly Case[] = [
  {
    rule: 'saturated-device',
    holds: 'a disk busy throughout with a queue',
    incident: () =>
      usual({ sync_ns: 80 * ms })
        .disk('window', 'vda', { writes: 2000, busy_ms: 990, request_ms: 8 })
        .does('window', batch, {
          op: 'block_write',
          per_s: 1900,
          latency_ns: 8 * ms,
          inner_ns: 8 * ms,
          size_bytes: 65_536,
        }),
    butNot: 'a disk that is busy and serves everybody at once',
    control: () => usual().disk('window', 'vda', { writes: 2000, busy_ms: 990, request_ms: 0.5 }),
  },
  {
    rule: 'slow-device',
    holds: 'the same few requests taking fifty times as long',
    incident: () =>
      usual({ sync_ns: 60 * ms }).disk('window', 'vda', {
        reads: 5,
        writes: 10,
        busy_ms: 600,
        request_ms: 50,
      }),
    butNot: 'many more requests, each a little longer',
    control: () => usual().disk('window', 'vda', { writes: 3000, busy_ms: 900, request_ms: 2 }),
  },
  {
    rule: 'queueing',
    holds: 'many requests under way at once',
    incident: () =>
      usual()
        .disk('window', 'vda', { reads: 3000, busy_ms: 700, request_ms: 4 })
        .does('window', batch, {
          op: 'block_read',
          per_s: 3000,
          latency_ns: 4 * ms,
          inner_ns: 1 * ms,
          size_bytes: 4096,
        })
        .does('window', batch, {
          op: 'read',
          variant: 'device',
          per_s: 3000,
          latency_ns: 4 * ms,
          size_bytes: 4096,
        }),
    butNot: 'as many requests that are over at once',
    control: () => usual().disk('window', 'vda', { reads: 3000, busy_ms: 300, request_ms: 0.1 }),
  },
  {
    rule: 'fsync-storm',
    holds: 'a container that begins to sync hundreds of times a second',
    incident: () =>
      calm().does('window', batch, {
        op: 'fsync',
        per_s: 400,
        latency_ns: 2 * ms,
        tail_ns: 30 * ms,
        file: '/data/out',
        class: 'writable_layer',
      }),
    butNot: 'a container that does so every day',
    control: () => calm().always(batch, { op: 'fsync', per_s: 400, latency_ns: 2 * ms, file: '/data/out' }),
    who: 'jobs/batch-x2k4q/batch',
  },
  {
    rule: 'copy-up',
    holds: 'the first write to a large file of the image',
    incident: () =>
      calm()
        .does('window', batch, {
          op: 'open',
          per_s: 0.05,
          latency_ns: 2001 * ms,
          file: '/models/weights.bin',
        })
        .does('window', batch, {
          op: 'copy_up',
          per_s: 0.05,
          latency_ns: 2000 * ms,
          size_bytes: 512 * MiB,
          file: '/models/weights.bin',
        }),
    butNot: 'a few small files at the start',
    control: () =>
      calm().does('window', batch, { op: 'copy_up', per_s: 0.05, latency_ns: 0.4 * ms, size_bytes: 4096 }),
    who: 'jobs/batch-x2k4q/batch',
  },
  {
    rule: 'image-pull',
    holds: 'containerd that writes an image',
    incident: () =>
      calm().does('window', containerd, {
        op: 'write',
        per_s: 300,
        latency_ns: 1 * ms,
        size_bytes: 32_768,
        class: 'content_ingest',
        file: '/var/lib/containerd/io.containerd.content.v1.content/ingest/1/data',
      }),
    butNot: 'one that notes a container',
    control: () =>
      calm().does('window', containerd, {
        op: 'write',
        per_s: 300,
        size_bytes: 32_768,
        class: 'containerd_metadata',
      }),
    who: '/system.slice/containerd.service',
  },
  {
    rule: 'writable-layer',
    holds: 'a container that writes gigabytes into its layer',
    incident: () =>
      calm().does('window', batch, {
        op: 'write',
        per_s: 100,
        latency_ns: 5 * ms,
        size_bytes: MiB,
        place: 'writable_layer',
        file: '/tmp/scratch',
      }),
    butNot: 'the same on a volume',
    control: () =>
      calm().does('window', batch, {
        op: 'write',
        per_s: 100,
        latency_ns: 5 * ms,
        size_bytes: MiB,
        place: 'volume_empty_dir',
      }),
    who: 'jobs/batch-x2k4q/batch',
  },
  {
    rule: 'small-files',
    holds: 'a layer with a hundred thousand files',
    incident: () => calm().upperdir(batch, 100_000),
    butNot: 'a layer with a thousand',
    control: () => calm().upperdir(batch, 1000),
    who: 'jobs/batch-x2k4q/batch',
  },
  {
    rule: 'log-writes',
    holds: 'logs that are most of what is written',
    incident: () =>
      calm().does('window', containerd, {
        op: 'write',
        per_s: 2000,
        latency_ns: 0.05 * ms,
        size_bytes: 8192,
        class: 'container_log',
        file: '/var/log/pods/jobs_batch/0.log',
      }),
    butNot: 'logs beside much data',
    control: () =>
      calm()
        .does('window', containerd, { op: 'write', per_s: 200, size_bytes: 8192, class: 'container_log' })
        .does('window', batch, { op: 'write', per_s: 100, size_bytes: MiB }),
  },
  {
    rule: 'log-reads',
    holds: 'an agent that reads the logs over and over',
    incident: () =>
      calm().does(
        'window',
        { container: 'fluent-bit' },
        {
          op: 'read',
          variant: 'device',
          per_s: 500,
          latency_ns: 2 * ms,
          size_bytes: 65_536,
          class: 'container_log',
        },
      ),
    butNot: 'the same from a database',
    control: () =>
      calm().does('window', batch, {
        op: 'read',
        variant: 'device',
        per_s: 500,
        size_bytes: 65_536,
        class: 'postgres_data',
      }),
    who: 'fluent-bit',
  },
  {
    rule: 'layer-reads',
    holds: 'a cold start',
    incident: () =>
      calm()
        .does('window', batch, {
          op: 'block_read',
          per_s: 300,
          latency_ns: 3 * ms,
          inner_ns: 3 * ms,
          size_bytes: 65_536,
          place: 'image_layer',
          file: '/usr/lib/libtorch.so',
        })
        .does('window', batch, {
          op: 'read',
          variant: 'device',
          per_s: 300,
          latency_ns: 3 * ms,
          size_bytes: 65_536,
          place: 'image_layer',
        }),
    butNot: 'the same reads from a volume',
    control: () =>
      calm().does('window', batch, {
        op: 'block_read',
        per_s: 300,
        latency_ns: 3 * ms,
        size_bytes: 65_536,
        place: 'volume_csi',
      }),
    who: 'jobs/batch-x2k4q/batch',
  },
  {
    rule: 'atime',
    holds: 'a file system with strict access times that is read',
    incident: () =>
      calm()
        .mount('/srv', 'strictatime')
        .does('window', {}, { op: 'block_write', per_s: 50, size_bytes: 4096, class: 'fs_metadata' }),
    butNot: 'the same metadata writes where access times are relative',
    control: () =>
      calm().does('window', {}, { op: 'block_write', per_s: 50, size_bytes: 4096, class: 'fs_metadata' }),
  },
  {
    rule: 'dirty-throttling',
    holds: 'a writer the kernel puts to sleep',
    incident: () =>
      calm()
        .does('window', batch, { op: 'throttle_dirty', per_s: 5, latency_ns: 100 * ms })
        .does('window', batch, { op: 'write', per_s: 100, latency_ns: 6 * ms, size_bytes: 65_536 }),
    butNot: 'a pause now and then',
    control: () => calm().does('window', batch, { op: 'throttle_dirty', per_s: 0.5, latency_ns: 10 * ms }),
    who: 'jobs/batch-x2k4q/batch',
  },
  {
    rule: 'journal',
    holds: 'one that waits for commits another asks for',
    incident: () =>
      calm({ sync_ns: 62 * ms })
        .does('window', batch, {
          op: 'journal_commit',
          variant: 'asked',
          per_s: 50,
          latency_ns: 15 * ms,
          class: 'journal',
        })
        .does('window', api, { op: 'journal_wait', per_s: 5, latency_ns: 60 * ms }),
    butNot: 'one that waits for its own',
    control: () =>
      calm()
        .does('window', api, {
          op: 'journal_commit',
          variant: 'asked',
          per_s: 50,
          latency_ns: 15 * ms,
          class: 'journal',
        })
        .does('window', api, { op: 'journal_wait', per_s: 50, latency_ns: 15 * ms }),
    who: 'jobs/batch-x2k4q/batch',
  },
  {
    rule: 'io-limit',
    holds: 'a container at its io.max',
    incident: () =>
      calm()
        .limit(batch, 100, 99)
        .does('window', batch, { op: 'fsync', per_s: 10, latency_ns: 90 * ms }),
    butNot: 'a container far below it',
    control: () => calm().limit(batch, 100, 10),
    who: 'jobs/batch-x2k4q/batch',
  },
  {
    rule: 'inodes',
    holds: 'a file system without inodes',
    incident: () =>
      calm().filesystem('/var/lib/containerd', { used: 0.3, inodes: 1 }).upperdir(batch, 40_000),
    butNot: 'one with half of them',
    control: () => calm().filesystem('/var/lib/containerd', { used: 0.3, inodes: 0.5 }),
  },
  {
    rule: 'space',
    holds: 'a full file system',
    incident: () => calm().filesystem('/var/lib/kubelet', { used: 0.99, inodes: 0.1 }),
    butNot: 'one with a fifth left',
    control: () => calm().filesystem('/var/lib/kubelet', { used: 0.8, inodes: 0.1 }),
  },
  {
    rule: 'deleted-files',
    holds: 'a deleted file of gigabytes held open',
    incident: () => calm().deleted(batch, '/tmp/spill (deleted)', 4 * 2 ** 30),
    butNot: 'a small one',
    control: () => calm().deleted(batch, '/tmp/lock (deleted)', 65_536),
    who: 'jobs/batch-x2k4q/batch',
  },
  {
    rule: 'device-errors',
    holds: 'requests that fail',
    incident: () =>
      calm()
        .does('window', api, { op: 'block_read', per_s: 1, errors_per_s: 0.5 })
        .kernelLog('critical medium error, dev vda, sector 2048 op 0x0:(READ)'),
    butNot: 'a warning in the log',
    control: () => calm().kernelLog('vda: mounted with an old superblock', 4),
  },
  {
    rule: 'swap',
    holds: 'memory that comes and goes',
    incident: () => calm().host('window', { swap_in_bytes: 5 * MiB, swap_out_bytes: 5 * MiB }),
    butNot: 'a page now and then',
    control: () => calm().host('window', { swap_in_bytes: 4096 }),
  },
];
