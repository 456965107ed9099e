-- What a process did with a file in an interval, in one row: opened, read (how much of it from the device), written, synced. Exact.
CREATE VIEW file_use (
  started_us,           -- start of the interval, µs since 1970 (UTC)
  ended_us,             -- end of the interval, µs since 1970 (UTC)
  container,            -- container name; null outside containers
  pod,                  -- Kubernetes pod name
  namespace,            -- Kubernetes namespace
  cgroup_path,          -- path of the cgroup below the cgroup2 mount
  process,              -- process name (comm of the thread group leader)
  pid,                  -- process id in the initial pid namespace
  file,                 -- path as the container sees it (outside containers: as the host does)
  host_path,            -- path on the host, where it is known
  device,               -- device the file's data is on
  open_count,               -- opens
  read_count,               -- reads
  read_device_count,        -- reads that waited for the device (device and direct)
  read_bytes_sum,           -- bytes read
  write_count,              -- writes
  write_bytes_sum,          -- bytes written
  fsync_count,              -- syncs of every kind
  latency_ns_sum            -- sum of the latencies of all of them, ns
) AS
SELECT
  started_us, ended_us, container, pod, namespace, cgroup_path, process, pid, file, host_path, device,
  sum(op_count) FILTER (WHERE op = 'open'),
  sum(op_count) FILTER (WHERE op = 'read'),
  sum(op_count) FILTER (WHERE op = 'read' AND variant IN ('device', 'direct')),
  sum(size_bytes_sum) FILTER (WHERE op = 'read'),
  sum(op_count) FILTER (WHERE op = 'write'),
  sum(size_bytes_sum) FILTER (WHERE op = 'write'),
  sum(op_count) FILTER (WHERE op = 'fsync'),
  sum(latency_ns_sum)
FROM operations WHERE op IN ('open', 'read', 'write', 'fsync')
GROUP BY interval_id, cgroup_path, container, pid, process, file, host_path, device;
