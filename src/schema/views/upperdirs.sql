-- How many files the writable layer of each container holds, counted little by little: when first seen, then after 1, 2, 4, 8 and every 10 minutes.
CREATE VIEW upperdirs (
  session_id,       -- joins session
  sampled_us,       -- when the count ended, µs since 1970 (UTC)
  container,        -- container name
  pod,              -- Kubernetes pod name
  namespace,        -- Kubernetes namespace
  upperdir,         -- the writable layer on the host
  file_count,       -- files, symbolic links and devices in it, whiteouts included; at least so many where is_complete is 0
  directory_count,  -- directories in it; at least so many where is_complete is 0
  is_complete       -- 1: counted to the end; 0: given up at the budget, it holds more
) AS
SELECT
  session_id, sampled_us, container.name, container.pod, container.namespace, upperdir_sample.upperdir,
  file_count, directory_count, is_complete
FROM upperdir_sample LEFT JOIN container USING (container_key);
