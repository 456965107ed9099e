import type { Db } from '../../schema/open.ts';
import type { Clock } from '../stream/clock.ts';
import type { BlockError, SyncStages } from '../stream/decode.ts';
import type { DeviceLabel } from '../naming/labels.ts';
import type { Devices } from '../lookups/devices.ts';
import type { InflightSlot } from '../stream/inflight.ts';

export type ContextRows = ReturnType<typeof createExemplarContextRows>;

/** Writes context, under the keys of the dictionaries. */
export function createExemplarContextRows(db: Db, sessionId: number, clock: Clock) {
  const stages = db.prepare('INSERT INTO sync_stage VALUES (?, ?, ?, ?)');
  // A slot under way when the map was printed comes twice.
  const inflight = db.prepare(
    `INSERT INTO inflight_slot VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET inflight_ns = inflight_ns + excluded.inflight_ns`,
  );
  const blockError = db.prepare('INSERT INTO block_failure VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const disk = db.prepare('INSERT OR IGNORE INTO device_disk VALUES (?, ?)');
  let known = new Set<string>();
  return {
    /** Once for each device: the disks its data is on. */
    disks({ major, minor, name }: DeviceLabel, devices: Devices): void {
      if (known.has(name)) return;
      known.add(name);
      for (const below of devices.disksOf(major, minor)) disk.run(name, below);
    },
    /** After a rolled back transaction. */
    forget(): void {
      known = new Set();
    },
    stages(exemplarId: number | bigint, { dataNs, journalNs, flushNs }: SyncStages): void {
      stages.run(exemplarId, dataNs, journalNs, flushNs);
    },
    inflight({ slotBootUs, inflightNs }: InflightSlot, cgroupKey: number, deviceKey: number): void {
      inflight.run(sessionId, clock.toWall(slotBootUs), deviceKey, cgroupKey, inflightNs);
    },
    blockError(
      { bootUs, opId, status, sector, sizeBytes }: BlockError,
      keys: readonly [cgroup: number, process: number, file: number],
    ): void {
      blockError.run(sessionId, clock.toWall(bootUs), opId, status, sector, sizeBytes, ...keys);
    },
  };
}
