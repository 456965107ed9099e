/** Which rows of a table belong to a window. `:from_us` and `:to_us` are its bounds. */
type Rows = { readonly table: string; readonly where: string };

const during = (column: string): string => `${column} > :from_us AND ${column} <= :to_us`;
const overlapping = 'ended_us > :from_us AND started_us < :to_us';
const held = 'since_us < :to_us AND ifnull(until_us, :to_us) >= :from_us';
const ofSession =
  'session_id IN (SELECT session_id FROM session_record WHERE started_us < :to_us AND max(alive_us, ifnull(ended_us, 0)) >= :from_us)';
const inInterval = `interval_id IN (SELECT interval_id FROM interval WHERE ${overlapping})`;
const inTick = `tick_id IN (SELECT tick_id FROM tick WHERE ${overlapping})`;
/** A rollup whose parts were removed stands for them; of the others the intervals are copied. */
const LEAVES = `SELECT rollup_id FROM rollup WHERE ended_us_max > :from_us AND started_us_min < :to_us
  AND NOT EXISTS (SELECT 1 FROM interval WHERE interval.rollup_id = rollup.rollup_id)
  AND NOT EXISTS (SELECT 1 FROM rollup AS part WHERE part.parent_id = rollup.rollup_id)`;
const inRollup = `rollup_id IN (${LEAVES})`;

/** What happened, in an order in which nothing refers to what comes after it but names. */
export const facts: readonly Rows[] = [
  { table: 'session_record', where: ofSession },
  { table: 'interval', where: overlapping },
  { table: 'total', where: inInterval },
  { table: 'bucket', where: inInterval },
  { table: 'rollup', where: inRollup },
  { table: 'rollup_total', where: inRollup },
  { table: 'rollup_file', where: inRollup },
  { table: 'rollup_bucket', where: inRollup },
  { table: 'exemplar', where: during('ended_us') },
  {
    table: 'sync_stage',
    where: `exemplar_id IN (SELECT exemplar_id FROM exemplar WHERE ${during('ended_us')})`,
  },
  { table: 'inflight_slot', where: during('started_us') },
  { table: 'block_failure', where: during('ended_us') },
  { table: 'coverage_record', where: ofSession },
  { table: 'loss_record', where: overlapping },
  { table: 'removal', where: overlapping },
  { table: 'governor_step', where: ofSession },
  { table: 'clock_change', where: ofSession },
  { table: 'clock_reading', where: ofSession },
  { table: 'cost_sample', where: overlapping },
  { table: 'program', where: `sample_id IN (SELECT sample_id FROM cost_sample WHERE ${overlapping})` },
  { table: 'tick', where: overlapping },
  { table: 'device_sample', where: inTick },
  { table: 'host_sample', where: inTick },
  { table: 'cgroup_sample', where: inTick },
  { table: 'cgroup_device_sample', where: inTick },
  { table: 'process_sample', where: inTick },
  { table: 'filesystem_sample', where: during('sampled_us') },
  { table: 'upperdir_sample', where: during('sampled_us') },
  { table: 'deleted_file', where: during('sampled_us') },
  { table: 'mount_state', where: held },
  { table: 'device_state', where: held },
  { table: 'limit_state', where: held },
  { table: 'kernel_message', where: during('logged_us') },
  { table: 'runtime_message', where: during('logged_us') },
  { table: 'sampler_problem', where: ofSession },
  { table: 'sampler_cost', where: overlapping },
];

/** Names, and where they are used: those nothing refers to stay behind. Those that refer to others come first. */
export const names: readonly { readonly table: string; readonly key: string }[] = [
  { table: 'file', key: 'file_key' },
  { table: 'process', key: 'process_key' },
  { table: 'cgroup', key: 'cgroup_key' },
  { table: 'container', key: 'container_key' },
  { table: 'device', key: 'device_key' },
];

/** Every database has them, or all of them are wanted. */
export const whole = ['operation', 'variant', 'device_disk'];
