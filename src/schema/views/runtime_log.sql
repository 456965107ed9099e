-- Warnings and errors of the container runtime (containerd, kubelet, docker), from journald or its log file.
CREATE VIEW runtime_log (
  session_id,  -- joins session
  logged_us,   -- when it was logged, µs since 1970 (UTC)
  unit,        -- who logged it: containerd, kubelet, docker
  level,       -- warning, error or fatal
  message      -- the line
) AS
SELECT session_id, logged_us, unit, level, message FROM runtime_message;
