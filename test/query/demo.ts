import { Recording } from './recording.ts';

/** A small node with a pod, a plain container, services and hostile names: what the snapshots show. */
export function demo(path = ':memory:'): Recording {
  const recording = new Recording(path);
  const api = {
    container: 'api',
    pod: 'api-7d9f8c6b5-x2k4q',
    namespace: 'payments',
    process: 'postgres',
    pid: 3107,
  };
  const ms = (...values: number[]): number[] => values.map((value) => value * 1e6);
  for (const second of [0, 5, 10]) {
    const flush = recording.interval(second);
    recording.operations(flush, api, {
      op: 'fsync',
      variant: 2,
      file: '/var/lib/postgresql/data/pg_wal/000000010000000000000042',
      host_path:
        '/run/containerd/io.containerd.runtime.v2.task/k8s.io/abc/rootfs/var/lib/postgresql/data/pg_wal/000000010000000000000042',
      latencies: ms(2, 3, 4, 5, 60),
    });
    recording.operations(flush, api, {
      op: 'fsync',
      variant: 1,
      file: '/var/lib/postgresql/data/base/1/1259',
      latencies: ms(1, 1.5),
    });
    recording.operations(
      flush,
      { container: 'redis', cgroup: '/docker/redis', process: 'redis-server', pid: 900 },
      {
        op: 'copy_up',
        file: '/etc/redis.conf',
        latencies: ms(0.4),
        size_bytes: 8192,
      },
    );
    recording.operations(
      flush,
      { cgroup: '/system.slice/containerd.service', process: 'containerd', pid: 611 },
      {
        op: 'fsync',
        variant: 2,
        file: '/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db',
        host_path: '/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db',
        latencies: ms(0.9, 1.1, 7),
      },
    );
    recording.operations(
      flush,
      { cgroup: '/', process: 'kworker/u8:0', pid: 77 },
      {
        op: 'block_write',
        file: null,
        device: 'vda',
        latencies: ms(0.1, 0.2, 0.3),
        size_bytes: 1_500_000,
        errors: second === 5 ? 1 : 0,
      },
    );
    recording.operations(
      flush,
      { container: 'evil\n\u001b[31mred', cgroup: '/docker/evil', process: 'sh\t"x"', pid: 666 },
      {
        op: 'fsync',
        variant: 1,
        file: '/tmp/a,b\r\n"quoted"\u202e.txt',
        latencies: ms(0.5),
      },
    );
  }
  recording.exemplar(3.25, api, {
    op: 'fsync',
    variant: 2,
    file: '/var/lib/postgresql/data/pg_wal/000000010000000000000042',
    latencies: ms(60),
  });
  recording.exemplar(
    6.5,
    { cgroup: '/', process: 'kworker/u8:0', pid: 77 },
    { op: 'block_write', file: null, latencies: ms(0.3), size_bytes: 4096 },
    5,
  );
  recording.exemplar(
    11,
    { container: 'evil\n\u001b[31mred', cgroup: '/docker/evil', process: 'sh\t"x"', pid: 666 },
    { op: 'copy_up', file: '/tmp/a,b\r\n"quoted"\u202e.txt', latencies: ms(12), size_bytes: 300 },
  );
  recording.proof('fsync', 'fsync', 'seen');
  recording.proof('fsync', 'fdatasync', 'seen');
  recording.proof('fsync', 'io_uring', 'unproven', 'attached, but nothing here could try it');
  recording.proof(
    'copy_up',
    'copy_up',
    'missing',
    'this kernel has no kprobes',
    'Boot a kernel with CONFIG_KPROBES=y',
  );
  recording.lost(5, 'exemplars_suppressed', 124);
  return recording;
}
