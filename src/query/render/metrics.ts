import { labelText } from './escape.ts';
import type { Family, Labels, Sample } from '../reports/metrics.ts';

export const metricsFormats = ['openmetrics', 'prometheus'] as const;
/** OpenMetrics 1.0, or Prometheus' older text format 0.0.4, which node_exporter's textfile collector reads. */
export type MetricsFormat = (typeof metricsFormats)[number];

/** Samples as rows, for programs that read neither. */
export const metricColumns = ['name', 'type', 'labels', 'value'] as const;

export function* metricRows(families: readonly Family[]): Generator<[string, string, string, number]> {
  for (const family of families) {
    for (const { suffix, labels, value } of family.samples) {
      yield [sampleName(family, suffix), family.type, JSON.stringify(labels), value];
    }
  }
}

/** The families that have samples, in pieces. */
export function* metricsText(families: readonly Family[], format: MetricsFormat): Generator<string> {
  for (const family of families) {
    if (family.samples.length === 0) continue;
    yield head(family, format);
    for (const sample of family.samples) yield sampleLine(family, sample);
  }
  if (format === 'openmetrics') yield '# EOF\n';
}

const sampleSuffixes = { counter: '_total', info: '_info', gauge: '', histogram: '' } as const;

function head({ name, type, unit, help }: Family, format: MetricsFormat): string {
  const lines =
    format === 'openmetrics'
      ? [
          `TYPE ${name} ${type}`,
          ...(unit === undefined ? [] : [`UNIT ${name} ${unit}`]),
          `HELP ${name} ${help}`,
        ]
      : [
          `HELP ${name}${sampleSuffixes[type]} ${help}`,
          `TYPE ${name}${sampleSuffixes[type]} ${type === 'info' ? 'gauge' : type}`,
        ];
  return lines.map((line) => `# ${line}\n`).join('');
}

function sampleLine(family: Family, { suffix, labels, value }: Sample): string {
  return `${sampleName(family, suffix)}${labelsText(labels)} ${String(value)}
`;
}

const sampleName = ({ name, type }: Family, suffix: string): string =>
  `${name}${suffix}${sampleSuffixes[type]}`;

function labelsText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${labelText(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}
