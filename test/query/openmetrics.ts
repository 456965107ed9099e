/** A reader of the OpenMetrics text format that refuses whatever its specification does. */

export type ParsedSample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};
export type ParsedFamily = {
  readonly name: string;
  readonly type: string;
  readonly unit: string | undefined;
  readonly samples: readonly ParsedSample[];
};

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total'],
  gauge: [''],
  info: ['_info'],
  histogram: ['_bucket', '_sum', '_count'],
};

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/u;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[^"\\}]|"(?:[^"\\\n]|\\["\\n])*")*)\})? (\S+)$/u;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/uy;
const NUMBER = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]?Inf|NaN)$/u;

/** Throws on the first thing that is wrong. */
export function parseOpenMetrics(text: string): ParsedFamily[] {
  if (!text.endsWith('# EOF\n')) throw new Error('it does not end with # EOF');
  const families: (Omit<ParsedFamily, 'samples'> & { samples: ParsedSample[] })[] = [];
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const [, word, name = '', rest = ''] = /^# (TYPE|UNIT|HELP) (\S+) (.+)$/u.exec(line) ?? [];
    const current = families.at(-1);
    if (word === 'TYPE') {
      if (!NAME.test(name) || !(rest in SUFFIXES)) throw new Error(`no type: ${line}`);
      if (families.some((each) => each.name === name)) throw new Error(`twice: ${name}`);
      families.push({ name, type: rest, unit: undefined, samples: [] });
    } else if (word !== undefined) {
      if (current?.name !== name || current.samples.length > 0) throw new Error(`out of place: ${line}`);
      if (word === 'UNIT' && !name.endsWith(`_${rest}`)) throw new Error(`name without unit: ${line}`);
      if (word === 'UNIT') families.splice(-1, 1, { ...current, unit: rest });
    } else {
      if (!current) throw new Error(`before any type: ${line}`);
      current.samples.push(parseSample(line, current));
    }
  }
  for (const family of families) check(family);
  return families;
}

function parseSample(line: string, family: Omit<ParsedFamily, 'samples'>): ParsedSample {
  const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  const suffixes = SUFFIXES[family.type] ?? [];
  if (!suffixes.some((suffix) => name === family.name + suffix))
    throw new Error(`not of its family: ${line}`);
  if (!NUMBER.test(value)) throw new Error(`no number: ${line}`);
  return { name, labels: parseLabels(labels, line), value: Number(value.replace('Inf', 'Infinity')) };
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const [, name = '', value = ''] = LABEL.exec(text) ?? [];
    if (name === '' || name in labels) throw new Error(`labels: ${line}`);
    labels[name] = value.replaceAll(/\\(.)/gu, (_, letter: string) => (letter === 'n' ? '\n' : letter));
  }
  return labels;
}

function check({ name, type, samples }: ParsedFamily): void {
  const keys = samples.map((each) => JSON.stringify([each.name, Object.entries(each.labels).toSorted()]));
  if (new Set(keys).size !== keys.length) throw new Error(`${name}: the same labels twice`);
  if (type === 'counter' && samples.some(({ value }) => !(value >= 0)))
    throw new Error(`${name}: not a count`);
  if (type !== 'histogram') return;
  const groups = new Map<string, ParsedSample[]>();
  for (const each of samples) {
    const rest = Object.entries(each.labels).filter(([label]) => label !== 'le');
    const key = JSON.stringify(rest.toSorted());
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  for (const group of groups.values()) checkHistogram(name, group);
}

function checkHistogram(name: string, samples: readonly ParsedSample[]): void {
  const buckets = samples.filter((each) => each.name === `${name}_bucket`);
  const bounds = buckets.map(({ labels }) => Number(labels['le']?.replace('Inf', 'Infinity')));
  const grows = (values: readonly number[], strictly: boolean): boolean =>
    values.every(
      (each, index) => index === 0 || each > values[index - 1]! || (!strictly && each === values[index - 1]),
    );
  const count = samples.find((each) => each.name === `${name}_count`)?.value;
  const isWhole =
    bounds.at(-1) === Infinity &&
    grows(bounds, true) &&
    grows(
      buckets.map(({ value }) => value),
      false,
    ) &&
    buckets.at(-1)?.value === count &&
    samples.some((each) => each.name === `${name}_sum`);
  if (!isWhole) throw new Error(`${name}: no histogram`);
}
