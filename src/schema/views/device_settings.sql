-- Settings of block devices (/sys/block/NAME). A row is a state: it held from since_us until until_us. Null is what the kernel does not tell.
CREATE VIEW device_settings (
  session_id,         -- joins session
  since_us,           -- from when it held (the first look, or the change), µs since 1970 (UTC)
  until_us,           -- until when it was known to hold, µs since 1970 (UTC)
  device,             -- the disk; the name other views use
  kind,               -- disk, dm, md or loop
  below,              -- devices or file it is made of, comma-separated
  model,              -- model the drive tells
  size_bytes,         -- size
  scheduler,          -- I/O scheduler in use: none, mq-deadline, bfq, kyber
  write_cache,        -- write back: an fsync must flush it; write through: it need not
  is_rotational,      -- 1: a spinning disk (or not known better), 0: flash
  request_count_max,  -- requests the queue holds (nr_requests)
  wbt_latency_us,     -- writeback throttling aims at this read latency, µs (wbt_lat_usec); 0: off
  read_ahead_bytes,   -- read ahead at most this much
  request_bytes_max,  -- largest request (max_sectors_kb)
  has_iostats,        -- 0: the kernel does not count its requests, so device_samples are empty
  nomerges,           -- 0: merges requests; 1: only simple merges; 2: none
  is_read_only        -- 1: the device refuses writes, also after an error
) AS
SELECT
  device_state.session_id, since_us, ifnull(until_us, max(session_record.alive_us, since_us)), device.name, kind, below, model,
  size_bytes, scheduler, write_cache, is_rotational, request_count_max, wbt_latency_us, read_ahead_bytes,
  request_bytes_max, has_iostats, nomerges, is_read_only
FROM device_state JOIN session_record USING (session_id) LEFT JOIN device USING (device_key);
