-- Every cgroup that did something, and whose it is.
CREATE VIEW cgroups (
  cgroup_key,   -- number of the cgroup in a session
  session_id,   -- joins session
  cgroup_id,    -- the kernel's number: inode of its directory
  cgroup_path,  -- path below the cgroup2 mount; null when it was gone before it could be read
  container,    -- container name; null outside containers
  pod,          -- Kubernetes pod name
  namespace,    -- Kubernetes namespace
  image         -- image name, where the runtime's state tells it
) AS
SELECT
  cgroup_key, session_id, cgroup_id, path,
  -- Not joined: SQLite would build the whole view for each answer that joins it.
  (SELECT name FROM container WHERE container.container_key = cgroup.container_key),
  (SELECT pod FROM container WHERE container.container_key = cgroup.container_key),
  (SELECT namespace FROM container WHERE container.container_key = cgroup.container_key),
  (SELECT image FROM container WHERE container.container_key = cgroup.container_key)
FROM cgroup;
