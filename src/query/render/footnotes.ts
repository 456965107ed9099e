import { lossDefinition } from '../../schema/losses.ts';
import { formatCount, formatElapsed, formatInstant, formatWall, zoneName } from '../../schema/units.ts';
import type { Coverage, CoverageRow } from '../reports/coverage.ts';
import type { LossSum } from '../reports/losses.ts';
import type { Window } from '../window.ts';
import { visible } from './text.ts';

export type Answer = {
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

/** What stands under an answer: its extent, and everything it might not contain. One line each. */
export function footnotes(answer: Answer): string[] {
  const { coverage } = answer;
  if (coverage.interval_count === 0) return [nothingRecorded(answer)];
  return [
    extentLine(answer),
    ...(answer.row_count === 0 ? [nothingMatched(answer)] : []),
    ...hoursOnly(coverage),
    ...gapSummary(coverage.gaps),
    ...lossLines(coverage.losses),
    ...(coverage.shed === undefined
      ? []
      : [`shed to stay below --max-cpu: ${coverage.shed}; totals are exact`]),
  ];
}

function extentLine({ shown, row_count, howToSeeAll, window, coverage }: Answer): string {
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

function nothingRecorded({ window, coverage: { extent } }: Answer): string {
  if (!extent) return 'Nothing was recorded yet. Start with: sudo iotrace record --for 30s';
  return `Nothing was recorded from ${span(window)}. The recording covers ${span(extent)}; try ${asOptions(extent)}`;
}

function nothingMatched({ isFiltered, containers, classes = [] }: Answer): string {
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

/** What is not fully seen in a line per state, worst first; the reasons are a command away. */
export function gapSummary(rows: readonly CoverageRow[]): string[] {
  const gaps = rows.filter(({ state }) => state !== 'seen');
  const lines = states.flatMap((state) => {
    const ofState = gaps.filter((row) => row.state === state);
    const probes = [...new Set(ofState.map(({ probe }) => probe))];
    const texts = probes.map((probe) => {
      const subjects = ofState.filter((row) => row.probe === probe).map(({ subject }) => subject);
      return nameGap(probe, subjects);
    });
    return texts.length === 0 ? [] : [visible(`${stateWords[state]}: ${texts.join('; ')}`)];
  });
  return lines.length === 0 ? [] : [...lines, 'Why, and what to do about it: iotrace status'];
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

function lossText({ kind, lost_count }: LossSum): string {
  const meaning = lossDefinition(kind)?.meaning;
  return `${kind} ${formatCount(lost_count)}${meaning === undefined ? '' : ` (${meaning})`}`;
}

/** `2026-11-21 21:08:48 to 21:23:48 UTC`. */
export function span({ fromUs, toUs }: Window): string {
  const from = formatWall(fromUs).slice(0, 19);
  const to = formatWall(toUs).slice(0, 19);
  return `${from} to ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to} ${zoneName(toUs)}`;
}

/** The window as options of the command line, rounded outwards to whole seconds. */
export function asOptions({ fromUs, toUs }: Window): string {
  const [from, to] = [Math.floor(fromUs / 1e6), Math.ceil(toUs / 1e6)].map((s) => formatInstant(s * 1e6));
  return `--from ${from ?? ''} --to ${to ?? ''}`;
}
