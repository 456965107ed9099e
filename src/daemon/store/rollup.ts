import type { Db } from '../../schema/open.ts';

/** Lengths of periods, s. The first is made of intervals, each other one of the periods before it. */
export const PERIODS_S: readonly number[] = [60, 600, 3600, 21_600, 86_400];

/** The shortest period that keeps sums by file, and buckets: a minute's would be hardly fewer rows than its intervals'. */
const DETAIL_FROM_S = 600;
/** Periods closed with one interval, at most: what an older iotrace left is made up for little by little. */
const CLOSED_AT_ONCE_MAX = 6;

export type Rollup = {
  /**
   * Adds up what is over when an interval of `runId` that starts at `startedUs` is written; to be called in
   * the same transaction. Throws SqliteError when it can't write.
   */
  close(runId: number, startedUs: number): void;
};

/**
 * Keeps the tables period, period_total, period_file and period_bucket. A period is made of all parts of one run
 * that start in the same minute (ten minutes, hour, day) and have none yet. A part has one period, so
 * nothing is counted twice; after a step of the clock there may be two periods of the same minute.
 */
export function createRollup(db: Db): Rollup {
  const levels = PERIODS_S.map((seconds) => createLevel(db, seconds));
  return {
    close(runId, startedUs) {
      for (let closed = 0; closed < CLOSED_AT_ONCE_MAX; closed += 1) {
        // The shorter ones first: a period is closed when all of its parts are.
        if (!levels.some((level) => level.closeOldest(runId, startedUs))) return;
      }
    },
  };
}

/** What periods are made of: the table, and the names of its columns where they differ. */
type Parts = Readonly<Record<'table' | 'id' | 'parent' | 'started' | 'ended' | 'among', string>> & {
  /** Of the part's intervals: latest start, earliest end, number, time recorded. */
  readonly of: readonly [string, string, string, string];
};

function partsOf(seconds: number): Parts {
  const shorter = PERIODS_S[PERIODS_S.indexOf(seconds) - 1];
  if (shorter === undefined) {
    return {
      table: 'flush',
      id: 'flush_id',
      parent: 'period_id',
      started: 'started_us',
      ended: 'ended_us',
      among: 'TRUE',
      of: ['started_us', 'ended_us', '1', 'ended_us - started_us'],
    };
  }
  return {
    table: 'period',
    id: 'period_id',
    parent: 'parent_id',
    started: 'started_us_min',
    ended: 'ended_us_max',
    among: `seconds = ${String(shorter)}`,
    of: ['started_us_max', 'ended_us_min', 'interval_count', 'recorded_us'],
  };
}

type Oldest = { readonly run_id: number; readonly started_us: number };

function createLevel(db: Db, seconds: number) {
  const lengthUs = seconds * 1_000_000;
  const { table, id, parent, started, ended, among, of } = partsOf(seconds);
  const [startedMax, endedMin, count, recorded] = of;
  const waiting = `${table} WHERE ${parent} IS NULL AND ${among}`;
  const ofPeriod = `run_id = @run_id AND ${started} >= @from_us AND ${started} < @from_us + ${String(lengthUs)}`;

  const findOldest = db.prepare<object, Oldest>(
    `SELECT run_id, ${started} AS started_us FROM ${waiting} AND NOT (${ofPeriod})
     ORDER BY run_id, ${started} LIMIT 1`,
  );
  const insertPeriod = db
    .prepare<object, number>(
      `INSERT INTO period (period_id, run_id, seconds, parent_id, started_us_min, started_us_max, ended_us_min,
         ended_us_max, interval_count, recorded_us)
       SELECT (SELECT ifnull(max(period_id), 1 << 40) + 1 FROM period), run_id, ${String(seconds)}, NULL,
         min(${started}), max(${startedMax}), min(${endedMin}), max(${ended}), sum(${count}), sum(${recorded})
       FROM ${waiting} AND ${ofPeriod} RETURNING period_id`,
    )
    .pluck();
  const adopt = db.prepare(
    `UPDATE ${table} SET ${parent} = @period_id WHERE ${parent} IS NULL AND ${among} AND ${ofPeriod}`,
  );
  const addUp = sums(seconds).map((sql) =>
    db.prepare(sql.replace('@parts', `SELECT ${id} FROM ${table} WHERE ${parent} = @period_id`)),
  );

  return {
    /** Closes the oldest period that the interval is no part of; false when there is none. */
    closeOldest(runId: number, startedUs: number): boolean {
      const oldest = findOldest.get({ run_id: runId, from_us: startedUs - (startedUs % lengthUs) });
      if (!oldest) return false;
      const key = { run_id: oldest.run_id, from_us: oldest.started_us - (oldest.started_us % lengthUs) };
      const period_id = insertPeriod.get(key);
      adopt.run({ ...key, period_id });
      for (const statement of addUp) statement.run({ period_id });
      return true;
    },
  };
}

const SUMMED = `sum(op_count), sum(error_count), sum(size_bytes_sum), sum(latency_ns_sum), max(latency_ns_max),
  sum(inner_latency_ns_sum)`;

/** SQL that adds up `@parts` in the order of the tables' keys. */
function sums(seconds: number): string[] {
  const add = (table: string, view: string, keys: string, summed: string): string =>
    `INSERT INTO ${table} SELECT @period_id, ${keys}, ${summed} FROM ${view}
     WHERE span_id IN (@parts) GROUP BY ${keys} ORDER BY ${keys}`;
  const key = 'op_id, cgroup_key, variant_id';
  const totals = add('period_total', 'span_operations', `${key}, device_key`, SUMMED);
  if (seconds < DETAIL_FROM_S) return [totals];
  return [
    totals,
    add('period_file', 'span_files', `${key}, process_key, file_key`, SUMMED),
    add('period_bucket', 'span_latency', `${key}, device_key, bucket`, 'sum(op_count)'),
  ];
}
