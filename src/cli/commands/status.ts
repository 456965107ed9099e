import { failure, isFailure } from '../../failure.ts';
import { statusText } from '../../query/render/status.ts';
import { status } from '../../query/reports/status.ts';
import { printDocument, withRecording } from '../answer.ts';
import type { Global, Outcome, Typed } from '../command.ts';
import { defineCommand } from '../command.ts';
import { thisMachine } from '../machine.ts';
import { documentOptions, readDocumentFormat } from '../options/list.ts';
import { outputScreen } from '../output.ts';

async function runStatus(typed: Global & Typed<typeof documentOptions>): Promise<Outcome> {
  const format = readDocumentFormat(typed);
  if (isFailure(format)) return format;
  return withRecording(typed.db, async (db, path) => {
    const found = status(db, thisMachine());
    if (!found) {
      const expected = 'Start with: sudo iotrace record --for 30s';
      return failure('nothing-recorded', { seen: `No session was recorded yet into ${path}`, expected });
    }
    await printDocument(format, found, () => statusText(found, path, outputScreen().width));
    return 0;
  });
}

export const command = defineCommand({
  options: documentOptions,
  examples: [
    ['$0 status', 'Coverage with reasons, losses, cost'],
    ['$0 status --format json', 'For programs'],
  ],
  run: runStatus,
});
