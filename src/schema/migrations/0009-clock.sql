-- What the clock did beside running: after a jump that nothing explains, rows are aged by how long the host ran.
CREATE TABLE clock_change (
  change_id INTEGER PRIMARY KEY,
  session_id INTEGER NOT NULL REFERENCES session_record,
  at_us INTEGER NOT NULL,
  boot_us INTEGER NOT NULL,
  kind TEXT NOT NULL,
  change_us INTEGER NOT NULL
) STRICT;

-- Both clocks at a session's last sign of life.
CREATE TABLE clock_reading (
  session_id INTEGER PRIMARY KEY REFERENCES session_record,
  wall_us INTEGER NOT NULL,
  boot_us INTEGER NOT NULL
) STRICT;
