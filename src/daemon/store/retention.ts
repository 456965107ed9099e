import { isDatabaseError } from '../../schema/open.ts';
import type { Db } from '../../schema/open.ts';
import { nowUs } from '../../schema/units.ts';
import type { WallUs } from '../../schema/units.ts';
import { prepareByTime, referrersOf } from './retention-by-time.ts';

export type RetentionOptions = {
  /** How long intervals are kept; hours and days three months, or as long when that is longer. */
  readonly keepMs: number;
  readonly maxDatabaseBytes: number;
};

export type Retention = {
  /** Removes a bounded number of rows; to be called after each interval. Throws SqliteError when it can't write. */
  step(now: WallUs): void;
  /** The same now. What can't be removed, from a full disk for one, is tried again with the next interval. */
  tryStep(): void;
};

const DAY_US = 86_400_000_000;
const PERIODS_KEPT_US = 90 * DAY_US;
/** Removing begins before the bound is reached, because the rows of an hour go little by little. */
const FULL_SHARE = 0.95;
/** Rows removed with one interval: so many, and more than such an interval brings. */
const ROWS_MIN = 20_000;
const ROWS_PER_ROW = 3;

/**
 * Keeps the database small. Of an hour older than `keepMs` the intervals go, and the hour itself stays; of a day
 * older than three months everything goes. When the database is nearly full, the same happens to the oldest
 * hours that still have intervals, then to the oldest days. `agedNow`: by what time to tell what is older than an age.
 */
export function createRetention(
  db: Db,
  { keepMs, maxDatabaseBytes }: RetentionOptions,
  agedNow: (now: WallUs, ageUs: number) => WallUs = (now) => now,
): Retention {
  const keepUs = keepMs * 1000;
  const spansKeptUs = Math.max(PERIODS_KEPT_US, keepUs);
  const candidates = prepareCandidates(db);
  const remover = prepareRemover(db);
  const mark = db.prepare<object>(
    `UPDATE rollup SET removing = @removing, started_us_max = started_us_min, ended_us_min = ended_us_max
     WHERE rollup_id = @rollup_id`,
  );
  const note = db.prepare(
    `INSERT INTO removal (at_us, subject, reason, started_us, ended_us)
     SELECT @now, iif(@removing = 1, 'intervals', 'spans'), @reason, started_us_min, ended_us_max
     FROM rollup WHERE rollup_id = @rollup_id`,
  );
  const isFull = (): boolean => usedBytes(db) > FULL_SHARE * maxDatabaseBytes;

  const condemn = (now: WallUs): Condemned | undefined => {
    const old = candidates.hourBefore(agedNow(now, keepUs) - keepUs);
    if (old !== undefined) return { rollup_id: old, removing: 1, reason: 'keep' };
    const oldest = candidates.dayBefore(agedNow(now, spansKeptUs) - spansKeptUs);
    if (oldest !== undefined) return { rollup_id: oldest, removing: 2, reason: 'keep' };
    if (!isFull()) return undefined;
    const hour = candidates.hourBefore(now);
    if (hour !== undefined) return { rollup_id: hour, removing: 1, reason: 'max-database' };
    const day = candidates.dayBefore(now);
    return day === undefined ? undefined : { rollup_id: day, removing: 2, reason: 'max-database' };
  };

  const step = db.transaction((now: WallUs): void => {
    let budget = remover.budget();
    while (budget > 0) {
      const removed = remover.removePart();
      if (removed === 0) {
        const condemned = condemn(now);
        if (!condemned) break;
        mark.run(condemned);
        note.run({ ...condemned, now });
      }
      budget -= removed + 1;
    }
  });
  const removeByTime = db.transaction(prepareByTime(db));
  const stepAll = (now: WallUs): void => {
    step(now);
    removeByTime();
    shrink(db);
  };
  return {
    step: stepAll,
    tryStep() {
      try {
        stepAll(nowUs());
      } catch (error) {
        if (!isDatabaseError(error)) throw error;
      }
    },
  };
}

/** Free pages are filled before the file grows; those beyond a quarter of it are given back, some at a time. */
function shrink(db: Db): void {
  const [pages, free] = [pragma(db, 'page_count'), pragma(db, 'freelist_count')];
  if (free > pages / 4) db.pragma(`incremental_vacuum(${String(PAGES_AT_ONCE)})`);
}

const PAGES_AT_ONCE = 1000;
const pragma = (db: Db, name: string): number => Number(db.pragma(name, { simple: true }));

type Condemned = { readonly rollup_id: number; readonly removing: 1 | 2; readonly reason: string };

const usedBytes = (db: Db): number =>
  (pragma(db, 'page_count') - pragma(db, 'freelist_count')) * pragma(db, 'page_size');

function prepareCandidates(db: Db) {
  const hour = db
    .prepare<[number], number>(
      `SELECT rollup_id FROM rollup WHERE seconds = 3600 AND removing = 0 AND ended_us_max < ?
         AND EXISTS (SELECT 1 FROM rollup AS part WHERE part.parent_id = rollup.rollup_id)
       ORDER BY started_us_min LIMIT 1`,
    )
    .pluck();
  const day = db
    .prepare<[number], number>(
      `SELECT rollup_id FROM rollup WHERE seconds = 86400 AND removing = 0 AND ended_us_max < ?
       ORDER BY started_us_min LIMIT 1`,
    )
    .pluck();
  return {
    /** The oldest hour that ended before and still has what it was added up from. */
    hourBefore: (us: number) => hour.get(us),
    dayBefore: (us: number) => day.get(us),
  };
}

/** Tables whose rows belong to a span. */
const OF_INTERVAL = ['total', 'bucket'];
const OF_ROLLUP = ['rollup_total', 'rollup_file', 'rollup_bucket'];
const FIRST_PERIOD = 2 ** 40;

function prepareRemover(db: Db) {
  const deleteBy = (column: string) => (table: string) =>
    db.prepare<[number]>(`DELETE FROM ${table} WHERE ${column} = ?`);
  const released = referrersOf(db, 'interval').map(({ table, column }) =>
    db.prepare<[number]>(`UPDATE ${table} SET ${column} = NULL WHERE ${column} = ?`),
  );
  const ofInterval = [...released, ...[...OF_INTERVAL, 'interval'].map(deleteBy('interval_id'))];
  const ofRollup = [...OF_ROLLUP, 'rollup'].map(deleteBy('rollup_id'));
  const condemned = db.prepare<[], { rollup_id: number; removing: 1 | 2 }>(
    'SELECT rollup_id, removing FROM rollup WHERE removing > 0 LIMIT 1',
  );
  const part = db.prepare<[number], number>('SELECT span_id FROM spans WHERE parent_id = ? LIMIT 1').pluck();
  const done = db.prepare('UPDATE rollup SET removing = 0 WHERE rollup_id = ?');
  const newest = db
    .prepare<[], number>('SELECT row_count FROM interval ORDER BY interval_id DESC LIMIT 1')
    .pluck();

  const removeSpan = (span: number): number =>
    (span > FIRST_PERIOD ? ofRollup : ofInterval).reduce((sum, each) => sum + each.run(span).changes, 0);
  /** The first span below that has nothing below itself. */
  const lowestBelow = (span: number): number => {
    const below = part.get(span);
    return below === undefined ? span : lowestBelow(below);
  };
  return {
    budget: () => Math.max(ROWS_MIN, ROWS_PER_ROW * (newest.get() ?? 0)),
    /** Removes one span of what is condemned; returns how many rows that were, 0 when nothing is condemned. */
    removePart(): number {
      const next = condemned.get();
      if (!next) return 0;
      const lowest = lowestBelow(next.rollup_id);
      if (lowest !== next.rollup_id || next.removing === 2) return removeSpan(lowest);
      return done.run(next.rollup_id).changes;
    },
  };
}
