import type { Language } from '../../findings/catalogue/catalogue.ts';
import type { Diagnosis, Excluded, Ranked } from '../../findings/diagnose.ts';
import type { Evidence } from '../../findings/evidence.ts';
import type { Mitigation } from '../../findings/finding.ts';
import { explains, headline } from '../../findings/headline.ts';
import { settingOf } from '../../findings/playbook.ts';
import { visible } from '../text.ts';
import { shown } from './evidence.ts';
import {
  coverageLines,
  incidentSentences,
  measureSentence,
  mostlySentences,
  rankSentence,
  sureKey,
  unknownSentences,
  whenSentences,
} from './parts.ts';
import type { Voice } from './words.ts';
import { voice } from './words.ts';

type Page = Voice & { readonly hasSql: boolean };

/** A comment on GitHub may be no longer, in characters. */
const LENGTH_MAX = 65_536;

/**
 * A diagnosis as the document that is filed after an incident: summary, timeline, each finding with its evidence, what to
 * do, what was ruled out and what could not be seen. With the query of each table it may be of any length.
 */
export function diagnosisMarkdown(
  diagnosis: Diagnosis,
  { language, hasSql, isBrief = false }: { language: Language; hasSql: boolean; isBrief?: boolean },
): string {
  const page: Page = { ...voice(language, markdownText), hasSql };
  const answer = [
    `# ${page.word('report.title')}`,
    ...summary(diagnosis, page),
    ...incidents(diagnosis, page),
  ];
  const proof = [
    ...timeline(diagnosis, page),
    ...(diagnosis.findings.length === 0 ? [] : [`## ${page.word('label.findings')}`]),
    ...diagnosis.findings.flatMap((finding, index) => findingBlocks(finding, index + 1, page)),
    ...excludedBlocks(diagnosis.excluded, page),
    ...unknownBlocks(diagnosis, page),
  ];
  const whole = `${[...answer, ...(isBrief ? [] : proof)].join('\n\n')}\n`;
  return hasSql || whole.length < LENGTH_MAX ? whole : `${cut([...answer, ...proof], page)}\n`;
}

/** As many blocks as may be, and that there are more. */
function cut(blocks: readonly string[], { word }: Page): string {
  const end = word('report.cut');
  let length = end.length + 4;
  const kept = blocks.filter((block) => (length += block.length + 2) < LENGTH_MAX);
  return [...kept, end].join('\n\n');
}

function incidents(diagnosis: Diagnosis, { word, join }: Page): string[] {
  const lines = incidentSentences(diagnosis).map((sentences) => `- ${join(sentences)}`);
  return lines.length === 0 ? [] : [`## ${word('label.incidents')}`, lines.join('\n')];
}

/** Names are anybody's: nothing in them may make markup, a link, HTML, or a line. */
function markdownText(text: string): string {
  return visible(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', '&#64;')
    .replaceAll('://', '&#58;//')
    .replace(/[\\`*_{}[\]()#+!|~-]/gu, String.raw`\$&`);
}

function summary(diagnosis: Diagnosis, { say, join, label, aside }: Voice): string[] {
  const [first] = diagnosis.findings;
  const [mitigation] = first?.mitigations ?? [];
  return [
    `**${join(headline(diagnosis))}**`,
    ...(first
      ? [
          label(
            explains(first) ? 'label.cause' : 'label.found',
            `${join([first.sentence, ...mostlySentences(first)])}${aside([sureKey(first)])}`,
          ),
        ]
      : []),
    ...(mitigation ? [label('label.do', say(measureSentence(mitigation)))] : []),
    join(whenSentences(diagnosis)),
  ].filter((text) => text !== '');
}

function timeline({ victim, waiting }: Diagnosis, speaker: Page): string[] {
  if (!victim) return [];
  return [
    `## ${speaker.word('label.timeline')}`,
    ...evidenceBlocks(victim.evidence, speaker),
    ...evidenceBlocks(victim.slots, speaker),
    ...evidenceBlocks(waiting, speaker),
  ];
}

function findingBlocks(finding: Ranked, number: number, speaker: Page): string[] {
  const { say: speak, word, aside, list } = speaker;
  const { rule, severity, confidence, sentence, alsoChecked } = finding;
  const marks = aside([`severity.${severity}`, sureKey(finding)]);
  const checked = alsoChecked.map((each) => speak(each.sentence)).join(' ');
  return [
    `### ${String(number)}. ${word(`rule.${rule}`)}${marks}`,
    speak(sentence),
    ...finding.evidence.flatMap((each) => evidenceBlocks(each, speaker)),
    [
      `- **${word('label.sure')}**: ${list(confidence.reasons)}`,
      `- **${word('label.rank')}**: ${speak(rankSentence(finding, speaker))}`,
      ...(checked === '' ? [] : [`- **${word('label.checked')}**: ${checked}`]),
    ].join('\n'),
    ...finding.mitigations.flatMap((each) => mitigationBlocks(each, speaker)),
  ];
}

function mitigationBlocks({ id, values }: Mitigation, { word, say }: Voice): string[] {
  const setting = settingOf(id, values);
  return [
    [
      `**${word('label.do')}**: ${say(measureSentence({ id, values }))}`,
      '',
      `- ${word('label.gain')}: ${word(`gain.${id}`)}`,
      `- ${word('label.risk')}: ${word(`risk.${id}`)}`,
    ].join('\n'),
    ...(setting === null ? [] : [fenced('text', setting.split('\n').map(visible).join('\n'))]),
  ];
}

function evidenceBlocks(evidence: Evidence, speaker: Page): string[] {
  const sql = queryBlocks(evidence.sql, speaker);
  const title = `**${speaker.say(evidence.title)}**`;
  if (evidence.rows.length === 0) return [`${title}: -`, ...sql];
  const { titles, isNumber, rows } = shown(evidence, speaker);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = isNumber.map((isRight) => (isRight ? '---:' : '---'));
  return [title, [line(titles), line(rule), ...rows.map(line)].join('\n'), ...sql];
}

const queryBlocks = (sql: string, { word, hasSql }: Page): string[] =>
  hasSql ? [`<details><summary>${word('label.sql')}</summary>\n\n${fenced('sql', sql)}\n\n</details>`] : [];

/** A code block that nothing in it can end. */
function fenced(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/gu)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

function excludedBlocks(excluded: readonly Excluded[], speaker: Page): string[] {
  if (excluded.length === 0) return [];
  return [
    `## ${speaker.word('label.excluded')}`,
    ...excluded.flatMap(({ rule, sentence, sql }) => [
      `**${speaker.word(`rule.${rule}`)}**: ${speaker.say(sentence)}`,
      ...queryBlocks(sql, speaker),
    ]),
  ];
}

function unknownBlocks(diagnosis: Diagnosis, speaker: Voice): string[] {
  const lines = [
    ...unknownSentences(diagnosis, speaker).map(speaker.say),
    ...coverageLines(diagnosis, speaker),
  ];
  if (lines.length === 0) return [];
  return [`## ${speaker.word('label.unknown')}`, lines.map((line) => `- ${line}`).join('\n')];
}
