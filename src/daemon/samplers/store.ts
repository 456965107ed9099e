import type { Db } from '../../schema/open.ts';
import type { WallUs } from '../../schema/units.ts';
import { createDictionaries } from '../store/dictionaries.ts';
import { statOf } from '../lookups/bounded-read.ts';
import type { CgroupTarget, CgroupValues, DeviceNumbers, HostValues, Row } from './rows.ts';
import {
  cgroupColumns,
  deviceColumns,
  deviceStateColumns,
  hostColumns,
  ioColumns,
  isIdle,
  limitColumns,
  mountColumns,
} from './rows.ts';
import type { Problem, Sight } from './sampler.ts';
import { createStates } from './states.ts';
import type { State } from './states.ts';

/** One round of all samplers that were due. */
export type Tick = {
  /** The tick before; `undefined`: the first, which nothing can be compared with. */
  readonly startedUs: WallUs | undefined;
  readonly endedUs: WallUs;
  readonly rows: readonly Row[];
  /** Whether idle cgroups get a row too. */
  readonly isHeartbeat: boolean;
  /** What is new or over since the last tick. */
  readonly problems: readonly (Omit<Problem, 'state'> & {
    readonly sampler: string;
    readonly state: Problem['state'] | 'seen';
  })[];
  readonly costs: readonly CostRow[];
};

/** What a sampler cost since the last such row. */
export type CostRow = {
  readonly sampler: string;
  readonly startedUs: WallUs;
  readonly roundCount: number;
  readonly rowCount: number;
  readonly cpuUs: number;
  readonly cpuUsMax: number;
};

export type SampleStore = {
  /** All of it or nothing. Throws SqliteError when it can't be written. */
  write(tick: Tick): void;
};

export function createSampleStore(db: Db, sessionId: number, bootId: string, sight: Sight): SampleStore {
  const dictionaries = createDictionaries(db, sessionId);
  const inserts = prepareInserts(db);
  const mountStates = createStates(db, sessionId, 'mount_state', 'mount_key', [
    'device_key',
    'container_key',
    ...mountColumns,
  ]);
  const deviceStates = createStates(db, sessionId, 'device_state', 'device_state_key', [
    'device_key',
    ...deviceStateColumns,
  ]);
  const limitStates = createStates(db, sessionId, 'limit_state', 'limit_key', [
    'cgroup_key',
    'device_key',
    ...limitColumns,
  ]);
  const states = [mountStates, deviceStates, limitStates];

  const deviceKey = ({ major, minor }: DeviceNumbers): number =>
    dictionaries.device({ major, minor, name: sight.devices.of(major, minor).name });
  const containerKey = (container: CgroupTarget['container'], at: WallUs): number | null =>
    container ? dictionaries.container(container, at) : null;
  const cgroupKey = ({ id, path, container }: CgroupTarget, at: WallUs): number =>
    dictionaries.cgroup(id, path, containerKey(container, at));
  const cgroupKeyOfPath = (path: string | undefined, at: WallUs): number | null => {
    const { root } = sight.targets;
    const directory = path === undefined || root === undefined ? undefined : statOf(root + path);
    if (path === undefined || !directory) return null;
    return cgroupKey({ id: Number(directory.ino), path, container: sight.containers.ofCgroup(path) }, at);
  };

  /** Rows that say themselves when they are of. */
  const writeRow = (row: Row, at: WallUs): void => {
    switch (row.kind) {
      case 'filesystem':
        inserts.filesystem.run({
          ...row,
          session_id: sessionId,
          sampled_us: at,
          device_key: deviceKey(row),
        });
        return;
      case 'upperdir':
        inserts.upperdir.run({
          session_id: sessionId,
          sampled_us: at,
          container_key: containerKey(row.container, at),
          upperdir: row.upperdir,
          file_count: row.file_count,
          directory_count: row.directory_count,
          is_complete: row.is_complete,
        });
        return;
      case 'kernel_message':
        inserts.kernelMessage.run({ ...row, boot_id: bootId, session_id: sessionId });
        return;
      case 'runtime_message':
        inserts.runtimeMessage.run({ ...row, session_id: sessionId });
        return;
      case 'deleted':
        inserts.deleted.run({
          ...row,
          session_id: sessionId,
          sampled_us: at,
          cgroup_key: cgroupKeyOfPath(row.cgroupPath, at),
          process_key: dictionaries.process(row.pid, row.name),
          device_key: deviceKey(row),
          inode: BigInt.asIntN(64, row.inode),
        });
        return;
      case 'mount_states':
        mountStates.write(
          row.states.map(({ identity, container, values, ...numbers }) => ({
            identity,
            values: {
              device_key: deviceKey(numbers),
              container_key: containerKey(container, at),
              ...values,
            },
          })),
          at,
        );
        return;
      case 'device_states':
        deviceStates.write(
          row.states.map(({ identity, values, ...numbers }) => ({
            identity,
            values: { device_key: deviceKey(numbers), ...values },
          })),
          at,
        );
        return;
      case 'limit_states':
        limitStates.write(
          row.states.map(({ identity, cgroup, device, values }): State => ({
            identity,
            values: {
              cgroup_key: cgroupKey(cgroup, at),
              device_key: device ? deviceKey(device) : null,
              ...values,
            },
          })),
          at,
        );
        return;
      case 'device':
      case 'host':
      case 'cgroup':
      case 'cgroup_device':
      case 'process':
    }
  };
  /** Rows of what happened between two ticks. */
  const writeDeltas = ({ rows, isHeartbeat, endedUs }: Tick, tickId: number | bigint): void => {
    let host: Partial<HostValues> | undefined;
    const cgroups = new Map<string, { cgroup: CgroupTarget; values: Partial<CgroupValues> }>();
    for (const row of rows) {
      switch (row.kind) {
        case 'device':
          inserts.device.run({ tick_id: tickId, device_key: deviceKey(row), ...row.values });
          break;
        case 'host':
          host = { ...host, ...row.values };
          break;
        case 'cgroup': {
          const known = cgroups.get(row.cgroup.path)?.values;
          cgroups.set(row.cgroup.path, { cgroup: row.cgroup, values: { ...known, ...row.values } });
          break;
        }
        case 'cgroup_device':
          inserts.cgroupDevice.run({
            tick_id: tickId,
            cgroup_key: cgroupKey(row.cgroup, endedUs),
            device_key: deviceKey(row),
            ...row.values,
          });
          break;
        case 'process':
          inserts.process.run({
            ...row,
            tick_id: tickId,
            process_key: dictionaries.process(row.pid, row.name),
            cgroup_key: cgroupKeyOfPath(row.cgroupPath, endedUs),
          });
          break;
        case 'filesystem':
        case 'upperdir':
        case 'kernel_message':
        case 'runtime_message':
        case 'deleted':
        case 'mount_states':
        case 'device_states':
        case 'limit_states':
      }
    }
    if (host) inserts.host.run({ ...nullsFor(hostColumns), ...host, tick_id: tickId });
    for (const { cgroup, values } of cgroups.values()) {
      if (isIdle(values) && !isHeartbeat) continue;
      inserts.cgroup.run({
        ...nullsFor(cgroupColumns),
        ...values,
        tick_id: tickId,
        cgroup_key: cgroupKey(cgroup, endedUs),
      });
    }
  };

  const writeAll = db.transaction((tick: Tick): void => {
    const { startedUs, endedUs, rows, problems, costs } = tick;
    if (startedUs !== undefined) {
      writeDeltas(tick, inserts.tick.run(sessionId, startedUs, endedUs).lastInsertRowid);
    }
    for (const row of rows) writeRow(row, endedUs);
    for (const { sampler, subject, state, reason, fix } of problems) {
      inserts.problem.run(sessionId, sampler, subject, state, reason, fix, endedUs);
    }
    for (const { sampler, startedUs: since, roundCount, rowCount, cpuUs, cpuUsMax } of costs) {
      inserts.cost.run(sessionId, since, endedUs, sampler, roundCount, rowCount, cpuUs, cpuUsMax);
    }
  });
  return {
    write(tick) {
      dictionaries.freshen();
      try {
        writeAll(tick);
        for (const each of states) each.commit();
      } catch (error) {
        dictionaries.forget();
        for (const each of states) each.rollBack();
        throw error;
      }
    },
  };
}

function nullsFor(columns: readonly string[]): Record<string, null> {
  return Object.fromEntries(columns.map((column) => [column, null]));
}

function prepareInserts(db: Db) {
  /** Values come by name; what an object has beside them is ignored. */
  const into = (table: string, columns: readonly string[], or = '') =>
    db.prepare<[object]>(
      `INSERT ${or} INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})`,
    );
  return {
    tick: db.prepare('INSERT INTO tick (session_id, started_us, ended_us) VALUES (?, ?, ?)'),
    device: into('device_sample', ['tick_id', 'device_key', ...deviceColumns]),
    host: into('host_sample', ['tick_id', ...hostColumns]),
    cgroup: into('cgroup_sample', ['tick_id', 'cgroup_key', ...cgroupColumns]),
    cgroupDevice: into('cgroup_device_sample', ['tick_id', 'cgroup_key', 'device_key', ...ioColumns]),
    // A process that took another's pid and name within one tick would be it once more.
    process: into('process_sample', processColumns, 'OR REPLACE'),
    filesystem: into('filesystem_sample', filesystemColumns),
    upperdir: into('upperdir_sample', upperdirColumns),
    // What another run has read already is there.
    kernelMessage: into('kernel_message', kernelMessageColumns, 'OR IGNORE'),
    runtimeMessage: into('runtime_message', ['session_id', 'logged_us', 'unit', 'level', 'message']),
    deleted: into('deleted_file', deletedColumns),
    problem: db.prepare('INSERT OR REPLACE INTO sampler_problem VALUES (?, ?, ?, ?, ?, ?, ?)'),
    cost: db.prepare('INSERT OR REPLACE INTO sampler_cost VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
  };
}

const processColumns = [
  'tick_id',
  'process_key',
  'cgroup_key',
  'elapsed_us',
  'read_bytes',
  'write_bytes',
  'cancelled_write_bytes',
  'io_delay_ticks',
];
const filesystemColumns = [
  'session_id',
  'sampled_us',
  'device_key',
  'mount_point',
  'fs_type',
  'holds',
  'size_bytes',
  'free_bytes',
  'available_bytes',
  'inode_count',
  'inode_free_count',
];
const upperdirColumns = [
  'session_id',
  'sampled_us',
  'container_key',
  'upperdir',
  'file_count',
  'directory_count',
  'is_complete',
];
const kernelMessageColumns = [
  'boot_id',
  'sequence',
  'session_id',
  'logged_us',
  'level',
  'topic',
  'device',
  'message',
];
const deletedColumns = [
  'session_id',
  'sampled_us',
  'cgroup_key',
  'process_key',
  'device_key',
  'inode',
  'path',
  'size_bytes',
  'allocated_bytes',
  'held_by',
  'holder_count',
];
