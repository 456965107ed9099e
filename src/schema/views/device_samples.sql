-- Block devices as `iostat -x` sees them (/proc/diskstats), one row per tick and whole disk; a rate is the delta over elapsed_us. Equal to iostat's numbers on the same interval.
CREATE VIEW device_samples (
  session_id,             -- joins session
  started_us,             -- start of the interval, µs since 1970 (UTC)
  ended_us,               -- end of the interval, µs since 1970 (UTC)
  elapsed_us,             -- its length by the monotonic clock, µs
  device,                 -- the disk; the name other views use
  read_count,             -- reads completed
  read_merged_count,      -- reads merged into another before they were issued
  read_bytes,             -- bytes read
  read_latency_ms_sum,    -- time these reads took, queueing included, ms
  write_count,            -- writes completed
  write_merged_count,     -- writes merged into another before they were issued
  write_bytes,            -- bytes written
  write_latency_ms_sum,   -- time these writes took, queueing included, ms
  discard_count,          -- discards completed; null before kernel 4.18
  discard_bytes,          -- bytes discarded; null before kernel 4.18
  discard_latency_ms_sum, -- time these discards took, ms; null before kernel 4.18
  flush_count,            -- cache flushes completed; null before kernel 5.5
  flush_latency_ms_sum,   -- time these flushes took, ms; null before kernel 5.5
  in_flight_count,        -- requests under way at ended_us
  busy_ms,                -- time with at least one request under way, ms
  queue_ms,               -- that time weighted by the number of requests, ms
  reads_per_s,            -- iostat r/s
  writes_per_s,           -- iostat w/s
  discards_per_s,         -- iostat d/s
  flushes_per_s,          -- iostat f/s
  read_kib_per_s,         -- iostat rkB/s
  write_kib_per_s,        -- iostat wkB/s
  discard_kib_per_s,      -- iostat dkB/s
  reads_merged_per_s,     -- iostat rrqm/s
  writes_merged_per_s,    -- iostat wrqm/s
  reads_merged_percent,   -- iostat %rrqm; null where there was neither read nor merge (iostat prints 0)
  writes_merged_percent,  -- iostat %wrqm; null where there was neither write nor merge (iostat prints 0)
  read_await_ms,          -- iostat r_await: mean latency of a read, ms; null where there was none (iostat prints 0)
  write_await_ms,         -- iostat w_await: mean latency of a write, ms; null where there was none
  discard_await_ms,       -- iostat d_await: mean latency of a discard, ms; null where there was none
  flush_await_ms,         -- iostat f_await: mean latency of a flush, ms; null where there was none
  read_kib_mean,          -- iostat rareq-sz: mean size of a read, KiB; null where there was none
  write_kib_mean,         -- iostat wareq-sz: mean size of a write, KiB; null where there was none
  queue_length_mean,      -- iostat aqu-sz: mean number of requests under way
  util_percent            -- iostat %util: share of the time with a request under way; 100 is saturation only for a device that serves one at a time
) AS
SELECT
  tick.session_id, tick.started_us, tick.ended_us, tick.ended_us - tick.started_us, device.name,
  read_count, read_merged_count, read_bytes, read_ms,
  write_count, write_merged_count, write_bytes, write_ms,
  discard_count, discard_bytes, discard_ms, flush_count, flush_ms,
  in_flight_count, busy_ms, queue_ms,
  read_count * 1e6 / (tick.ended_us - tick.started_us),
  write_count * 1e6 / (tick.ended_us - tick.started_us),
  discard_count * 1e6 / (tick.ended_us - tick.started_us),
  flush_count * 1e6 / (tick.ended_us - tick.started_us),
  read_bytes * 1e6 / 1024 / (tick.ended_us - tick.started_us),
  write_bytes * 1e6 / 1024 / (tick.ended_us - tick.started_us),
  discard_bytes * 1e6 / 1024 / (tick.ended_us - tick.started_us),
  read_merged_count * 1e6 / (tick.ended_us - tick.started_us),
  write_merged_count * 1e6 / (tick.ended_us - tick.started_us),
  read_merged_count * 100.0 / nullif(read_merged_count + read_count, 0),
  write_merged_count * 100.0 / nullif(write_merged_count + write_count, 0),
  read_ms * 1.0 / nullif(read_count, 0),
  write_ms * 1.0 / nullif(write_count, 0),
  discard_ms * 1.0 / nullif(discard_count, 0),
  flush_ms * 1.0 / nullif(flush_count, 0),
  read_bytes / 1024.0 / nullif(read_count, 0),
  write_bytes / 1024.0 / nullif(write_count, 0),
  queue_ms * 1e3 / (tick.ended_us - tick.started_us),
  busy_ms * 1e5 / (tick.ended_us - tick.started_us)
FROM tick
CROSS JOIN device_sample ON device_sample.tick_id = tick.tick_id
LEFT JOIN device USING (device_key);
