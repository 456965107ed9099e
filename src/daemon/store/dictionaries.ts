import type { Db } from '../../schema/open.ts';
import type { FileClass } from '../../schema/classify.ts';
import { nowUs } from '../../schema/units.ts';
import type { WallUs } from '../../schema/units.ts';
import type { FileIdentity } from '../stream/decode.ts';
import type { DeviceLabel, FileLabel } from '../naming/labels.ts';
import type { Container } from '../lookups/containers.ts';

/** The keys of what is written once and referred to ever after. All writing goes through here. */
export type Dictionaries = {
  container(container: Container, now: WallUs): number;
  cgroup(id: number, path: string | undefined, containerKey: number | null): number;
  process(pid: number, name: string | undefined): number;
  device(label: DeviceLabel): number;
  file(
    identity: FileIdentity,
    label: FileLabel,
    containerKey: number | null,
    deviceKey: number,
    fileClass: FileClass,
  ): number;
  /** After a rolled back transaction: keys given in it are no more. What is written again finds its old key. */
  forget(): void;
  /** Before each interval: once an hour it forgets, so that rows in use are looked up and marked as such. */
  freshen(): boolean;
};

const FRESH_US = 3_600_000_000;

type Known<Value> = { readonly key: number; readonly value: Value };

/** Rows that describe; inserted when first met, updated when better known. Throws SqliteError when it can't write. */
export function createDictionaries(db: Db, sessionId: number): Dictionaries {
  const containers = createContainerKeys(db);
  const cgroups = createCgroupKeys(db, sessionId);
  const processes = createProcessKeys(db, sessionId);
  const devices = createDeviceKeys(db);
  const files = createFileRows(db, sessionId);
  let freshUs = nowUs();
  const forget = (): void => {
    for (const each of [containers, cgroups, processes, devices, files]) each.forget();
    freshUs = nowUs();
  };
  return {
    container: containers.keyOf,
    cgroup: cgroups.keyOf,
    process: processes.keyOf,
    device: devices.keyOf,
    file: files.keyOf,
    forget,
    freshen() {
      const isDue = nowUs() - freshUs > FRESH_US;
      if (isDue) forget();
      return isDue;
    },
  };
}

/** One dictionary: `keyOf` finds or makes the row. */
type Keys<Name extends keyof Dictionaries> = { readonly keyOf: Dictionaries[Name]; forget(): void };

function createContainerKeys(db: Db): Keys<'container'> {
  const insert = db.prepare(
    `INSERT INTO container (runtime, container_id, name, pod, namespace, pod_uid, image, rootfs, upperdir, snapshot, first_seen_us)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const update = db.prepare(
    `UPDATE container SET runtime = ?, container_id = ?, name = ?, pod = ?, namespace = ?, pod_uid = ?, image = ?,
       rootfs = ?, upperdir = ?, snapshot = ? WHERE container_key = ?`,
  );
  const find = db
    .prepare('SELECT container_key FROM container WHERE container_id = ? ORDER BY container_key DESC')
    .pluck();
  let containers = new Map<string, Known<Container>>();
  return {
    keyOf(container, now) {
      const known = containers.get(container.containerId);
      if (known?.value === container) return known.key;
      const { runtime, containerId, name, pod, namespace, podUid, image, rootfs, upperdir, snapshot } =
        container;
      const values = [runtime, containerId, name, pod, namespace, podUid, image, rootfs, upperdir, snapshot];
      const found = known?.key ?? find.get(containerId);
      const key = typeof found === 'number' ? found : Number(insert.run(...values, now).lastInsertRowid);
      if (key === found) update.run(...values, key);
      containers.set(containerId, { key, value: container });
      return key;
    },
    forget() {
      containers = new Map();
    },
  };
}

function createCgroupKeys(db: Db, sessionId: number): Keys<'cgroup'> {
  const insert = db
    .prepare(
      `INSERT INTO cgroup (session_id, cgroup_id, path, container_key) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET path = ifnull(excluded.path, path),
         container_key = ifnull(excluded.container_key, container_key) RETURNING cgroup_key`,
    )
    .pluck();
  const update = db.prepare(
    'UPDATE cgroup SET path = ifnull(?, path), container_key = ifnull(?, container_key) WHERE cgroup_key = ?',
  );
  let cgroups = new Map<number, Known<string>>();
  return {
    keyOf(id, path, containerKey) {
      const value = `${path ?? ''} ${String(containerKey)}`;
      const known = cgroups.get(id);
      if (known?.value === value) return known.key;
      const key = known?.key ?? Number(insert.get(sessionId, id, path ?? null, containerKey));
      if (known) update.run(path ?? null, containerKey, key);
      cgroups.set(id, { key, value });
      return key;
    },
    forget() {
      cgroups = new Map();
    },
  };
}

function createProcessKeys(db: Db, sessionId: number): Keys<'process'> {
  const insert = db
    .prepare(
      `INSERT INTO process (session_id, pid, name, used_us) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET used_us = excluded.used_us RETURNING process_key`,
    )
    .pluck();
  const update = db.prepare('UPDATE OR IGNORE process SET name = ? WHERE process_key = ?');
  let processes = new Map<number, Known<string | undefined>>();
  let namelessProcesses = new Map<number, number>();
  return {
    keyOf(pid, name) {
      const known = processes.get(pid);
      if (known && known.value === name) return known.key;
      // A name that arrives after its first operations belongs to them too.
      const nameless = name === undefined ? undefined : namelessProcesses.get(pid);
      const key = nameless ?? Number(insert.get(sessionId, pid, name ?? null, nowUs()));
      if (nameless !== undefined) update.run(name, nameless);
      if (name === undefined) namelessProcesses.set(pid, key);
      else namelessProcesses.delete(pid);
      processes.set(pid, { key, value: name });
      return key;
    },
    forget() {
      processes = new Map();
      namelessProcesses = new Map();
    },
  };
}

function createDeviceKeys(db: Db): Keys<'device'> {
  const insert = db
    .prepare(
      `INSERT INTO device (major, minor, name) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET name = excluded.name RETURNING device_key`,
    )
    .pluck();
  let devices = new Map<string, number>();
  return {
    keyOf({ major, minor, name }) {
      const identity = `${String(major)}:${String(minor)} ${name}`;
      const known = devices.get(identity);
      if (known !== undefined) return known;
      const key = Number(insert.get(major, minor, name));
      devices.set(identity, key);
      return key;
    },
    forget() {
      devices = new Map();
    },
  };
}

function createFileRows(db: Db, sessionId: number): Keys<'file'> {
  const insert = db
    .prepare(
      `INSERT INTO file (session_id, dev, inode, name_hash, container_key, device_key, path, host_path, state, class, place, used_us)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET used_us = excluded.used_us,
         path = iif(excluded.state = 'unknown', path, excluded.path),
         host_path = iif(excluded.state = 'unknown', host_path, excluded.host_path),
         class = iif(excluded.state = 'unknown', class, excluded.class),
         place = iif(excluded.state = 'unknown', place, excluded.place),
         state = iif(excluded.state = 'unknown', state, excluded.state) RETURNING file_key`,
    )
    .pluck();
  const update = db.prepare(
    'UPDATE file SET path = ?, host_path = ?, state = ?, class = ?, place = ? WHERE file_key = ?',
  );
  let files = new Map<string, Known<string>>();
  return {
    keyOf({ dev, ino, hash }, { path, hostPath, state }, containerKey, deviceKey, fileClass) {
      const identity = [dev, ino, hash, containerKey ?? 0, deviceKey].join(':');
      const described = [path, hostPath, state, fileClass.class, fileClass.place];
      const value = described.join('\0');
      const known = files.get(identity);
      if (known?.value === value) return known.key;
      const inode = signed64(ino);
      // prettier-ignore
      const key = known?.key ?? Number(
        insert.get(sessionId, dev, inode, hash, containerKey, deviceKey, ...described, nowUs()),
      );
      // Once named, a file keeps its name when the lookups have forgotten it.
      if (known && state !== 'unknown') update.run(...described, key);
      files.set(identity, { key, value });
      return key;
    },
    forget() {
      files = new Map();
    },
  };
}

/** Inode numbers are unsigned, SQLite's integers signed; and a double beyond 2^53 would be stored as REAL. */
function signed64(value: number): number | bigint {
  return Number.isSafeInteger(value) ? value : BigInt.asIntN(64, BigInt(value));
}
