import { text as textOf } from 'node:stream/consumers';
import { failure, isFailure } from '../../failure.ts';
import { table } from '../../query/render/table.ts';
import { classNames, namedRules, namelessRules } from '../../schema/classes.ts';
import { printAnswer } from '../answer.ts';
import type { Outcome, Typed } from '../command.ts';
import { defineCommand, text } from '../command.ts';
import type { Format } from '../options/list.ts';
import { formatOption, readFormat } from '../options/list.ts';
import { noValue } from '../options/values.ts';
import { outputScreen } from '../output.ts';

const options = {
  of: text('What these files would be; - reads paths from stdin, a line each'),
  config: text('File with file classes of your own: docs/classes.md', '/etc/iotrace/config.json'),
  ...formatOption,
} as const;

async function runClasses(
  typed: Typed<typeof options>,
  word: string | undefined,
  more: readonly string[],
): Promise<Outcome> {
  const format = readFormat(typed);
  if (isFailure(format)) return format;
  if (typed.of === '') return noValue('--of', 'a path', '/var/lib/etcd/member/wal/0.tmp');
  if (typed.config === '') return noValue('--config', 'its file', 'iotrace.json');
  const { readConfig } = await import('../../daemon/config.ts');
  const config = readConfig(typed.config);
  if (isFailure(config)) return config;
  if (typed.of === undefined && word !== undefined) {
    const expected = `For what a path would be: iotrace classes --of ${word}`;
    return failure('bad-argument', { seen: `classes does not take "${word}"`, expected });
  }
  if (typed.of === undefined) return printRules([...namelessRules, ...config.classes, ...namedRules], format);
  const typedPaths = [typed.of, ...(word === undefined ? [] : [word]), ...more];
  const paths = typedPaths.includes('-')
    ? (await textOf(process.stdin)).split('\n').filter(Boolean)
    : typedPaths;
  const { classesOf } = await import('../../daemon/naming/classes-of.ts');
  const rows = classesOf(paths, config.classes);
  return printAnswer(format, {
    columns: ['path', 'class', 'place', 'rule'],
    rows,
    notes: [],
    table: () =>
      table(
        [
          { header: 'path', align: 'left', text: ({ path }) => path, shrinkTo: 12 },
          { header: 'class', align: 'left', text: (row) => row.class },
          { header: 'place', align: 'left', text: ({ place }) => place },
          { header: 'rule', align: 'left', text: ({ rule }) => rule ?? '-', shrinkTo: 12 },
        ],
        rows,
        outputScreen(),
      ),
  });
}

type Listed = { readonly class: string; readonly means: string };

/** The classes there are; those that are named after a place are explained as such. */
function printRules(rules: readonly Listed[], format: Format): Promise<Outcome> {
  const known = new Set(rules.map((rule) => rule.class));
  const rest = classNames.filter((name) => !known.has(name));
  const places = rest.map((name) => ({ class: name, means: 'a file no rule knows, after where it lies' }));
  const rows = [...rules.map((rule) => ({ class: rule.class, means: rule.means })), ...places];
  return printAnswer(format, {
    columns: ['class', 'means'],
    rows,
    notes: [],
    table: () =>
      table(
        [
          { header: 'class', align: 'left', text: (row) => row.class },
          { header: 'means', align: 'left', text: ({ means }) => means, shrinkTo: 20 },
        ],
        rows,
        outputScreen(),
      ),
  });
}

export const command = defineCommand({
  options,
  word: { name: 'path', describe: 'More paths, after --of', isMany: true },
  examples: [
    ['$0 classes', 'What there is to ask for with --class'],
    [
      '$0 classes --of /var/lib/etcd/member/snap/db /srv/app.db',
      'What these two would be, and the rule that decides',
    ],
    ['find /data -type f | $0 classes --of - --config mine.json', 'Try classes of your own'],
  ],
  epilogue:
    'As files of this host, outside containers. A path that ends in a slash is a directory. What lies beside a file counts when it is on this host, or among the paths.',
  run: runClasses,
});
