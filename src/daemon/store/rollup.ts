import type { Db } from '../../schema/open.ts';

/** Lengths of rollups, s. The first is made of intervals, each other one of the rollups before it. */
export const PERIODS_S: readonly number[] = [60, 600, 3600, 21_600, 86_400];

/** The shortest rollup that keeps sums by file, and buckets: a minute's would be hardly fewer rows than its intervals'. */
const DETAIL_FROM_S = 600;
/** Periods closed with one interval, at most: what an older iotrace left is made up for little by little. */
const CLOSED_AT_ONCE_MAX = 6;

export type Rollup = {
  /**
   * Adds up what is over when an interval of `sessionId` that starts at `startedUs` is written; to be called in
   * the same transaction. Throws SqliteError when it can't write.
   */
  close(sessionId: number, startedUs: number): void;
};

/**
 * Keeps the tables rollup, rollup_total, rollup_file and rollup_bucket. A rollup is made of all parts of one session
 * that start in the same minute (ten minutes, hour, day) and have none yet. A part has one rollup, so
 * nothing is counted twice; after a step of the clock there may be two rollups of the same minute.
 */
export function createRollup(db: Db): Rollup {
  const levels = PERIODS_S.map((seconds) => createLevel(db, seconds));
  return {
    close(sessionId, startedUs) {
      for (let closed = 0; closed < CLOSED_AT_ONCE_MAX; closed += 1) {
        // The shorter ones first: a rollup is closed when all of its parts are.
        if (!levels.some((level) => level.closeOldest(sessionId, startedUs))) return;
      }
    },
  };
}

/** What rollups are made of: the table, and the names of its columns where they differ. */
type Parts = Readonly<Record<'table' | 'id' | 'parent' | 'started' | 'ended' | 'among', string>> & {
  /** Of the part's intervals: latest start, earliest end, number, time recorded. */
  readonly of: readonly [string, string, string, string];
};

function partsOf(seconds: number): Parts {
  const shorter = PERIODS_S[PERIODS_S.indexOf(seconds) - 1];
  if (shorter === undefined) {
    return {
      table: 'interval',
      id: 'interval_id',
      parent: 'rollup_id',
      started: 'started_us',
      ended: 'ended_us',
      among: 'TRUE',
      of: ['started_us', 'ended_us', '1', 'ended_us - started_us'],
    };
  }
  return {
    table: 'rollup',
    id: 'rollup_id',
    parent: 'parent_id',
    started: 'started_us_min',
    ended: 'ended_us_max',
    among: `seconds = ${String(shorter)}`,
    of: ['started_us_max', 'ended_us_min', 'interval_count', 'recorded_us'],
  };
}

type Oldest = { readonly session_id: number; readonly started_us: number };

function createLevel(db: Db, seconds: number) {
  const lengthUs = seconds * 1_000_000;
  const { table, id, parent, started, ended, among, of } = partsOf(seconds);
  const [startedMax, endedMin, count, recorded] = of;
  const waiting = `${table} WHERE ${parent} IS NULL AND ${among}`;
  const ofRollup = `session_id = @session_id AND ${started} >= @from_us AND ${started} < @from_us + ${String(lengthUs)}`;

  const findOldest = db.prepare<object, Oldest>(
    `SELECT session_id, ${started} AS started_us FROM ${waiting} AND NOT (${ofRollup})
     ORDER BY session_id, ${started} LIMIT 1`,
  );
  const insertRollup = db
    .prepare<object, number>(
      `INSERT INTO rollup (rollup_id, session_id, seconds, parent_id, started_us_min, started_us_max, ended_us_min,
         ended_us_max, interval_count, recorded_us)
       SELECT (SELECT ifnull(max(rollup_id), 1 << 40) + 1 FROM rollup), session_id, ${String(seconds)}, NULL,
         min(${started}), max(${startedMax}), min(${endedMin}), max(${ended}), sum(${count}), sum(${recorded})
       FROM ${waiting} AND ${ofRollup} RETURNING rollup_id`,
    )
    .pluck();
  const adopt = db.prepare(
    `UPDATE ${table} SET ${parent} = @rollup_id WHERE ${parent} IS NULL AND ${among} AND ${ofRollup}`,
  );
  const addUp = sums(seconds).map((sql) =>
    db.prepare(sql.replace('@parts', `SELECT ${id} FROM ${table} WHERE ${parent} = @rollup_id`)),
  );

  return {
    /** Closes the oldest rollup that the interval is no part of; false when there is none. */
    closeOldest(sessionId: number, startedUs: number): boolean {
      const oldest = findOldest.get({ session_id: sessionId, from_us: startedUs - (startedUs % lengthUs) });
      if (!oldest) return false;
      const key = {
        session_id: oldest.session_id,
        from_us: oldest.started_us - (oldest.started_us % lengthUs),
      };
      const rollup_id = insertRollup.get(key);
      adopt.run({ ...key, rollup_id });
      for (const statement of addUp) statement.run({ rollup_id });
      return true;
    },
  };
}

const SUMMED = `sum(op_count), sum(error_count), sum(size_bytes_sum), sum(latency_ns_sum), max(latency_ns_max),
  sum(inner_latency_ns_sum)`;

/** SQL that adds up `@parts` in the order of the tables' keys. */
function sums(seconds: number): string[] {
  const add = (table: string, view: string, keys: string, summed: string): string =>
    `INSERT INTO ${table} SELECT @rollup_id, ${keys}, ${summed} FROM ${view}
     WHERE span_id IN (@parts) GROUP BY ${keys} ORDER BY ${keys}`;
  const key = 'op_id, cgroup_key, variant_id';
  const totals = add('rollup_total', 'span_operations', `${key}, device_key`, SUMMED);
  if (seconds < DETAIL_FROM_S) return [totals];
  return [
    totals,
    add('rollup_file', 'span_files', `${key}, process_key, file_key`, SUMMED),
    add('rollup_bucket', 'span_latency', `${key}, device_key, bucket`, 'sum(op_count)'),
  ];
}
