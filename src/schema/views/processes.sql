-- Every process that did something.
CREATE VIEW processes (
  process_key,  -- number of the process in a session
  session_id,   -- joins session
  process,      -- process name (comm of the thread group leader)
  pid           -- process id in the initial pid namespace
) AS
SELECT process_key, session_id, name, pid FROM process;
