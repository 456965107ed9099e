-- What the clock did beside running, as far as a daemon saw it. Times in all views are the clock's at the moment of recording.
CREATE VIEW clock_changes (
  session_id,  -- joins session
  at_us,       -- when it was noticed, by the clock after it, µs since 1970 (UTC)
  kind,        -- step: the clock was set; suspend: the host slept and has resumed; reboot: the host was started anew since the session before
  change_us    -- step: by how much, forward or (negative) back, µs; suspend: how long the host slept, µs; reboot: time by the clock since the last sign of life, µs
) AS
SELECT session_id, at_us, kind, change_us FROM clock_change;
