-- Mounts of disks, overlays and network file systems with the options that matter for I/O. A row is a state: it held from since_us until until_us.
CREATE VIEW mounts (
  session_id,        -- joins session
  since_us,          -- from when it held (the first look, or the change), µs since 1970 (UTC)
  until_us,          -- until when it was known to hold, µs since 1970 (UTC)
  mount_point,       -- where it is mounted
  root,              -- directory of the file system that is shown; / unless a bind mount or subvolume
  fs_type,           -- ext4, xfs, overlay, …
  source,            -- what is mounted
  device,            -- device its data is on; the name other views use
  container,         -- container whose root file system it is
  is_read_only,      -- 1: mounted read-only
  atime,             -- noatime, relatime or strictatime: whether reading a file writes its access time
  has_diratime,      -- 0: nodiratime, also implied by noatime
  data_mode,         -- ext4 data=: ordered, journal or writeback; none without a journal; null for others
  has_barrier,       -- ext4: 0 with nobarrier (barrier=0), where flushes are not sent; null for others
  commit_s,          -- ext4: seconds between commits of the journal; null for others
  is_discarding,     -- 1: mounted with discard, so deleting sends discards
  lowerdir_count,    -- overlay: image layers under it; null for others
  upperdir,          -- overlay: writable layer on the host; null when read-only
  overlay_index,     -- overlay: on or off, the module's default where the mount does not say; null for others
  overlay_metacopy,  -- overlay: on or off, as before; with on a chmod copies no data; null for others
  is_volatile,       -- overlay: 1 with volatile, where fsync does nothing; null for others
  options            -- all options, as the kernel spells them
) AS
SELECT
  mount_state.session_id, since_us, ifnull(until_us, max(session_record.alive_us, since_us)),
  mount_point, root, fs_type, source, device.name, container.name,
  is_read_only, atime, has_diratime, data_mode, has_barrier, commit_s, is_discarding,
  lowerdir_count, mount_state.upperdir, overlay_index, overlay_metacopy, is_volatile, options
FROM mount_state
JOIN session_record USING (session_id)
LEFT JOIN device USING (device_key)
LEFT JOIN container USING (container_key);
