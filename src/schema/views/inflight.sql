-- Whose I/O was in flight on which disk, in slots of 100 ms, of those in which something was slow (a row in slow).
CREATE VIEW inflight (
  started_us,   -- start of the slot, µs since 1970 (UTC)
  device,       -- the disk
  container,    -- container whose I/O it was; null outside containers
  pod,          -- Kubernetes pod name
  namespace,    -- Kubernetes namespace
  cgroup_path,  -- path of its cgroup below the cgroup2 mount
  inflight_ns   -- time its requests spent in the slot, ns: 100 ms is one request in flight throughout
) AS
SELECT
  inflight_slot.started_us, device.name, container.name, container.pod, container.namespace, cgroup.path,
  inflight_slot.inflight_ns
FROM inflight_slot
LEFT JOIN device USING (device_key)
LEFT JOIN cgroup USING (cgroup_key)
LEFT JOIN container ON container.container_key = cgroup.container_key;
