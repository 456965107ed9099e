-- Lines of the kernel's log about block devices, file systems and memory, those from before the daemon's start included as far as the kernel kept them.
CREATE VIEW kernel_log (
  session_id,  -- session that read it; joins session
  logged_us,   -- when it was logged, µs since 1970 (UTC)
  level,       -- 0 emergency … 3 error, 4 warning, 5 notice, 6 information, 7 debugging
  topic,       -- block, filesystem, memory or hung_task
  device,      -- device the line names, as the kernel spells it; null: none
  message      -- the line
) AS
SELECT session_id, logged_us, level, topic, device, message FROM kernel_message;
