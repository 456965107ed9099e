-- Every container that was seen, gone ones too: what it is called and where its files are.
CREATE VIEW containers (
  container,      -- container name
  pod,            -- Kubernetes pod name
  namespace,      -- Kubernetes namespace
  image,          -- image name, where the runtime's state tells it
  runtime,        -- containerd, docker, podman or cri-o; null where only the cgroup path tells of it
  container_id,   -- the runtime's id
  pod_uid,        -- Kubernetes pod uid
  cgroup_path,    -- path of its cgroup below the cgroup2 mount, the outermost of those seen
  rootfs,         -- mount point of its root file system on the host
  upperdir,       -- its writable layer on the host
  snapshot,       -- number of containerd's snapshot that is the writable layer
  first_seen_us   -- when it was first seen, µs since 1970 (UTC)
) AS
SELECT
  container.name, container.pod, container.namespace, container.image, container.runtime,
  container.container_id, container.pod_uid,
  (SELECT min(cgroup.path) FROM cgroup WHERE cgroup.container_key = container.container_key),
  container.rootfs, container.upperdir, container.snapshot, container.first_seen_us
FROM container;
