-- The variants of operations.
CREATE VIEW variants (
  op_id,       -- operation; joins ops
  variant_id,  -- number of the variant
  variant      -- its name; fsync: the sync kind
) AS
SELECT op_id, variant, name FROM variant;
