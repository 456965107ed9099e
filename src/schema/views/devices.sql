-- Every device something was done on.
CREATE VIEW devices (
  device_key,  -- number of the device
  device       -- its name
) AS
SELECT device_key, name FROM device;
