import type { Failure } from '../../failure.ts';
import { explain } from '../../failure.ts';
import { waitsForItsModule } from '../../schema/probe.ts';
import type { CoverageRow } from '../reports/coverage.ts';
import { gapLines } from './footnotes.ts';
import { visible, wrap } from './text.ts';

/** What this machine can record, as the daemon's doctor reports it. */
export type MachineReport = {
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly plan: readonly {
    readonly probe: string;
    readonly fragment: string | null;
    readonly reasons: readonly string[];
    readonly gaps: readonly CoverageRow[];
  }[];
  readonly problems: readonly Failure[];
};

/** The diagnosis for people: facts, the plan with its reasons and gaps, then what stands in the way. */
export function doctorText({ facts, plan, problems }: MachineReport, width: number | undefined): string {
  const nameWidth = Math.max(0, ...facts.map(({ name }) => name.length));
  const verdict =
    problems.length === 0
      ? ['Ready. Type: sudo iotrace record --for 30s']
      : ['Problems', ...problems.map(problem)];
  const lines = [
    'This machine',
    ...facts.map(({ name, value }) => `  ${name.padEnd(nameWidth)}  ${value}`),
    '',
    'Plan',
    ...plan.flatMap(planLines),
    '',
    ...verdict,
  ];
  return `${lines.flatMap((line) => wrap(visible(line), width)).join('\n')}\n`;
}

const problem = (each: Failure): string => `  ${explain(each)}`;

function planLines({ probe, fragment, reasons, gaps }: MachineReport['plan'][number]): string[] {
  return [
    `  ${probe}: ${fragment ?? whyNone(reasons)}`,
    ...reasons.map((reason) => `    ${reason}`),
    ...gapLines(gaps).map((line) => `    ${line}`),
  ];
}

/** What stands for the program of a probe that has none. */
export const whyNone = (reasons: readonly string[]): string =>
  reasons.some(waitsForItsModule) ? 'waits for its module' : 'cannot run here';

/** The same for programs; each problem carries its explanation. */
export function doctorDocument({ facts, plan, problems }: MachineReport) {
  const explained = problems.map((each) => ({
    code: each.code,
    details: each.details,
    explanation: explain(each),
  }));
  return { facts, plan, problems: explained };
}
