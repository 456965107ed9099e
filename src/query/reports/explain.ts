import type { Db } from '../../schema/open.ts';
import type { OverlapRow } from './blame.ts';
import { overlaps } from './blame.ts';
import type { SlowRow } from './slow.ts';
import { slowColumns } from './slow.ts';

/** A part of an operation's latency; those of one operation add up to it. */
export type Part = { readonly part: string; readonly latency_ns: number };

/** One slow operation, what it did with its time, and what went on meanwhile. */
export type Explanation = {
  readonly operation: SlowRow;
  /** With the remainder as the last: what nothing measured. */
  readonly parts: readonly Part[];
  /** Recorded requests for the same file, and commits of a journal, that overlapped it. */
  readonly meanwhile: readonly SlowRow[];
  /** Whose I/O was in flight on its disks, most first; the operation's own included. */
  readonly inflight: readonly OverlapRow[];
};

type Stages = {
  readonly data_latency_ns: number;
  readonly journal_latency_ns: number;
  readonly flush_latency_ns: number;
};

const MEANWHILE_MAX = 10;

/** What is known of a single event; `undefined` when there is none of this number. */
export function explainOperation(db: Db, exemplarId: number): Explanation | undefined {
  return db.transaction(() => {
    const operation = db
      .prepare<[number], SlowRow>(`SELECT ${slowColumns.join(', ')} FROM slow WHERE exemplar_id = ?`)
      .get(exemplarId);
    if (!operation) return undefined;
    const stages = db
      .prepare<[number], Stages>(
        `SELECT data_latency_ns, journal_latency_ns, flush_latency_ns FROM sync_stages WHERE exemplar_id = ?`,
      )
      .get(exemplarId);
    return {
      operation,
      parts: partsOf(operation, stages),
      meanwhile: meanwhileOf(db, operation),
      inflight: overlaps(db, 'exemplar_id = ?', [exemplarId]),
    };
  })();
}

/** The parts of an operation; pure. They and the remainder are its latency. */
export function partsOf(operation: SlowRow, stages: Stages | undefined): Part[] {
  const known = stages ? stageParts(stages) : innerParts(operation);
  const remainder = operation.latency_ns - known.reduce((sum, { latency_ns }) => sum + latency_ns, 0);
  return [...known, { part: 'remainder', latency_ns: remainder }].filter(
    ({ part, latency_ns }) => part === 'remainder' || latency_ns > 0,
  );
}

const stageParts = ({ data_latency_ns, journal_latency_ns, flush_latency_ns }: Stages): Part[] => [
  { part: 'its own data', latency_ns: data_latency_ns },
  { part: 'journal commit', latency_ns: journal_latency_ns },
  { part: 'disk flush', latency_ns: flush_latency_ns },
];

/** Of operations whose latency has two parts, the inner and what comes before it. */
function innerParts({ op, latency_ns, inner_latency_ns }: SlowRow): Part[] {
  if (inner_latency_ns === 0) return [];
  const outer = { latency_ns: latency_ns - inner_latency_ns };
  const inner = { latency_ns: inner_latency_ns };
  if (op.startsWith('block_'))
    return [
      { part: 'queue', ...outer },
      { part: 'device', ...inner },
    ];
  if (op === 'journal_commit')
    return [
      { part: 'ordered data', ...outer },
      { part: 'journal blocks', ...inner },
    ];
  return [{ part: 'upper file system', ...inner }];
}

function meanwhileOf(db: Db, operation: SlowRow): SlowRow[] {
  return db
    .prepare<unknown[], SlowRow>(
      `SELECT ${slowColumns.join(', ')} FROM slow
       WHERE ended_us > ? AND ended_us - latency_ns / 1000 < ? AND exemplar_id <> ?
         AND (op = 'journal_commit' OR (op LIKE 'block\\_%' ESCAPE '\\' AND (file = ? OR host_path = ?)))
       ORDER BY ended_us LIMIT ${String(MEANWHILE_MAX)}`,
    )
    .all(
      operation.ended_us - operation.latency_ns / 1000,
      operation.ended_us,
      operation.exemplar_id,
      operation.file,
      operation.host_path,
    );
}
