// Writes the man pages iotrace(1) and iotrace-COMMAND(1) into a folder, gzipped, from what --help is made of.
// usage: node scripts/package/manual.mjs DIR
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { commands, globalOptions, helpOptions, optionNames } from '../../dist/internals.js';

const root = new URL('../../', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
const about = readFileSync(new URL('packaging/description.txt', root), 'utf8');

/** A line of roff: no character of it may be taken for a request or an escape. */
const text = (words) =>
  words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/u, '\\&');
const section = (title, lines) => [`.SH ${title}`, ...lines];
const item = (term, meaning) => ['.TP', `.B ${text(term)}`, text(meaning)];
const optionItems = (options) =>
  Object.entries(options).flatMap(([name, option]) => {
    const otherwise =
      option.defaultDescription === undefined ? '' : ` [default: ${option.defaultDescription}]`;
    return item(optionNames(name, option), `${option.describe}${otherwise}`);
  });

function page(name, describe, sections) {
  const head = [`.TH ${name.toUpperCase()} 1 "" "iotrace ${version}" "iotrace"`, '.SH NAME'];
  return [...head, `${text(name)} \\- ${text(describe)}`, ...sections, ''].join('\n');
}

function commandPage({ name, describe }, { options, word, examples, epilogue }) {
  const synopsis = `.B iotrace ${name}\n${word === undefined ? '' : `[${word.name}] `}[options]`;
  return page(`iotrace-${name}`, describe, [
    ...section('SYNOPSIS', [synopsis]),
    ...section('OPTIONS', [
      ...(word === undefined ? [] : item(word.name, word.describe)),
      ...optionItems({ ...options, ...globalOptions, help: helpOptions.help }),
    ]),
    ...(epilogue === undefined ? [] : section('NOTES', [text(epilogue)])),
    ...section(
      'EXAMPLES',
      examples.flatMap(([line, meaning]) => item(line.replace('$0', 'iotrace'), meaning)),
    ),
    ...section('SEE ALSO', ['.BR iotrace (1)']),
  ]);
}

const overviewPage = page('iotrace', 'I/O latency of containers: which operation, on which file', [
  ...section('SYNOPSIS', ['.B iotrace\n.I command\n[options]']),
  ...section('DESCRIPTION', [text(about.trim().replaceAll('\n', ' '))]),
  ...section(
    'COMMANDS',
    commands.flatMap(({ name, describe }) => item(`iotrace-${name}(1)`, describe)),
  ),
  ...section('OPTIONS', optionItems(helpOptions)),
  ...section('ENVIRONMENT', item('IOTRACE_DB', 'The recording, where --db does not name one.')),
  ...section('FILES', [
    ...item('/var/lib/iotrace/iotrace.db', 'The recording of the service and of root.'),
    ...item('/etc/iotrace/config.json', 'File classes of your own.'),
  ]),
]);

const [folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const write = (name, page) => writeFileSync(join(folder, `${name}.1.gz`), gzipSync(page, { level: 9 }));
write('iotrace', overviewPage);
for (const entry of commands)
  write(`iotrace-${entry.name}`, commandPage(entry, (await entry.load()).command));
