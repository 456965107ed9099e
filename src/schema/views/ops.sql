-- The operations there are.
CREATE VIEW ops (
  op_id,  -- number of the operation
  op,     -- its name
  probe   -- the probe that counts it
) AS
SELECT op_id, op, probe FROM operation;
