import type { Db } from '../../../schema/open.ts';
import type { Diagnosis, DiagnoseQuery } from '../../findings/diagnose.ts';
import { diagnose } from '../../findings/diagnose.ts';
import { blameSql, devicesSql, filesystemsSql, limitsSql } from '../../findings/queries.ts';
import type { DiagnosisScope } from '../../findings/sql.ts';
import { WHO_NAME } from '../../who.ts';
import type { Window } from '../../window.ts';
import { unstackedOps } from '../../window.ts';
import type { Slots } from '../timeline.ts';
import { recordedSql, slotsOf, timelineSql } from '../timeline.ts';
import type { Answer } from './answer.ts';
import { ask } from './answer.ts';
import { heatSql } from './heat.ts';
import {
  diskSlotsSql,
  eventsSql,
  filesSql,
  hostSlotsSql,
  ofContainer,
  sessionsSql,
  slowestSql,
  whoSql,
} from './sql.ts';

export type IncidentQuery = DiagnoseQuery & {
  /** Whether the figures show the baseline too. */
  readonly isCompared: boolean;
};

/** Everything a report shows of a window. */
export type Incident = {
  readonly diagnosis: Diagnosis;
  readonly sessions: Answer;
  readonly figures: Figures;
  /** The same of the baseline, in slots as wide; `undefined`: not asked for, or not recorded. */
  readonly baseline: Figures | undefined;
  readonly tables: Readonly<Record<TableName, Answer>>;
};

/** What is drawn over time. */
export type Figures = {
  readonly slots: Slots;
  readonly isRecorded: readonly boolean[];
  readonly heats: Answer;
  readonly disk_heats: Answer;
  readonly rates: Answer;
  readonly bytes: Answer;
  readonly disks: Answer;
  readonly host: Answer;
};

/** In the order of the page. */
export const tableNames = [
  'who',
  'files',
  'slowest',
  'blame',
  'disks',
  'limits',
  'filesystems',
  'events',
] as const;
export type TableName = (typeof tableNames)[number];

/** Slots of a figure, at most. */
const SLOT_COUNT = 60;

/** Operations somebody waits for: block requests have the disks' figures, a wait for the journal is part of a sync. */
const calls = unstackedOps.filter((op) => !/^(block|journal|throttle)_/u.test(op));
const requests = ['block_read', 'block_write', 'block_flush', 'block_discard'];

/** Diagnoses the window and reads what is shown beside the diagnosis, in one transaction. */
export function incident(db: Db, query: IncidentQuery): Incident {
  return db.transaction(() => {
    const diagnosis = diagnose(db, query);
    const { periods, hasBaseline, container } = diagnosis;
    // Whether opens and writes are traced decides what a diagnosis counts as waiting, and nothing here.
    const scope: DiagnosisScope = { periods, hasBaseline, container, hasFileIo: true };
    const slots = slotsOf(db, periods.window, SLOT_COUNT);
    const isCompared = query.isCompared && hasBaseline;
    return {
      diagnosis,
      sessions: ask(db, sessionsSql(periods.window)),
      figures: readFigures(db, scope, slots),
      baseline: isCompared ? readFigures(db, scope, slotsLike(slots, periods.baseline)) : undefined,
      tables: readTables(db, scope),
    };
  })();
}

const slotsLike = ({ widthUs }: Slots, { fromUs, toUs }: Window): Slots => ({
  fromUs,
  widthUs,
  count: Math.ceil((toUs - fromUs) / widthUs),
});

function readFigures(db: Db, scope: DiagnosisScope, slots: Slots): Figures {
  const cgroups = ofContainer(scope);
  const recorded = new Set(db.prepare<[], number>(recordedSql(slots)).pluck().all());
  const timeline = (metric: 'rate' | 'bytes'): Answer =>
    ask(db, timelineSql({ by: 'op', metric, ops: unstackedOps, cgroups }, slots));
  return {
    slots,
    isRecorded: Array.from({ length: slots.count }, (_, slot) => recorded.has(slot)),
    heats: ask(db, heatSql({ by: 'who', ops: calls, cgroups }, slots)),
    disk_heats: ask(db, heatSql({ by: 'device', ops: requests, cgroups }, slots)),
    rates: timeline('rate'),
    bytes: timeline('bytes'),
    disks: ask(db, diskSlotsSql(slots)),
    host: ask(db, hostSlotsSql(slots)),
  };
}

function readTables(db: Db, scope: DiagnosisScope): Record<TableName, Answer> {
  const who = ofContainer(scope);
  const victims = who === undefined ? 'TRUE' : `victim IN (SELECT ${WHO_NAME} FROM cgroups WHERE ${who})`;
  return {
    who: ask(db, whoSql(scope, unstackedOps)),
    files: ask(db, filesSql(scope, calls)),
    slowest: ask(db, slowestSql(scope)),
    blame: ask(db, blameSql(scope, victims)),
    disks: ask(db, devicesSql(scope)),
    limits: ask(db, limitsSql(scope, who)),
    filesystems: ask(db, filesystemsSql(scope)),
    events: ask(db, eventsSql(scope)),
  };
}
