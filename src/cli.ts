#!/usr/bin/env node
import type { Argv, Options } from 'yargs';
import yargs from 'yargs';
import {
  blameOptions,
  commandNames,
  daemonOptions,
  documentOptions,
  globalOptions,
  metricsOptions,
  recordOptions,
  slowOptions,
  sqlOptions,
  topOptions,
  unknownArgument,
} from './cli/arguments.ts';
import { runBlame, runExplain } from './cli/causes.ts';
import type { Outcome } from './cli/commands.ts';
import { runDoctor, runMetrics, runSlow, runSql, runStatus, runTop } from './cli/commands.ts';
import { diagnoseOptions, runDiagnose } from './cli/diagnose.ts';
import { didYouMean } from './cli/nearest.ts';
import { endQuietlyOnClosedPipe, print, tell } from './cli/output.ts';
import { runDaemon, runRecord } from './cli/recording.ts';
import { runTimeline, timelineOptions } from './cli/timeline.ts';
import { deletedOptions, sampleOptions } from './cli/sample-arguments.ts';
import { runDeleted, runDevices, runFilesystems } from './cli/samples.ts';
import type { Failure } from './failure.ts';
import { exitCode, explain, failure, isFailure } from './failure.ts';
import { BUCKET_ERROR_TEXT } from './schema/buckets.ts';
import { iotraceVersion } from './schema/version.ts';

/** Called for the command that was typed, with what was typed and the options it knows. */
type Choose = (
  command: string,
  typed: { readonly db?: string | undefined; readonly _: readonly (string | number)[] },
  options: object,
  run: () => Promise<Outcome>,
) => void;

function buildParser(choose: Choose): Argv {
  const parser = yargs()
    .scriptName('iotrace')
    .usage('Records fsync, overlayfs copy-up and block I/O, and tells whose they are.')
    .usage('\nUsage: $0 <command> [options]')
    .locale('en')
    .wrap(process.stdout.isTTY ? Math.min(100, process.stdout.columns) : 80)
    .exitProcess(false)
    .version(iotraceVersion)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .example('sudo $0 record --for 30s', 'Record for 30 seconds')
    .example('$0 top', 'Which container waited for which I/O')
    .example('$0 top --live', 'The same, renewed every 2 seconds')
    .epilogue('Everything about a command: iotrace top --help');
  addQueries(parser, choose);
  addSamples(parser, choose);
  addRecorders(parser, choose);
  return parser;
}

function addQueries(parser: Argv, choose: Choose): void {
  parser
    .command(
      'top',
      'Who did how much of which I/O, and how slow it was',
      (top) =>
        withOptions(top, topOptions)
          .example('$0 top --by pod --sort p99', 'The worst P99 first')
          .example('$0 top --by file --container app1', 'Which files of app1')
          .example('$0 top --op fsync --by sync_kind', 'Which kinds of sync')
          .example('$0 top --format json', 'For programs: see docs/cli.md')
          .epilogue(
            `Percentiles are ${BUCKET_ERROR_TEXT}; by process or file there are none. Intervals that overlap the window count whole.`,
          ),
      (typed) => {
        choose('top', typed, topOptions, () => runTop(typed));
      },
    )
    .command(
      'slow',
      'Single operations that were slow, failed, or copied a file up',
      (slow) =>
        withOptions(slow, slowOptions)
          .example('$0 slow --op fsync --since 1h', 'The slowest syncs of the last hour')
          .example('$0 slow --sort time', 'The latest ones')
          .example('$0 slow --explain 7', 'Where the time of number 7 went')
          .epilogue('Kept within a budget per second: for counts ask top. Columns: those of the view slow.'),
      (typed) => {
        choose('slow', typed, slowOptions, () =>
          typed.explain === undefined ? runSlow(typed) : runExplain(typed, typed.explain),
        );
      },
    )
    .command(
      'blame',
      'Beside whose I/O a container was slow',
      (blame) =>
        withOptions(blame, blameOptions)
          .example('$0 blame --victim web', 'Whose I/O was in flight while web waited')
          .example('$0 blame --victim web --op fsync --since 1h', 'Only for its syncs')
          .epilogue('In flight at the same time is no proof of a cause: docs/blame.md.'),
      (typed) => {
        choose('blame', typed, blameOptions, () => runBlame(typed));
      },
    )
    .command(
      'diagnose',
      'What is wrong with I/O, whose it is, and what to do',
      (diagnose) =>
        withOptions(diagnose, diagnoseOptions)
          .example('$0 diagnose --since 1h', 'The last hour, compared with the hour before')
          .example('$0 diagnose --from 12:00 --to 12:20 --baseline 1h', 'An incident')
          .example('$0 diagnose --format markdown > rca.md', 'The report, with its SQL')
          .example('$0 diagnose --lang zh', 'In Chinese')
          .epilogue('From what was recorded, and only that. Each rule: docs/diagnose.md.'),
      (typed) => {
        choose('diagnose', typed, diagnoseOptions, () => runDiagnose(typed));
      },
    )
    .command(
      'timeline',
      'Latency or load over time, a line for each container',
      (timeline) =>
        withOptions(timeline, timelineOptions)
          .example('$0 timeline --op fsync --since 1h', 'P99 of fsync, container by container')
          .example('$0 timeline --by device --metric bytes', 'Which disk moved how much, when')
          .epilogue(
            'Darker is more, on one scale for all lines. A dot: nothing happened; a space: nothing was recorded.',
          ),
      (typed) => {
        choose('timeline', typed, timelineOptions, () => runTimeline(typed));
      },
    )
    .command(
      'sql [query]',
      'Ask the recording in SQL, read-only',
      (sql) =>
        withOptions(sql, sqlOptions)
          .positional('query', { type: 'string', describe: 'One SELECT, in quotes' })
          .example('$0 sql --schema', 'What there is to ask for')
          .example('$0 sql "SELECT op, sum(op_count) FROM operations GROUP BY op"', '')
          .example('$0 sql --file query.sql --format csv', '')
          .epilogue('Without a query it reads one from stdin; on a terminal it asks.'),
      (typed) => {
        choose('sql', typed, { ...sqlOptions, query: true }, () => runSql(typed));
      },
    )
    .command(
      'metrics',
      'The latest session for Prometheus',
      (metrics) =>
        withOptions(metrics, metricsOptions)
          .example('$0 metrics', 'OpenMetrics on stdout')
          .example('$0 metrics --format prometheus > iotrace.prom', "For node_exporter's textfile collector")
          .epilogue(
            'Counters since the session began. container_fs_… and container_blkio_… are named as in cAdvisor: keep the two apart by job.',
          ),
      (typed) => {
        choose('metrics', typed, metricsOptions, () => runMetrics(typed));
      },
    )
    .command(
      'status',
      'How the latest session fares: coverage, losses, cost',
      (status) => withOptions(status, documentOptions),
      (typed) => {
        choose('status', typed, documentOptions, () => runStatus(typed));
      },
    );
}

function addSamples(parser: Argv, choose: Choose): void {
  parser
    .command(
      'devices',
      'Is a disk saturated: iostat -x over a window, beside what was traced',
      (devices) =>
        withOptions(devices, sampleOptions)
          .example('$0 devices --since 5m', 'The last five minutes')
          .epilogue(
            'Columns from r/s to %util are those of iostat -x; max is %util of the busiest interval; queue and service are mean latencies of the traced requests. Each interval: the view device_samples.',
          ),
      (typed) => {
        choose('devices', typed, sampleOptions, () => runDevices(typed));
      },
    )
    .command(
      'filesystems',
      'Space and inodes where container data lies',
      (filesystems) =>
        withOptions(filesystems, sampleOptions).epilogue(
          'The last sample in the window; change is since the first. All samples: the view filesystems.',
        ),
      (typed) => {
        choose('filesystems', typed, sampleOptions, () => runFilesystems(typed));
      },
    )
    .command(
      'deleted',
      'Deleted files that are held open, and by whom',
      (deleted) =>
        withOptions(deleted, deletedOptions)
          .example('sudo $0 deleted', 'Now')
          .example('$0 deleted --since 1d', 'Those of at least 64 KiB a recording has seen'),
      (typed) => {
        choose('deleted', typed, deletedOptions, () => runDeleted(typed));
      },
    );
}

function addRecorders(parser: Argv, choose: Choose): void {
  parser
    .command(
      'doctor',
      'What this machine can record, and what keeps it from more',
      (doctor) => withOptions(doctor, documentOptions),
      (typed) => {
        choose('doctor', typed, documentOptions, () => runDoctor(typed));
      },
    )
    .command(
      'record',
      'Record from this kernel until told to end (root)',
      (record) =>
        withOptions(record, recordOptions)
          .example('sudo $0 record --for 30s --top', 'Thirty seconds, then the table')
          .example('sudo $0 record --live', 'Record and watch'),
      (typed) => {
        choose('record', typed, recordOptions, () => runRecord(typed));
      },
    )
    .command(
      'daemon',
      'The same as a service: records until SIGTERM (root)',
      (daemon) => withOptions(daemon, daemonOptions),
      (typed) => {
        choose('daemon', typed, daemonOptions, () => runDaemon(typed));
      },
    );
}

/** The options of one command, in the order --help shows them. */
function withOptions<O extends Readonly<Record<string, Options>>>(parser: Argv, options: O) {
  return parser
    .options(options)
    .group(Object.keys(options), 'Options:')
    .options(globalOptions)
    .group([...Object.keys(globalOptions), 'help'], 'Everywhere:')
    .hide('version');
}

async function main(words: readonly string[]): Promise<Outcome> {
  let run: (() => Promise<Outcome>) | undefined;
  const { output, rest } = await parse(words, (command, typed, options, chosen) => {
    const known = [...Object.keys(options), ...Object.keys(globalOptions)];
    const unknown = unknownArgument(command, typed, known, typed._.slice(1).map(String));
    const refused = unknown ?? (typed.db === '' ? noDatabaseName() : undefined);
    run = refused ? () => Promise.resolve(refused) : chosen;
  });
  if (output !== '') {
    await print([`${withoutTypes(output)}\n`]);
    return 0;
  }
  return run ? run() : unknownCommand(rest);
}

async function parse(
  words: readonly string[],
  choose: Choose,
): Promise<{ output: string; rest: readonly string[] }> {
  const parser = buildParser(choose);
  let output = '';
  const typed = await parser.parseAsync(
    words.length === 0 ? ['--help'] : words.map(asWord),
    {},
    (_error, _argv, shown) => {
      output = shown;
    },
  );
  return { output, rest: typed._.map(String) };
}

/** SQL may begin with a comment, which must not pass for an option. */
const asWord = (word: string): string => (/^--\s/u.test(word) ? ` ${word}` : word);

/** yargs marks every option as [string] or [boolean]; the descriptions say it better. */
const withoutTypes = (help: string): string =>
  help.replaceAll(/\[(string|boolean)\]/gu, (mark) => ' '.repeat(mark.length)).replaceAll(/ +$/gmu, '');

function noDatabaseName(): Failure {
  return failure('bad-argument', {
    seen: '--db has no value',
    expected: 'Name the file, as in --db iotrace.db.',
  });
}

function unknownCommand([word]: readonly string[]): Failure {
  const seen = word === undefined ? 'No command was typed' : `There is no command "${word}"`;
  const hint = word === undefined ? '' : didYouMean(word, commandNames, 'iotrace ');
  return failure('bad-argument', { seen, expected: `There are: ${commandNames.join(', ')}.${hint}` });
}

endQuietlyOnClosedPipe();
const outcome = await main(process.argv.slice(2));
if (isFailure(outcome)) tell([`iotrace: ${explain(outcome)}`]);
process.exitCode = isFailure(outcome) ? exitCode(outcome) : outcome;
