import { failure, isFailure } from '../failure.ts';
import { blameSentence, blameTable } from '../query/render/blame.ts';
import { csv } from '../query/render/csv.ts';
import { explanationText } from '../query/render/explain.ts';
import { json, jsonDocument } from '../query/render/json.ts';
import { blame, blameColumns } from '../query/reports/blame.ts';
import { explainOperation } from '../query/reports/explain.ts';
import { nowUs } from '../schema/units.ts';
import type { BlameTyped, SlowTyped } from './arguments.ts';
import { readBlame, readExplain } from './arguments.ts';
import type { Outcome } from './commands.ts';
import { withRecording } from './commands.ts';
import { outputScreen, print, tell } from './output.ts';

/** `iotrace blame`: beside whose I/O a container's slow operations were under way. */
export async function runBlame(typed: BlameTyped): Promise<Outcome> {
  const read = readBlame(typed, nowUs());
  if (isFailure(read)) return read;
  const { query, format } = read;
  return withRecording(typed.db, async (db) => {
    const found = blame(db, query);
    const sentence = blameSentence(query.victim, found);
    if (format === 'table') {
      const shown = found.rows.length === 0 ? '' : `${blameTable(found.rows, outputScreen())}\n`;
      await print([shown, `${sentence}\n`]);
      return 0;
    }
    const values = found.rows.map((row) => blameColumns.map((column) => row[column]));
    await print(format === 'json' ? json(blameColumns, values) : csv(blameColumns, values));
    tell([sentence]);
    return 0;
  });
}

/** `iotrace slow --explain ID`: one slow operation, part by part. */
export async function runExplain(typed: SlowTyped, id: string): Promise<Outcome> {
  const read = readExplain(typed, id);
  if (isFailure(read)) return read;
  return withRecording(typed.db, async (db) => {
    const found = explainOperation(db, read.exemplarId);
    if (!found) {
      return failure('bad-argument', {
        seen: `There is no single event ${id} in this recording`,
        expected: 'The numbers are in the column id of: iotrace slow',
      });
    }
    await print([read.format === 'json' ? jsonDocument(found) : explanationText(found, outputScreen())]);
    return 0;
  });
}
