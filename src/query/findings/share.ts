import type { Facts } from './facts.ts';
import { addedWait, groups, sumOf } from './facts.ts';
import type { Finding, RuleId } from './finding.ts';
import type { WorkFact } from './queries.ts';

/** What part of all added waiting these rows are, 0 to 1. */
export function shareOf({ added_ns_per_s }: Facts, rows: readonly WorkFact[]): number {
  return added_ns_per_s === 0 ? 0 : Math.min(1, sumOf(rows, addedWait) / added_ns_per_s);
}

/** The part of the added waiting of all who wait for files on this device. */
export function shareOfDevice(facts: Facts, device: string): number {
  return shareOf(facts, facts.waits.filter(isOnDisk(facts, device)));
}

/** Whether a row is about a file, or a request, of this disk. */
export function isOnDisk({ device_disks }: Facts, disk: string): (row: WorkFact) => boolean {
  const devices = new Set([
    disk,
    ...device_disks.filter((row) => row.disk === disk).map(({ device }) => device),
  ]);
  return ({ device }) => device !== null && devices.has(device);
}

/** Requests that keep a disk busy. */
export const DISK_OPS = ['block_read', 'block_write', 'block_flush', 'block_discard'];

/**
 * What part of the added waiting somebody explains: their own, and of what others wait for at the same disks as much as
 * their part of the time these disks were at work.
 */
export function shareExplained(facts: Facts, isTheirs: (row: WorkFact) => boolean): number {
  const requests = facts.work.filter(({ op }) => DISK_OPS.includes(op));
  const disks = new Set(requests.filter(isTheirs).flatMap(({ device }) => device ?? []));
  const ofOthers = [...disks].map((disk) => {
    const onDisk = isOnDisk(facts, disk);
    const busy = requests.filter(onDisk);
    const theirs = sumOf(busy.filter(isTheirs), (row) => row.inner_ns_per_s);
    const all = sumOf(busy, (row) => row.inner_ns_per_s);
    const others = facts.waits.filter((row) => onDisk(row) && !isTheirs(row));
    return all === 0 ? 0 : shareOf(facts, others) * (theirs / all);
  });
  return Math.min(1, shareOf(facts, facts.waits.filter(isTheirs)) + sumOf(ofOthers, (share) => share));
}

/** Who keeps a disk busiest; empty: nobody was seen. */
function loaderOf(facts: Facts, disk: string): string {
  const requests = facts.work.filter(({ op }) => DISK_OPS.includes(op)).filter(isOnDisk(facts, disk));
  return (
    groups(
      requests,
      ({ who }) => who,
      (row) => row.inner_ns_per_s,
    )[0]?.key ?? ''
  );
}

/** Rules that say who loads a disk: the causes of its being full, or of requests waiting for it. */
export const DISK_LOADS: readonly RuleId[] = [
  'fsync-storm',
  'image-pull',
  'writable-layer',
  'log-writes',
  'log-reads',
  'layer-reads',
  'copy-up',
  'neighbour',
  'swap',
];

/** What helps a disk that is asked for too much. */
export function diskRelief(facts: Facts, disk: string): Finding['mitigations'] {
  return [
    { id: 'io-limit', values: { who: loaderOf(facts, disk) } },
    { id: 'own-disk', values: {} },
    { id: 'faster-disk', values: {} },
  ];
}
