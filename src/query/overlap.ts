import { INFLIGHT_SLOT_US } from '../schema/probes/block.ts';
import { WHO_NAME } from './who.ts';

/** Whose waiting is looked at, and what its rows tell apart. */
export type OverlapOf = {
  /** SQL condition on the view `slow`. */
  readonly where: string;
  readonly isByVictim: boolean;
  readonly isByDisk: boolean;
};

const OWNER_NAME = WHO_NAME.replaceAll(/\b(namespace|pod|container|cgroup_path)\b/gu, 'inflight.$1');

/**
 * Slow operations, and for how much of their time whose requests were in flight on their disks, most first. A device
 * that is in no row of `device_disks` is its own disk. Whose requests spent 30 ms in a slot of 100 ms had I/O in flight
 * for 30 % of any part of it; of several requests at once, no more than all of it. Rows of one slot may lie
 * microseconds apart: the clock was read anew for each.
 */
export function overlapSql({ where, isByVictim, isByDisk }: OverlapOf): string {
  const slotUs = String(INFLIGHT_SLOT_US);
  const group = isByVictim ? 'victim, op' : 'op';
  const of = isByDisk ? 'exemplar_id, culprit, disk' : 'exemplar_id, culprit';
  return `WITH waited AS (
  SELECT exemplar_id, ${WHO_NAME} AS victim, op, device, ended_us, ended_us - latency_ns / 1000 AS started_us, latency_ns
  FROM slow WHERE ${where}),
victims AS (
  SELECT ${group}, count(*) AS slow_count, sum(latency_ns) AS latency_ns_sum FROM waited GROUP BY ${group}),
beside AS (
  SELECT exemplar_id, victim, op, latency_ns, waited.started_us AS from_us, waited.ended_us AS to_us,
    ${OWNER_NAME} AS culprit, inflight.container, inflight.cgroup_path, inflight.device AS disk,
    inflight.started_us AS slot_us, inflight_ns
  FROM waited LEFT JOIN device_disks ON device_disks.device = waited.device
  JOIN inflight ON inflight.device = ifnull(device_disks.disk, waited.device)
    AND inflight.started_us > waited.started_us - ${slotUs} AND inflight.started_us < waited.ended_us),
begun AS (
  SELECT *, slot_us - lag(slot_us, 1, 0) OVER (PARTITION BY ${of} ORDER BY slot_us) > ${slotUs} / 2 AS is_next
  FROM beside),
numbered AS (
  SELECT *, sum(is_next) OVER (PARTITION BY ${of} ORDER BY slot_us ROWS UNBOUNDED PRECEDING) AS slot FROM begun),
slots AS (
  SELECT *, min(slot_us) AS since_us, min(1, sum(inflight_ns) / ${slotUs}e3) AS busy FROM numbered GROUP BY ${of}, slot),
each_op AS (
  SELECT *, min(latency_ns, sum(busy * 1000 * (min(to_us, since_us + ${slotUs}) - max(from_us, since_us)))) AS overlap_ns
  FROM slots GROUP BY ${of}),
overlap AS (
  SELECT ${group}, culprit, ${isByDisk ? 'disk, ' : ''}max(container) AS container,
    iif(min(cgroup_path) = max(cgroup_path), max(cgroup_path), NULL) AS cgroup_path,
    CAST(round(sum(overlap_ns)) AS INTEGER) AS overlap_ns_sum
  FROM each_op GROUP BY ${group}, culprit${isByDisk ? ', disk' : ''})
SELECT ${isByVictim ? 'victim, ' : ''}op, culprit, container, cgroup_path, ${isByDisk ? 'disk AS device, ' : ''}slow_count,
  latency_ns_sum, overlap_ns_sum, overlap_ns_sum * 100.0 / latency_ns_sum AS share_percent
FROM overlap JOIN victims USING (${group})
WHERE overlap_ns_sum > 0 ORDER BY overlap_ns_sum DESC, culprit`;
}
