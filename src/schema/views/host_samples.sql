-- The host as a whole, one row per tick: CPU and iowait, context switches, pressure, dirty memory, swap. Null is what could not be read.
CREATE VIEW host_samples (
  session_id,                    -- joins session
  started_us,                    -- start of the interval, µs since 1970 (UTC)
  ended_us,                      -- end of the interval, µs since 1970 (UTC)
  elapsed_us,                    -- its length by the monotonic clock, µs
  user_percent,                  -- CPU time in programs, nice ones included, of all CPU time
  system_percent,                -- CPU time in the kernel, interrupts included
  iowait_percent,                -- CPU time idle while a task waited for I/O: iostat %iowait
  steal_percent,                 -- CPU time the hypervisor took
  idle_percent,                  -- CPU time idle without waiting for I/O
  context_switch_count,          -- context switches
  context_switches_per_s,        -- the same per second: vmstat cs
  fork_count,                    -- processes and threads made
  running_count,                 -- tasks runnable at ended_us
  blocked_count,                 -- tasks waiting for I/O at ended_us
  io_some_us,                    -- time in which some task waited for I/O (PSI), µs
  io_full_us,                    -- time in which all non-idle tasks did, µs
  io_some_percent,               -- io_some_us of the interval
  io_full_percent,               -- io_full_us of the interval
  memory_some_us,                -- time in which some task waited for memory (PSI), µs
  memory_full_us,                -- time in which all non-idle tasks did, µs
  memory_some_percent,           -- memory_some_us of the interval
  memory_full_percent,           -- memory_full_us of the interval
  dirty_bytes,                   -- written to files and not yet on its way to the disk, at ended_us
  writeback_bytes,               -- on its way to the disk, at ended_us
  dirty_limit_bytes,             -- at this much dirty memory writers are made to wait
  dirty_background_limit_bytes,  -- at this much dirty memory the kernel begins to write
  available_bytes,               -- memory that can be had without swapping (MemAvailable)
  cached_bytes,                  -- page cache (Cached)
  swap_used_bytes,               -- swap in use
  dirtied_bytes,                 -- memory that became dirty
  written_bytes,                 -- dirty memory that was written
  swap_in_bytes,                 -- read from swap
  swap_out_bytes,                -- written to swap
  major_fault_count,             -- page faults that had to read
  refault_count,                 -- pages of files read again after they were evicted too early
  reclaim_stall_count            -- allocations that had to free memory themselves
) AS
SELECT
  tick.session_id, tick.started_us, tick.ended_us, tick.ended_us - tick.started_us,
  user_ticks * 100.0 / nullif(cpu_ticks, 0),
  system_ticks * 100.0 / nullif(cpu_ticks, 0),
  iowait_ticks * 100.0 / nullif(cpu_ticks, 0),
  steal_ticks * 100.0 / nullif(cpu_ticks, 0),
  idle_ticks * 100.0 / nullif(cpu_ticks, 0),
  context_switch_count, context_switch_count * 1e6 / (tick.ended_us - tick.started_us),
  fork_count, running_count, blocked_count,
  io_some_us, io_full_us,
  io_some_us * 100.0 / (tick.ended_us - tick.started_us), io_full_us * 100.0 / (tick.ended_us - tick.started_us),
  memory_some_us, memory_full_us,
  memory_some_us * 100.0 / (tick.ended_us - tick.started_us), memory_full_us * 100.0 / (tick.ended_us - tick.started_us),
  dirty_bytes, writeback_bytes, dirty_limit_bytes, dirty_background_limit_bytes,
  available_bytes, cached_bytes, swap_used_bytes, dirtied_bytes, written_bytes,
  swap_in_bytes, swap_out_bytes, major_fault_count, refault_count, reclaim_stall_count
FROM tick CROSS JOIN host_sample ON host_sample.tick_id = tick.tick_id;
