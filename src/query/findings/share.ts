import type { Facts } from './facts.ts';
import { addedWait, groups, sumOf } from './facts.ts';
import type { Finding, RuleId } from './finding.ts';
import type { WorkFact } from './queries.ts';
import { isAsked } from './sql.ts';

type IsPart = (row: WorkFact) => boolean;

/** What part of the added waiting asked about these waits are, 0 to 1. */
export function shareOf({ added_ns_per_s, waits }: Facts, isPart: IsPart): number {
  return added_ns_per_s === 0 ? 0 : sumOf(waits.filter(isPart), addedWait) / added_ns_per_s;
}

/**
 * The part of the added waiting that is spent in what happens inside other waits, as a copy-up does inside an open: of
 * each victim's no more than these waits of its own. Where those are not recorded, it counts by itself.
 */
export function shareInside(facts: Facts, inner: readonly WorkFact[], around: readonly string[]): number {
  const { added_ns_per_s, waits, scope } = facts;
  const asked = inner.filter((row) => isAsked(scope, row));
  if (!scope.hasFileIo) {
    const all =
      added_ns_per_s +
      sumOf(
        asked.filter((row) => !waits.includes(row)),
        addedWait,
      );
    return all === 0 ? 0 : sumOf(asked, addedWait) / all;
  }
  const parts = groups(asked, ({ who }) => who, addedWait).map(({ key, size }) =>
    Math.min(
      size,
      sumOf(
        waits.filter((row) => row.who === key && around.includes(row.op)),
        addedWait,
      ),
    ),
  );
  return added_ns_per_s === 0 ? 0 : sumOf(parts, (part) => part) / added_ns_per_s;
}

/** The part of the added waiting of all who wait for files on this device. */
export function shareOfDevice(facts: Facts, device: string): number {
  const onDisk = isOnDisk(facts, device);
  return shareOf(facts, (row) => onDisk(row) && reachesDisk(row));
}

/** Whether what waits may wait for a disk: not what the page cache answers. */
const reachesDisk: IsPart = ({ op, variant }) => !(op === 'read' && variant === 'cached');

/** Whether a row is about a file, or a request, of this disk. */
export function isOnDisk({ device_disks }: Pick<Facts, 'device_disks'>, disk: string): IsPart {
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
export function shareExplained(facts: Facts, isTheirs: IsPart): number {
  const requests = facts.work.filter(({ op }) => DISK_OPS.includes(op));
  const disks = [...new Set(requests.filter(isTheirs).flatMap(({ device }) => device ?? []))].map((disk) => {
    const onDisk = isOnDisk(facts, disk);
    const busy = requests.filter(onDisk);
    const all = sumOf(busy, (row) => row.inner_ns_per_s);
    const part = all === 0 ? 0 : sumOf(busy.filter(isTheirs), (row) => row.inner_ns_per_s) / all;
    return { onDisk, part };
  });
  const explained = (row: WorkFact): number => {
    if (isTheirs(row)) return 1;
    const parts = reachesDisk(row) ? disks.filter(({ onDisk }) => onDisk(row)).map(({ part }) => part) : [];
    return Math.max(0, ...parts);
  };
  const { waits, added_ns_per_s } = facts;
  return added_ns_per_s === 0 ? 0 : sumOf(waits, (row) => addedWait(row) * explained(row)) / added_ns_per_s;
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
  const who = loaderOf(facts, disk);
  return [
    ...(who === '' ? [] : [{ id: 'io-limit' as const, values: { who } }]),
    { id: 'own-disk', values: {} },
    { id: 'faster-disk', values: {} },
  ];
}
