-- What the probes cost in the kernel: one row per sampled interval (one a minute) and program. Programs of the same code are one row.
CREATE VIEW cost_samples (
  sample_id,         -- number of the sample
  session_id,        -- joins session
  started_us,        -- start of the sampled interval, µs since 1970 (UTC)
  ended_us,          -- end of it, µs since 1970 (UTC)
  op_count,          -- operations counted in it, by all programs
  map_memory_bytes,  -- kernel memory of all maps and programs
  program,           -- names of the program, as the kernel's symbols have them
  program_count,     -- programs of that code
  run_count,         -- times they ran; 0 for a program that ended nothing and began nothing
  run_time_ns,       -- time they took, ns
  missed_count       -- runs the kernel skipped because a program was under way on that CPU
) AS
SELECT
  sample_id, session_id, started_us, ended_us, op_count, map_memory_bytes,
  program.name, program.program_count, program.run_count, program.run_time_ns, program.missed_count
FROM cost_sample JOIN program USING (sample_id);
