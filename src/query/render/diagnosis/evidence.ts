import type { Value } from '../../findings/catalogue/catalogue.ts';
import type { Evidence } from '../../findings/evidence.ts';
import type { Voice } from './words.ts';

/** A table as it is shown: titles, then cells of text. */
export type Shown = {
  readonly titles: readonly string[];
  /** The name behind each title. */
  readonly names: readonly string[];
  readonly isNumber: readonly boolean[];
  readonly rows: readonly (readonly string[])[];
};

const BEFORE = 'before_';
/** Columns that `who` says already. */
const IN_NAME = ['namespace', 'pod', 'container', 'cgroup_path', 'limited_cgroup_path'];

/** One row of pairs is shown as a comparison, a measure in each line; anything else as it is. */
export function shown(evidence: Evidence, voice: Voice): Shown {
  const [row, another] = evidence.rows;
  const { columns } = evidence;
  const isComparison = columns.some((name) => name.startsWith(BEFORE)) && !columns.includes('share_percent');
  return isComparison && row && !another ? comparison(evidence.columns, row, voice) : list(evidence, voice);
}

function comparison(columns: readonly string[], row: readonly Value[], voice: Voice): Shown {
  const at = (name: string): Value => row[columns.indexOf(name)] ?? null;
  const measures = columns.filter((name) => !name.startsWith(BEFORE) && typeof at(name) !== 'string');
  const hasBefore = columns.some((name) => name.startsWith(BEFORE) && at(name) !== null);
  const cells = (name: string): string[] => [
    voice.column(name),
    ...(hasBefore ? [voice.value(name, at(BEFORE + name))] : []),
    voice.value(name, at(name)),
  ];
  const names = ['measure', ...(hasBefore ? ['before'] : []), 'window'];
  return {
    names,
    titles: ['', ...(hasBefore ? [voice.word('phase.before')] : []), voice.word('phase.window')],
    isNumber: names.map((name) => name !== 'measure'),
    rows: measures.filter((name) => at(name) !== null).map(cells),
  };
}

function list({ columns, rows }: Evidence, voice: Voice): Shown {
  const hasName = columns.includes('who');
  const kept = columns
    .map((name, index) => ({ name, index }))
    .filter(
      ({ name, index }) => rows.some((row) => row[index] !== null) && !(hasName && IN_NAME.includes(name)),
    );
  return {
    names: kept.map(({ name }) => name),
    titles: kept.map(({ name }) => voice.column(name)),
    isNumber: kept.map(({ index }) => rows.every((row) => typeof row[index] !== 'string')),
    rows: rows.map((row) => kept.map(({ name, index }) => voice.value(name, row[index] ?? null))),
  };
}
