import { failure, type Failure } from '../failure.ts';
import { footnotes } from '../query/render/footnotes.ts';
import { clip } from '../query/render/text.ts';
import { cover } from '../query/cover.ts';
import { topRateTable } from '../query/render/top.ts';
import { coverage } from '../query/reports/coverage.ts';
import { latestState } from '../query/reports/status.ts';
import type { TopQuery } from '../query/reports/top.ts';
import { top } from '../query/reports/top.ts';
import type { Db } from '../schema/open.ts';
import type { WallUs } from '../schema/units.ts';
import { formatElapsed, formatWall, nowUs, wallUs, zoneName } from '../schema/units.ts';
import { live } from './live.ts';
import { thisMachine } from './machine.ts';
import { hasColour, isCapable } from './output.ts';

const EVERY_MS = 2000;

/** Whether there is a terminal to draw on and to hear `q` from. */
export function liveRefusal(): Failure | undefined {
  if (isCapable(process.stdout) && process.stdin.isTTY) return undefined;
  const none = process.stdout.isTTY ? 'stdin' : 'stdout';
  const seen =
    process.stdout.isTTY && process.stdin.isTTY
      ? '--live needs a terminal with a cursor, and TERM is dumb'
      : `--live needs a terminal, and ${none} is none`;
  return failure('bad-argument', { seen, expected: 'Leave out --live.' });
}

/** `top` over the time until now, renewed on this terminal until `q`, Ctrl-C or the signal. */
export async function liveTop(db: Db, query: TopQuery, signal: AbortSignal): Promise<0 | Failure> {
  const refused = liveRefusal();
  if (refused) return refused;
  await live({
    input: process.stdin,
    output: process.stdout,
    everyMs: EVERY_MS,
    draw: (size) => picture(db, query, size),
    signal,
  });
  return 0;
}

/** The end of the last interval. */
function lastUs(db: Db): WallUs | undefined {
  const now = nowUs();
  return coverage(db, { fromUs: now, toUs: now }).extent?.toUs;
}

function picture(db: Db, query: TopQuery, size: { columns: number; rows: number }): string[] {
  const latest = latestState(db, thisMachine());
  const isRunning = latest === undefined || latest.state === 'running';
  const toUs = isRunning ? nowUs() : (lastUs(db) ?? latest.endedUs);
  const lengthUs = query.window.toUs - query.window.fromUs;
  const window = { fromUs: wallUs(toUs - lengthUs), toUs };
  const { rows, row_count } = top(db, { ...query, window });
  const isFiltered = query.ops.length > 0 || query.container !== undefined;
  const seen = coverage(db, window);
  const notes = (shown: number): string[] =>
    footnotes({ shown, row_count, howToSeeAll: 'as many as fit', window, coverage: seen, isFiltered });
  // Title, two blank lines, the table's header and the keys take five lines; the table has half of the rest.
  const free = size.rows - 5;
  const fitting = rows.slice(0, Math.max(Math.ceil(free / 2), free - notes(0).length));
  const recordedUs = cover(db, window).reduce((sum, span) => sum + span.recorded_us, 0);
  const screen = { width: size.columns, colour: hasColour() };
  const table = topRateTable(query.by, fitting, recordedUs, screen).trimEnd().split('\n');
  const endedUs = isRunning ? toUs : latest.endedUs;
  const clock = `${formatWall(endedUs).slice(11, 19)} ${zoneName(endedUs)}`;
  const when = isRunning ? clock : `the recording ended at ${clock}, ${formatElapsed(nowUs() - endedUs)} ago`;
  const plain = (line: string): string => clip(line, size.columns);
  return [
    plain(`iotrace top by ${query.by.join(', ')}, per second over ${formatElapsed(lengthUs)}, ${when}`),
    '',
    ...(fitting.length === 0 ? [] : [...table, '']),
    ...notes(fitting.length).map(plain),
    plain('q quits'),
  ];
}
