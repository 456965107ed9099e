import type { Options } from 'yargs';
import type { Failure } from '../failure.ts';
import { failure, isFailure } from '../failure.ts';
import type { MetricsFormat } from '../query/render/metrics.ts';
import { metricsFormats } from '../query/render/metrics.ts';
import type { BlameQuery } from '../query/reports/blame.ts';
import type { SlowQuery } from '../query/reports/slow.ts';
import { slowSorts } from '../query/reports/slow.ts';
import type { Dimension, TopQuery } from '../query/reports/top.ts';
import { dimensions, hasPercentiles, topSorts } from '../query/reports/top.ts';
import type { Filters, Window } from '../query/window.ts';
import { operationNames } from '../schema/probes/index.ts';
import type { SamplerName } from '../schema/samplers.ts';
import { samplerNames } from '../schema/samplers.ts';
import type { Bytes, DurationNs, WallUs } from '../schema/units.ts';
import { formatWall, parseBytes, parseDuration, parseInstant, wallUs } from '../schema/units.ts';
import { didYouMean } from './nearest.ts';

export const commandNames = [
  'top',
  'slow',
  'blame',
  'diagnose',
  'timeline',
  'devices',
  'filesystems',
  'deleted',
  'sql',
  'metrics',
  'status',
  'doctor',
  'record',
  'daemon',
];

export const formats = ['table', 'json', 'csv'] as const;
export type Format = (typeof formats)[number];
export const documentFormats = ['text', 'json'] as const;
export type DocumentFormat = (typeof documentFormats)[number];

export const text = (describe: string, placeholder?: string): { type: 'string'; describe: string } => ({
  type: 'string',
  describe,
  ...(placeholder === undefined ? {} : { defaultDescription: placeholder }),
});

export const globalOptions = {
  db: text('File of the recording', '$IOTRACE_DB, else /var/lib/iotrace/iotrace.db'),
} as const;

export const windowOptions = {
  since: text('The window: this long until now, as in 90s, 15m, 2h', '15m'),
  from: text('Start of the window: 12:30, 2026-11-21T12:30Z, or seconds since 1970'),
  to: text('End of the window, written like --from', 'now'),
} as const;

export const filterOptions = {
  op: text(`Only these, separated by commas: ${operationNames.join(', ')}`, 'all but block_stacked_*'),
  container: text('Only the container of this name'),
  class: text('Only files of these classes, separated by commas: docs/classes.md'),
  ...windowOptions,
  stacked: {
    type: 'boolean',
    describe: 'Also I/O at devices that pass it on to disks: device mapper, md, loop',
  },
} as const;

export const listOptions = {
  limit: text('Rows to show', '20'),
  format: text(`One of ${formats.join(', ')}`, 'table'),
} as const;

const liveOption = {
  type: 'boolean',
  describe: 'Show it on this terminal, renewed until you type q',
} as const;

export const topOptions = {
  by: text(`Group by ${dimensions.join(', ')}, or several: container,file`, 'container'),
  ...filterOptions,
  sort: text(`Largest first by ${topSorts.join(', ')}`, 'latency'),
  ...listOptions,
  live: liveOption,
} as const;

export const slowOptions = {
  ...filterOptions,
  sort: text(`Largest first by ${slowSorts.join(' or ')}`, 'latency'),
  ...listOptions,
  explain: text('One of them part by part: its number, from the column id'),
} as const;

export const blameOptions = {
  victim: text('The container that was slow'),
  op: filterOptions.op,
  ...windowOptions,
  ...listOptions,
} as const;

export const sqlOptions = {
  file: text('Read the query from this file'),
  format: text(`One of ${formats.join(', ')}`, 'table'),
  schema: { type: 'boolean', describe: 'Print the views and what their columns mean' },
} as const;

export const metricsOptions = {
  format: text(`One of ${metricsFormats.join(', ')}`, 'openmetrics'),
  limit: text('Containers and cgroups with samples of their own, at most', '500'),
} as const;

export const documentOptions = {
  format: text(`One of ${documentFormats.join(', ')}`, 'text'),
} as const;

export const daemonOptions = {
  interval: text('Totals are stored this often', '5s'),
  slow: text('Operations at least this slow are kept as single events', '10ms'),
  exemplars: text('Single events kept per second and operation, at most', '50'),
  'map-memory': text('Kernel memory for counting, at most', '64MiB'),
  'max-cpu': text('Shed detail above this share of one CPU, kernel and user; never totals', '10%'),
  'no-realtime': {
    type: 'boolean',
    describe: 'Leave bpftrace at ordinary priority, also on preemptible kernels',
  },
  config: text('File with file classes of your own: docs/classes.md', '/etc/iotrace/config.json'),
  samplers: text(`Read beside the probes: ${samplerNames.join(', ')}`, 'all'),
  'no-samplers': { type: 'boolean', describe: 'Read none of them' },
  keep: text('Intervals are kept this long, hours at least 90d', '7d'),
  'max-database': text('The oldest goes when the database would be larger', '2GiB'),
} as const;

export const recordOptions = {
  for: text('Stop after this long', 'until Ctrl-C'),
  ...daemonOptions,
  top: { type: 'boolean', describe: 'Show the totals when the recording ends' },
  live: { type: 'boolean', describe: 'Show the totals on this terminal meanwhile; q ends both' },
} as const;

/** Options as yargs leaves them: absent ones are undefined, one typed without a value is ''. */
export type Typed<O extends Record<string, Options>> = {
  readonly [Name in keyof O]?: (O[Name]['type'] extends 'boolean' ? boolean : string) | undefined;
};

export type Global = Typed<typeof globalOptions>;
export type TopTyped = Global & Typed<typeof topOptions>;
export type SlowTyped = Global & Typed<typeof slowOptions>;
export type BlameTyped = Global & Typed<typeof blameOptions>;
export type SqlTyped = Global & Typed<typeof sqlOptions> & { readonly query?: string | undefined };
export type MetricsTyped = Global & Typed<typeof metricsOptions>;
export type DocumentTyped = Global & Typed<typeof documentOptions>;
export type DaemonTyped = Global & Typed<typeof daemonOptions>;
export type RecordTyped = Global & Typed<typeof recordOptions>;

export type TopArguments = { readonly query: TopQuery; readonly format: Format; readonly isLive: boolean };

export function readTop(typed: Typed<typeof topOptions>, nowUs: WallUs): TopArguments | Failure {
  const parts = {
    by: listOf('--by', typed.by ?? 'container', dimensions),
    filters: readFilters(typed, nowUs),
    sort: oneOf('--sort', typed.sort ?? 'latency', topSorts),
    limit: readCount('--limit', typed.limit ?? '20', 1),
    format: oneOf('--format', typed.format ?? 'table', formats),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  const { by, filters, sort, limit, format } = parts;
  if (sort === 'p99' && !hasPercentiles(by, filters.classes)) return noPercentiles(by);
  const isLive = typed.live ?? false;
  const clash = isLive ? liveClash(typed, format) : undefined;
  return clash ?? { query: { ...filters, by, sort, limit }, format, isLive };
}

function liveClash({ from, to }: Typed<typeof topOptions>, format: Format): Failure | undefined {
  if (from !== undefined) return conflict('--live', '--from', 'it always shows the time until now');
  if (to !== undefined) return conflict('--live', '--to', 'it always shows the time until now');
  return format === 'table'
    ? undefined
    : conflict('--live', `--format ${format}`, 'it draws on the terminal');
}

export type SlowArguments = { readonly query: SlowQuery; readonly format: Format };

export function readSlow(typed: Typed<typeof slowOptions>, nowUs: WallUs): SlowArguments | Failure {
  const parts = {
    filters: readFilters(typed, nowUs),
    sort: oneOf('--sort', typed.sort ?? 'latency', slowSorts),
    limit: readCount('--limit', typed.limit ?? '20', 1),
    format: oneOf('--format', typed.format ?? 'table', formats),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  return { query: { ...parts.filters, sort: parts.sort, limit: parts.limit }, format: parts.format };
}

export type BlameArguments = { readonly query: BlameQuery; readonly format: Format };

export function readBlame(typed: Typed<typeof blameOptions>, nowUs: WallUs): BlameArguments | Failure {
  const { victim } = typed;
  if (victim === undefined || victim === '') {
    const expected = 'Name the container that was slow, as in --victim web.';
    return failure('bad-argument', { seen: 'There is no --victim', expected });
  }
  const parts = {
    filters: readFilters(typed, nowUs),
    limit: readCount('--limit', typed.limit ?? '20', 1),
    format: oneOf('--format', typed.format ?? 'table', formats),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  return { query: { ...parts.filters, victim, limit: parts.limit }, format: parts.format };
}

export function readExplain(
  { format }: Pick<SlowTyped, 'format'>,
  id: string,
): { readonly exemplarId: number; readonly format: 'table' | 'json' } | Failure {
  const parts = {
    exemplarId: readCount('--explain', id, 1),
    format: oneOf('--format', format ?? 'table', ['table', 'json']),
  };
  return succeeded(parts) ? parts : firstFailure(parts);
}

export type RecordingArguments = {
  readonly forMs: number | undefined;
  readonly intervalMs: number;
  readonly slowNs: number;
  readonly exemplarsPerSecond: number;
  readonly mapMemoryBytes: number;
  readonly maxCpuPercent: number;
  readonly mayBeRealtime: boolean;
  readonly configPath: string | undefined;
  readonly samplers: readonly SamplerName[];
  readonly keepMs: number;
  readonly maxDatabaseBytes: number;
};

export function readRecording(typed: Typed<typeof recordOptions>): RecordingArguments | Failure {
  const parts = {
    forNs: typed.for === undefined ? undefined : readDuration('--for', typed.for, '1s', '30d'),
    intervalNs: readDuration('--interval', typed.interval ?? '5s', '100ms', '1h'),
    slowNs: readDuration('--slow', typed.slow ?? '10ms', '0ns', '1h'),
    exemplarsPerSecond: readCount('--exemplars', typed.exemplars ?? '50', 0),
    mapMemoryBytes: readBytes('--map-memory', typed['map-memory'] ?? '64MiB', '8MiB', '16GiB'),
    keepNs: readDuration('--keep', typed.keep ?? '7d', '2h', '3650d'),
    maxDatabaseBytes: readBytes('--max-database', typed['max-database'] ?? '2GiB', '16MiB', '16384GiB'),
    maxCpuPercent: readPercent('--max-cpu', typed['max-cpu'] ?? '10%', 0.1, 10_000),
    samplers: readSamplers(typed),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  const { forNs, intervalNs, slowNs, keepNs, ...settings } = parts;
  if (typed.config === '') return failure('bad-argument', noValue('--config', 'its file', 'iotrace.json'));
  if (typed.top === true && typed.live === true) return conflict('--top', '--live', 'both show the totals');
  return {
    forMs: forNs === undefined ? undefined : Math.round(forNs / 1e6),
    intervalMs: Math.round(intervalNs / 1e6),
    slowNs,
    keepMs: Math.round(keepNs / 1e6),
    ...settings,
    mayBeRealtime: typed['no-realtime'] !== true,
    configPath: typed.config,
  };
}

function readSamplers(typed: Typed<typeof daemonOptions>): readonly SamplerName[] | Failure {
  const { samplers } = typed;
  if (typed['no-samplers'] !== true) {
    return samplers === undefined ? samplerNames : listOf('--samplers', samplers, samplerNames);
  }
  return samplers === undefined ? [] : conflict('--samplers', '--no-samplers', 'one of them is too much');
}

export function readSqlFormat({ format }: SqlTyped): Format | Failure {
  return oneOf('--format', format ?? 'table', formats);
}

export type MetricsArguments = { readonly format: MetricsFormat; readonly ownersMax: number };

export function readMetrics(typed: Typed<typeof metricsOptions>): MetricsArguments | Failure {
  const parts = {
    format: oneOf('--format', typed.format ?? 'openmetrics', metricsFormats),
    ownersMax: readCount('--limit', typed.limit ?? '500', 1),
  };
  return succeeded(parts) ? parts : firstFailure(parts);
}

export function readDocumentFormat({ format }: DocumentTyped): DocumentFormat | Failure {
  return oneOf('--format', format ?? 'text', documentFormats);
}

export function readFilters(typed: Typed<typeof filterOptions>, nowUs: WallUs): Filters | Failure {
  const parts = {
    window: readWindow(typed, nowUs),
    ops: readOps(typed),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  if (typed.container === '') return failure('bad-argument', noValue('--container', 'its name'));
  if (typed.class === '') return failure('bad-argument', noValue('--class', 'a class', 'etcd_wal'));
  const classes = typed.class?.split(',').map((name) => name.trim()) ?? [];
  return { ...parts, container: typed.container, classes };
}

function readOps({ op, stacked }: Typed<typeof filterOptions>): readonly string[] | Failure {
  if (op !== undefined) return listOf('--op', op, operationNames);
  return stacked === true ? operationNames : [];
}

/** The window the options name; without any, the last 15 minutes. */
export function readWindow(
  typed: {
    readonly since?: string | undefined;
    readonly from?: string | undefined;
    readonly to?: string | undefined;
  },
  nowUs: WallUs,
): Window | Failure {
  if (typed.since !== undefined && typed.from !== undefined) {
    return conflict('--since', '--from', 'both say where the window starts');
  }
  const parts = {
    sinceNs: readDuration('--since', typed.since ?? '15m', '1ms', '36500d'),
    from: typed.from === undefined ? undefined : readInstant('--from', typed.from, nowUs),
    to: typed.to === undefined ? undefined : readInstant('--to', typed.to, nowUs),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  const toUs = parts.to ?? nowUs;
  const fromUs = parts.from ?? wallUs(toUs - parts.sinceNs / 1000);
  if (fromUs < toUs) return { fromUs, toUs };
  const seen = `The window ends (${formatWall(toUs)} UTC) before it starts (${formatWall(fromUs)} UTC)`;
  return failure('bad-argument', { seen, expected: 'Give a --from that lies before --to.' });
}

export function oneOf<Name extends string>(
  option: string,
  typed: string,
  names: readonly Name[],
): Name | Failure {
  return names.find((each) => each === typed) ?? notOneOf(option, typed, names);
}

export function listOf<Name extends string>(
  option: string,
  typed: string,
  names: readonly Name[],
): Name[] | Failure {
  const parts = typed.split(',').map((part) => part.trim());
  const unknown = parts.find((part) => !names.some((name) => name === part));
  if (unknown !== undefined) return notOneOf(option, unknown, names);
  return names.filter((name) => parts.includes(name));
}

function notOneOf(option: string, typed: string, names: readonly string[]): Failure {
  const expected = `It takes one of: ${names.join(', ')}.${didYouMean(typed, names)}`;
  return failure('bad-argument', { seen: seen(option, typed), expected });
}

export function readDuration(option: string, typed: string, min: string, max: string): DurationNs | Failure {
  const value = parseDuration(typed);
  const isWithin =
    value !== undefined && value >= (parseDuration(min) ?? 0) && value <= (parseDuration(max) ?? 0);
  if (isWithin) return value;
  const expected =
    value === undefined
      ? `Type a number and its unit, as in ${option} 30s (ns, us, ms, s, m, h, d).`
      : `It goes from ${min} to ${max}.`;
  return failure('bad-argument', { seen: seen(option, typed), expected });
}

function readBytes(option: string, typed: string, min: string, max: string): Bytes | Failure {
  const value = parseBytes(typed);
  if (value !== undefined && value >= (parseBytes(min) ?? 0) && value <= (parseBytes(max) ?? 0)) return value;
  const expected =
    value === undefined
      ? `Type a number and its unit, as in ${option} ${min} (B, KiB, MiB, GiB).`
      : `It goes from ${min} to ${max}.`;
  return failure('bad-argument', { seen: seen(option, typed), expected });
}

function readPercent(option: string, typed: string, min: number, max: number): number | Failure {
  const value = /^(\d+(?:\.\d+)?)\s?%$/u.exec(typed)?.[1];
  if (value !== undefined && Number(value) >= min && Number(value) <= max) return Number(value);
  const expected = `Type a percentage of one CPU from ${String(min)}% to ${String(max)}%, as in ${option} 2%.`;
  return failure('bad-argument', { seen: seen(option, typed), expected });
}

export function readInstant(option: string, typed: string, nowUs: WallUs): WallUs | Failure {
  const expected = 'Type a time as in 12:30, 2026-11-21T12:30:00Z, or seconds since 1970.';
  return parseInstant(typed, nowUs) ?? failure('bad-argument', { seen: seen(option, typed), expected });
}

export function readCount(option: string, typed: string, min: number): number | Failure {
  const value = /^\d{1,15}$/u.test(typed) ? Number(typed) : -1;
  if (value >= min) return value;
  const expected = `Type a whole number from ${String(min)} on, as in ${option} 20.`;
  return failure('bad-argument', { seen: seen(option, typed), expected });
}

const seen = (option: string, typed: string): string =>
  typed === '' ? `${option} has no value` : `${option} is ${JSON.stringify(typed)}`;

export const noValue = (
  option: string,
  what: string,
  example = 'app1',
): { seen: string; expected: string } => ({
  seen: seen(option, ''),
  expected: `Give ${what}, as in ${option} ${example}.`,
});

export function conflict(one: string, other: string, because: string): Failure {
  return failure('bad-argument', {
    seen: `${one} and ${other} do not go together: ${because}`,
    expected: `Leave out one of them.`,
  });
}

function noPercentiles(by: readonly Dimension[]): Failure {
  const others = topSorts.filter((sort) => sort !== 'p99').join(', ');
  return failure('bad-argument', {
    seen: `--sort p99 with ${hasPercentiles(by) ? '--class' : `--by ${by.join(',')}`}: percentiles are kept per container, pod, cgroup, device and sync_kind`,
    expected: `Type --sort with one of: ${others}; or group by container.`,
  });
}

export type Succeeded<Parts> = { [Name in keyof Parts]: Exclude<Parts[Name], Failure> };

export function succeeded<Parts extends object>(parts: Parts): parts is Parts & Succeeded<Parts> {
  return !Object.values(parts).some(isFailure);
}

export function firstFailure(parts: object): Failure {
  const failed = Object.values(parts).find(isFailure);
  if (!failed) throw new Error('no part failed');
  return failed;
}

/** What was typed and no command knows: an option, or a word too many. */
export function unknownArgument(
  command: string,
  typed: Readonly<Record<string, unknown>>,
  known: readonly string[],
  words: readonly string[],
): Failure | undefined {
  const option = Object.keys(typed).find((name) => !['_', '$0', ...known].includes(name));
  const expected = `What it takes: iotrace ${command} --help`;
  if (option !== undefined) {
    const dashes = option.length === 1 ? '-' : '--';
    const hint = didYouMean(option, [...known, 'help'], '--');
    return failure('bad-argument', {
      seen: `${command} has no option ${dashes}${option}`,
      expected: `${expected}.${hint}`,
    });
  }
  const [word] = words;
  if (word === undefined) return undefined;
  const hint = wordHint(word, known);
  return failure('bad-argument', {
    seen: `${command} does not take "${word}"`,
    expected: `${expected}.${hint}`,
  });
}

function wordHint(word: string, known: readonly string[]): string {
  if (known.includes('query')) return ' Put the query in quotes.';
  return operationNames.includes(word) && known.includes('op') ? ` Did you mean --op ${word}?` : '';
}
