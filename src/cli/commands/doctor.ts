import { isFailure } from '../../failure.ts';
import { doctorDocument, doctorText } from '../../query/render/doctor.ts';
import { printDocument } from '../answer.ts';
import type { Outcome, Typed } from '../command.ts';
import { defineCommand, flag } from '../command.ts';
import { documentOptions, readDocumentFormat } from '../options/list.ts';
import { readRecording } from '../options/recording.ts';
import { outputScreen, print } from '../output.ts';

const doctorOptions = {
  ...documentOptions,
  program: flag('Print the bpftrace program instead, as `record` would run it'),
} as const;

/** 1 when something keeps this machine from recording. */
async function runDoctor(typed: Typed<typeof doctorOptions>): Promise<Outcome> {
  if (typed.program === true) return printProgram();
  const format = readDocumentFormat(typed);
  if (isFailure(format)) return format;
  const { doctor } = await import('../../daemon/doctor.ts');
  const report = await doctor();
  await printDocument(format, doctorDocument(report), () => doctorText(report, outputScreen().width));
  return report.problems.length === 0 ? 0 : 1;
}

async function printProgram(): Promise<Outcome> {
  const options = readRecording({});
  if (isFailure(options)) return options;
  const { programHere } = await import('../../daemon/doctor.ts');
  const program = await programHere(options);
  if (isFailure(program)) return program;
  await print([program]);
  return 0;
}

export const command = defineCommand({
  options: doctorOptions,
  examples: [
    ['sudo $0 doctor', 'Which program each probe would run, and why'],
    ['sudo $0 doctor --program', 'That program, as bpftrace gets it'],
  ],
  run: runDoctor,
});
