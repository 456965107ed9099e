import type { Db } from '../../schema/open.ts';
import type { WallUs } from '../../schema/units.ts';
import { createKeys } from './keys.ts';
import type { Moment } from './keys.ts';
import type { Problem } from './problem.ts';
import type { Sight } from './sampler.ts';
import { createStateWriters } from './states.ts';
import type { Row, SampledRow, SampleTable } from './table.ts';

/** One round of all samplers that were due. */
export type Tick = {
  /** The tick before; `undefined`: the first, which nothing can be compared with. */
  readonly startedUs: WallUs | undefined;
  readonly endedUs: WallUs;
  readonly rows: readonly Row[];
  /** Whether idle rows are written too. */
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
  const keys = createKeys(db, sessionId, bootId, sight);
  const states = createStateWriters(db, sessionId);
  const insert = createInsert(db);
  const fixed = prepareFixed(db);

  const write = (row: Row, moment: Moment, isHeartbeat: boolean): void => {
    if ('states' in row) {
      const now = row.states.map(({ identity, subject, values }) => ({
        identity,
        values: { ...keys.of(row.table.keys, subject, moment), ...values },
      }));
      states.of(row.table).write(now, moment.at);
      return;
    }
    const { table, subject, values } = row;
    if (moment.tickId === undefined && table.keys.includes('tick_id')) return;
    if (!isHeartbeat && table.isIdle?.(values) === true) return;
    insert(table, { ...keys.of(table.keys, subject, moment), ...values });
  };
  const writeAll = db.transaction(
    ({ startedUs, endedUs, rows, isHeartbeat, problems, costs }: Tick): void => {
      const tickId =
        startedUs === undefined ? undefined : fixed.tick.run(sessionId, startedUs, endedUs).lastInsertRowid;
      for (const row of joinShared(rows)) write(row, { tickId, at: endedUs }, isHeartbeat);
      for (const { sampler, subject, state, reason, fix } of problems) {
        fixed.problem.run(sessionId, sampler, subject, state, reason, fix, endedUs);
      }
      for (const { sampler, startedUs: since, roundCount, rowCount, cpuUs, cpuUsMax } of costs) {
        fixed.cost.run(sessionId, since, endedUs, sampler, roundCount, rowCount, cpuUs, cpuUsMax);
      }
    },
  );
  return {
    write(tick) {
      keys.freshen();
      try {
        writeAll(tick);
        states.commit();
      } catch (error) {
        keys.forget();
        states.rollBack();
        throw error;
      }
    },
  };
}

/** What several samplers know of the same becomes one row. */
function joinShared(rows: readonly Row[]): Row[] {
  const shared = new Map<string, SampledRow>();
  const others: Row[] = [];
  for (const row of rows) {
    if ('states' in row || row.table.isShared !== true) {
      others.push(row);
      continue;
    }
    const identity = `${row.table.name} ${row.subject.cgroup?.path ?? ''}`;
    const nulls = Object.fromEntries(row.table.columns.map((column) => [column, null]));
    shared.set(identity, { ...row, values: { ...(shared.get(identity)?.values ?? nulls), ...row.values } });
  }
  return [...others, ...shared.values()];
}

/** Values come by name. */
function createInsert(db: Db): (table: SampleTable, values: object) => void {
  const prepare = ({ name, keys, columns, onConflict }: SampleTable) => {
    const all = [...keys, ...columns];
    return db.prepare<[object]>(
      `INSERT ${onConflict === undefined ? '' : `OR ${onConflict}`} INTO ${name} (${all.join(', ')})
       VALUES (${all.map((column) => `@${column}`).join(', ')})`,
    );
  };
  const prepared = new Map<SampleTable, ReturnType<typeof prepare>>();
  return (table, values) => {
    const statement = prepared.get(table) ?? prepare(table);
    prepared.set(table, statement);
    statement.run(values);
  };
}

/** Tables that no sampler fills. */
function prepareFixed(db: Db) {
  return {
    tick: db.prepare('INSERT INTO tick (session_id, started_us, ended_us) VALUES (?, ?, ?)'),
    problem: db.prepare('INSERT OR REPLACE INTO sampler_problem VALUES (?, ?, ?, ?, ?, ?, ?)'),
    cost: db.prepare('INSERT OR REPLACE INTO sampler_cost VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
  };
}
