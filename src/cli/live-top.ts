import { failure, type Failure } from '../failure.ts';
import { footnotes } from '../query/render/footnotes.ts';
import { clip } from '../query/render/text.ts';
import { topTable } from '../query/render/top.ts';
import { coverage } from '../query/reports/coverage.ts';
import type { TopQuery } from '../query/reports/top.ts';
import { top } from '../query/reports/top.ts';
import type { Db } from '../schema/open.ts';
import { formatElapsed, formatWall, nowUs, wallUs } from '../schema/units.ts';
import { live } from './live.ts';
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

function picture(db: Db, query: TopQuery, size: { columns: number; rows: number }): string[] {
  const toUs = nowUs();
  const lengthUs = query.window.toUs - query.window.fromUs;
  const window = { fromUs: wallUs(toUs - lengthUs), toUs };
  const seen = coverage(db, window);
  const { rows, row_count } = top(db, { ...query, window });
  const isFiltered = query.ops.length > 0 || query.container !== undefined;
  const notes = (shown: number): string[] =>
    footnotes({
      shown,
      row_count,
      howToSeeAll: 'as many as fit',
      window,
      coverage: seen,
      isFiltered,
    }).map((line) => clip(line, size.columns));
  // Title, two blank lines, the table's header and the keys take five lines; the table has half of the rest.
  const free = size.rows - 5;
  const fitting = rows.slice(0, Math.max(Math.ceil(free / 2), free - notes(0).length));
  const table = topTable(query.by, fitting, { width: size.columns, colour: hasColour() });
  return [
    `iotrace top by ${query.by.join(', ')}, the last ${formatElapsed(lengthUs)}, ${formatWall(toUs).slice(11, 19)} UTC`,
    '',
    ...(fitting.length === 0 ? [] : [...table.trimEnd().split('\n'), '']),
    ...notes(fitting.length),
    'q quits',
  ];
}
