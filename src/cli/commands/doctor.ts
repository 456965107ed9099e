import { isFailure } from '../../failure.ts';
import { doctorDocument, doctorText } from '../../query/render/doctor.ts';
import { printDocument } from '../answer.ts';
import type { Outcome, Typed } from '../command.ts';
import { defineCommand } from '../command.ts';
import { documentOptions, readDocumentFormat } from '../options/list.ts';
import { outputScreen } from '../output.ts';

/** 1 when something keeps this machine from recording. */
async function runDoctor(typed: Typed<typeof documentOptions>): Promise<Outcome> {
  const format = readDocumentFormat(typed);
  if (isFailure(format)) return format;
  const { doctor } = await import('../../daemon/doctor.ts');
  const report = await doctor();
  await printDocument(format, doctorDocument(report), () => doctorText(report, outputScreen().width));
  return report.problems.length === 0 ? 0 : 1;
}

export const command = defineCommand({
  options: documentOptions,
  examples: [['sudo $0 doctor', 'Which program each probe would run, and why']],
  run: runDoctor,
});
