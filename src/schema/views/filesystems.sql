-- Space and inodes of each file system that holds container data, sampled once a minute: `df` and `df -i`.
CREATE VIEW filesystems (
  session_id,          -- joins session
  sampled_us,          -- when, µs since 1970 (UTC)
  mount_point,         -- where it is mounted
  fs_type,             -- ext4, xfs, …
  device,              -- device it is on; the name other views use
  holds,               -- what of containers is on it, comma-separated: writable layers, images, volumes, logs, …
  size_bytes,          -- size
  used_bytes,          -- in use
  available_bytes,     -- left for programs without privilege
  used_percent,        -- df Use%: used of used and available, before df rounds it up
  inode_count,         -- inodes it can have; null: makes them as needed (btrfs)
  inode_used_count,    -- inodes in use; null as before
  inode_free_count,    -- inodes left; null as before
  inode_used_percent   -- df IUse%; null as before
) AS
SELECT
  session_id, sampled_us, mount_point, fs_type, device.name, holds,
  size_bytes, size_bytes - free_bytes, available_bytes,
  (size_bytes - free_bytes) * 100.0 / nullif(size_bytes - free_bytes + available_bytes, 0),
  inode_count, inode_count - inode_free_count, inode_free_count,
  (inode_count - inode_free_count) * 100.0 / nullif(inode_count, 0)
FROM filesystem_sample LEFT JOIN device USING (device_key);
