import type { Failure } from '../../failure.ts';
import { failure } from '../../failure.ts';
import { lossDefinition } from '../../schema/losses.ts';
import { formatCount, formatElapsed, formatInstant, formatWall, zoneName } from '../../schema/units.ts';
import type { Coverage, CoverageRow } from '../reports/coverage.ts';
import type { LossSum } from '../reports/losses.ts';
import type { Window } from '../window.ts';
import { visible } from './text.ts';

export type AnswerExtent = {
  /** Rows shown, and rows there are. */
  readonly shown: number;
  readonly row_count: number;
  /** How to see the rest, when not all is shown; by default, with --limit. */
  readonly howToSeeAll?: string;
  readonly window: Window;
  readonly coverage: Coverage;
  /** Whether only some operations or one container were asked for. */
  readonly isFiltered: boolean;
  /** Containers that were seen, when one was asked for and nothing matched. */
  readonly containers?: readonly string[];
  /** File classes that were seen, when some were asked for and nothing matched. */
  readonly classes?: readonly string[];
};

/** What stands under an answer: its extent, then in one line what it might not contain. */
export function footnotes(answer: AnswerExtent): string[] {
  const { coverage } = answer;
  return [
    extentLine(answer),
    ...(answer.row_count === 0 ? [nothingMatched(answer)] : []),
    ...hoursOnly(coverage),
    ...limitsLine(coverage),
  ];
}

/** Where nothing was recorded there is no answer, not even an empty one. */
export function nothingRecorded(
  window: Window,
  { interval_count, extent }: Pick<Coverage, 'interval_count' | 'extent'>,
): Failure | undefined {
  if (interval_count > 0) return undefined;
  if (!extent) {
    const expected = 'Start with: sudo iotrace record --for 30s';
    return failure('nothing-recorded', { seen: 'Nothing was recorded yet', expected });
  }
  return failure('nothing-recorded', {
    seen: `Nothing was recorded from ${span(window)}`,
    expected: `The recording covers ${span(extent)}; try ${asOptions(extent)}`,
  });
}

function extentLine({ shown, row_count, howToSeeAll, window, coverage }: AnswerExtent): string {
  const rows =
    shown < row_count
      ? `${String(shown)} of ${String(row_count)} rows (${howToSeeAll ?? `--limit ${String(row_count)} shows all`})`
      : `${String(row_count)} ${row_count === 1 ? 'row' : 'rows'}`;
  const asked = window.toUs - window.fromUs;
  const share =
    coverage.recorded_us < 0.9 * asked ? `, recorded: ${formatElapsed(coverage.recorded_us)} of it` : '';
  return `${rows}, ${span(window)}${share}`;
}

function hoursOnly({ hours_only_until_us }: Coverage): string[] {
  if (hours_only_until_us === null) return [];
  return [
    `Up to ${formatWall(hours_only_until_us).slice(0, 16)} ${zoneName(hours_only_until_us)} only hours are kept: those that overlap the window count whole.`,
  ];
}

function nothingMatched({ isFiltered, containers, classes = [] }: AnswerExtent): string {
  if (!isFiltered) return 'No operation happened in this window.';
  const seen = classes.map(visible).join(', ');
  const matched = `No operation matched.${seen === '' ? '' : ` File classes in this window: ${seen}.`}`;
  if (!containers) return matched;
  if (containers.length === 0) return `${matched} No container did any of it in this window.`;
  const some = containers.slice(0, 10).map(visible).join(', ');
  const more = containers.length > 10 ? `, and ${String(containers.length - 10)} more` : '';
  return `${matched} Containers in this window: ${some}${more}.`;
}

const states = ['missing', 'partial', 'unproven', 'seen'] as const satisfies CoverageRow['state'][];
const stateWords: Readonly<Record<CoverageRow['state'], string>> = {
  missing: 'not covered',
  partial: 'partly covered',
  unproven: 'not proven',
  seen: 'seen',
};

/** `fsync sync, syncfs`; a probe that is its own subject once only. */
function nameGap(probe: string, subjects: readonly string[]): string {
  const others = subjects.filter((subject) => subject !== probe);
  return others.length === 0 ? probe : `${probe} ${others.join(', ')}`;
}

/** What the answer might not contain, in a line; none when that is nothing. The reasons are a command away. */
function limitsLine({ gaps, losses, shed }: Coverage): string[] {
  const sentences = [
    ...gapSentences(gaps),
    ...(losses.length === 0 ? [] : [`Lost: ${losses.map(lossCount).join(', ')}`]),
    ...(shed === undefined ? [] : [`Shed to stay below --max-cpu: ${shed}; totals are exact`]),
  ];
  return sentences.length === 0 ? [] : [visible(`${sentences.join('. ')}. Details: iotrace status`)];
}

/**
 * What this kernel keeps from being seen: what is missing by name, of the rest the probes. Kinds that nobody did yet are
 * none of it, nor what no kernel can show: a gap without a remedy.
 */
export function gapSentences(rows: readonly CoverageRow[]): string[] {
  const remediable = rows.filter(({ fix, probe, subject }) => fix !== null || subject === probe);
  const missing = remediable.filter(({ state }) => state === 'missing').map(({ subject }) => subject);
  const partial = remediable.filter(({ state }) => state === 'partial').map(({ probe }) => probe);
  return [
    ...(missing.length === 0 ? [] : [`Not covered: ${missing.join(', ')}`]),
    ...(partial.length === 0 ? [] : [`In part: ${[...new Set(partial)].join(', ')}`]),
  ];
}

/** What is not fully seen, worst first: a line for all subjects of a probe that share their reason. */
export function gapLines(rows: readonly CoverageRow[]): string[] {
  const groups = new Map<string, CoverageRow[]>();
  for (const row of rows) {
    if (row.state === 'seen') continue;
    const key = JSON.stringify([states.indexOf(row.state), row.probe, row.reason, row.fix]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, [first, ...rest]]) => (first ? [gapLine(first, rest)] : []));
}

function gapLine(
  { probe, subject, state, reason, fix }: CoverageRow,
  others: readonly CoverageRow[],
): string {
  const what = nameGap(probe, [subject, ...others.map((other) => other.subject)]);
  const why = reason === '' ? '' : `: ${reason}`;
  return visible(`${stateWords[state]}: ${what}${why}${fix === null ? '' : `. To fix: ${fix}`}`);
}

/** One line for all losses, none without. */
export function lossLines(losses: readonly LossSum[]): string[] {
  if (losses.length === 0) return [];
  return [visible(`lost: ${losses.map(lossText).join('; ')}`)];
}

const lossCount = ({ kind, lost_count }: LossSum): string => `${kind} ${formatCount(lost_count)}`;

function lossText(loss: LossSum): string {
  const meaning = lossDefinition(loss.kind)?.meaning;
  return `${lossCount(loss)}${meaning === undefined ? '' : ` (${meaning})`}`;
}

/** `2026-11-21 21:08:48 to 21:23:48 UTC`. */
export function span({ fromUs, toUs }: Window): string {
  const from = formatWall(fromUs).slice(0, 19);
  const to = formatWall(toUs).slice(0, 19);
  return `${from} to ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to} ${zoneName(toUs)}`;
}

/** The window as options of the command line, rounded outwards to whole seconds. */
function asOptions({ fromUs, toUs }: Window): string {
  const [from, to] = [Math.floor(fromUs / 1e6), Math.ceil(toUs / 1e6)].map((s) => formatInstant(s * 1e6));
  return `--from ${from ?? ''} --to ${to ?? ''}`;
}
