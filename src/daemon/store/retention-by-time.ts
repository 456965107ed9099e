import type { Db } from '../../schema/open.ts';

/** Rows of one kind removed with one interval, at most; more than such an interval brings. */
const ROWS_AT_ONCE = 2000;
/** Ticks of the samplers and samples of the cost: each has many rows in other tables. */
const GROUPS_AT_ONCE = 20;
const HOUR_US = 3_600_000_000;
/** Samples are taken while the probes are attached, before the first interval begins. */
const ATTACHING_US = 600_000_000;

type ByTime = {
  readonly table: string;
  readonly key: string;
  readonly at: string;
  /** Indexed, in order of time. */
  readonly order: string;
  /** Tables with rows of the same key, which go with it. */
  readonly parts?: readonly string[];
  readonly atOnce?: number;
};

const byTime = (table: string, key: string, at: string, order = at): ByTime => ({ table, key, at, order });

/** What goes with the intervals of its time. */
const WITH_INTERVALS: readonly ByTime[] = [
  { ...byTime('exemplar', 'exemplar_id', 'ended_us'), parts: ['sync_stage'] },
  byTime('inflight_slot', 'started_us, device_key, cgroup_key, session_id', 'started_us'),
  byTime('block_failure', 'failure_id', 'ended_us'),
  byTime('filesystem_sample', 'filesystem_sample_id', 'sampled_us'),
  byTime('upperdir_sample', 'upperdir_sample_id', 'sampled_us'),
  byTime('deleted_file', 'deleted_file_id', 'sampled_us'),
  byTime('kernel_message', 'boot_id, sequence', 'logged_us'),
  byTime('runtime_message', 'runtime_message_id', 'logged_us'),
  byTime('sampler_cost', 'session_id, ended_us, sampler', 'ended_us', 'session_id, ended_us'),
  {
    ...byTime('cost_sample', 'sample_id', 'ended_us', 'sample_id'),
    parts: ['program'],
    atOnce: GROUPS_AT_ONCE,
  },
  {
    ...byTime('tick', 'tick_id', 'ended_us'),
    parts: ['device_sample', 'host_sample', 'cgroup_sample', 'cgroup_device_sample', 'process_sample'],
    atOnce: GROUPS_AT_ONCE,
  },
];

/** What goes with everything of its time, also the spans that are kept longer. */
const WITH_SPANS: readonly ByTime[] = [
  byTime('loss_record', 'loss_id', 'ended_us', 'loss_id'),
  byTime('clock_change', 'change_id', 'at_us', 'change_id'),
];

/** Removes what is older than the oldest interval or span, and names nothing refers to any more; some at a time. */
export function prepareByTime(db: Db): () => void {
  const oldestInterval = db.prepare<[], number | null>('SELECT min(started_us) FROM interval').pluck();
  const oldestSpan = db
    .prepare<[], number | null>(
      `SELECT min(us) FROM (SELECT min(started_us_min) AS us FROM rollup WHERE parent_id IS NULL
         UNION ALL SELECT min(started_us) FROM interval WHERE rollup_id IS NULL)`,
    )
    .pluck();
  const withIntervals = WITH_INTERVALS.flatMap((each) => prepareRemoval(db, each));
  const withSpans = WITH_SPANS.flatMap((each) => prepareRemoval(db, each));
  const names = [prepareNames(db, 'file', 'file_key'), prepareNames(db, 'process', 'process_key')];
  return () => {
    const interval = oldestInterval.get();
    const span = oldestSpan.get();
    if (typeof interval === 'number') for (const each of withIntervals) each.run(interval - ATTACHING_US);
    if (typeof span !== 'number') return;
    for (const each of withSpans) each.run(span);
    // A name in use is looked up every hour: Dictionaries.freshen.
    for (const each of names) each.run(span - 2 * HOUR_US);
  };
}

function prepareRemoval(db: Db, { table, key, at, order, parts = [], atOnce = ROWS_AT_ONCE }: ByTime) {
  const columns = [...new Set([...key.split(', '), at])].join(', ');
  const old = `SELECT ${key} FROM (SELECT ${columns} FROM ${table} ORDER BY ${order} LIMIT ${String(atOnce)}) WHERE ${at} < ?`;
  return [...parts, table].map((each) =>
    db.prepare<[number]>(`DELETE FROM ${each} WHERE (${key}) IN (${old})`),
  );
}

function prepareNames(db: Db, table: string, key: string) {
  const referred = referrersOf(db, table).map(
    (by) => ` AND ${key} NOT IN (SELECT ${by.column} FROM ${by.table} WHERE ${by.column} IS NOT NULL)`,
  );
  return db.prepare<[number]>(
    `DELETE FROM ${table} WHERE ${key} IN (
       SELECT ${key} FROM ${table} WHERE used_us < ? ORDER BY used_us LIMIT ${String(ROWS_AT_ONCE)})${referred.join('')}`,
  );
}

/** Which columns refer to a table by a foreign key. */
export function referrersOf(db: Db, table: string): { readonly table: string; readonly column: string }[] {
  return db
    .prepare<[string], { table: string; column: string }>(
      `SELECT tables.name AS "table", keys."from" AS "column"
       FROM sqlite_schema AS tables, pragma_foreign_key_list(tables.name) AS keys
       WHERE tables.type = 'table' AND keys."table" = ?`,
    )
    .all(table);
}
