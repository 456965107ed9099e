import type { Family, Labels, Sample } from '../reports/metrics.ts';

export const metricsFormats = ['openmetrics', 'prometheus'] as const;
/** OpenMetrics 1.0, or Prometheus' older text format 0.0.4, which node_exporter's textfile collector reads. */
export type MetricsFormat = (typeof metricsFormats)[number];

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

function sampleLine({ name, type }: Family, { suffix, labels, value }: Sample): string {
  return `${name}${suffix}${sampleSuffixes[type]}${labelText(labels)} ${String(value)}\n`;
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
