import colors from 'picocolors';
import type { Language } from '../../findings/catalogue/catalogue.ts';
import type { Diagnosis, Excluded, Ranked } from '../../findings/diagnose.ts';
import type { Evidence } from '../../findings/evidence.ts';
import { explains, headline } from '../../findings/headline.ts';
import { settingOf } from '../../findings/playbook.ts';
import type { Mitigation } from '../../findings/finding.ts';
import type { Column, Screen } from '../table.ts';
import { table } from '../table.ts';
import { visible, wrap } from '../text.ts';
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

type Page = {
  readonly voice: Voice;
  readonly screen: Screen;
  readonly paint: ReturnType<typeof colors.createColors>;
  /** Whether the queries are printed too. */
  readonly hasSql: boolean;
};

export type DiagnosisOptions = {
  readonly language: Language;
  readonly screen: Screen;
  readonly hasSql: boolean;
};

/** A diagnosis for a terminal: the answer, then each finding with its proof, then what was ruled out. */
export function diagnosisText(diagnosis: Diagnosis, { language, screen, hasSql }: DiagnosisOptions): string {
  const page: Page = {
    voice: voice(language, visible),
    screen,
    paint: colors.createColors(screen.colour),
    hasSql,
  };
  const main = diagnosis.findings.filter(({ score }, index) => index === 0 || score >= MINOR_SCORE);
  const minor = diagnosis.findings.filter((finding) => !main.includes(finding));
  const sections = [
    answerLines(diagnosis, page),
    incidentLines(diagnosis, page),
    ...main.map((finding, index) => findingLines(finding, index + 1, page)),
    alsoLines(minor, page),
    victimLines(diagnosis, page),
    excludedLines(diagnosis, page),
    unknownLines(diagnosis, page),
  ];
  const lines = sections.filter((section) => section.length > 0).flatMap((section) => ['', ...section]);
  return `${lines.slice(1).join('\n')}\n`;
}

/** The answer alone, for a ticket: what changed, the cause, what to do, what else was noticed. */
export function diagnosisBrief(diagnosis: Diagnosis, { language, screen }: DiagnosisOptions): string {
  const page: Page = {
    voice: voice(language, visible),
    screen,
    paint: colors.createColors(screen.colour),
    hasSql: false,
  };
  const [first, ...others] = diagnosis.findings;
  const [mitigation] = first?.mitigations ?? [];
  const setting = mitigation ? (settingOf(mitigation.id, mitigation.values)?.split('\n') ?? []) : [];
  const sections = [
    [...answerLines(diagnosis, page), ...setting.map((line) => page.paint.cyan(`    ${visible(line)}`))],
    incidentLines(diagnosis, page),
    alsoLines(others.slice(0, BRIEF_OTHERS), page),
  ];
  return `${sections
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')}\n`;
}

const BRIEF_OTHERS = 3;

function incidentLines(diagnosis: Diagnosis, page: Page): string[] {
  const { paint, voice } = page;
  const lines = incidentSentences(diagnosis).flatMap((sentences) =>
    wrapped(page, `   ${voice.join(sentences)}`),
  );
  return lines.length === 0 ? [] : [paint.bold(voice.word('label.incidents')), ...lines];
}

/** Findings below it are named in a sentence each. */
const MINOR_SCORE = 0.05;

function alsoLines(minor: readonly Ranked[], page: Page): string[] {
  if (minor.length === 0) return [];
  const { paint, voice } = page;
  const lines = minor.flatMap(({ sentence }) => wrapped(page, `   ${voice.say(sentence)}`));
  return [paint.bold(voice.word('label.also')), ...lines];
}

const wrapped = ({ screen }: Page, text: string): string[] => wrap(text, screen.width);

function answerLines(diagnosis: Diagnosis, page: Page): string[] {
  const { voice, paint } = page;
  const [first] = diagnosis.findings;
  const [mitigation] = first?.mitigations ?? [];
  const answer = voice.join(headline(diagnosis));
  const cause = first
    ? labelled(
        page,
        explains(first) ? 'label.cause' : 'label.found',
        `${voice.join([first.sentence, ...mostlySentences(first)])}${voice.aside([sureKey(first)])}`,
      )
    : [];
  const advice = mitigation ? labelled(page, 'label.do', voice.say(measureSentence(mitigation))) : [];
  const when = voice.join(whenSentences(diagnosis));
  return [
    ...wrapped(page, answer).map(paint.bold),
    ...cause,
    ...advice,
    ...(when === '' ? [] : wrapped(page, when).map(paint.dim)),
  ];
}

function labelled(page: Page, key: Parameters<Voice['word']>[0], text: string): string[] {
  return wrapped(page, page.voice.label(key, text));
}

function findingLines(finding: Ranked, number: number, page: Page): string[] {
  const { voice, paint } = page;
  const title = `${String(number)}. ${voice.word(`rule.${finding.rule}`)}`;
  const marks = voice.aside([`severity.${finding.severity}`, sureKey(finding)]);
  const colour = finding.severity === 'notice' ? paint.yellow : paint.red;
  const reasons = voice.list(finding.confidence.reasons);
  return [
    `${paint.bold(colour(title))}${marks}`,
    ...wrapped(page, `   ${voice.say(finding.sentence)}`),
    ...finding.evidence.flatMap((each) => evidenceLines(each, page)),
    ...indented(page, 'label.sure', reasons),
    ...indented(page, 'label.rank', voice.say(rankSentence(finding, voice))),
    ...checkedLines(finding.alsoChecked, page),
    ...finding.mitigations.flatMap((each) => mitigationLines(each, page)),
  ];
}

function indented(page: Page, key: Parameters<Voice['word']>[0], text: string): string[] {
  return wrapped(page, `   ${page.voice.label(key, text)}`);
}

function checkedLines(checked: readonly Excluded[], page: Page): string[] {
  if (checked.length === 0) return [];
  return indented(page, 'label.checked', page.voice.join(checked.map(({ sentence }) => sentence)));
}

function mitigationLines({ id, values }: Mitigation, page: Page): string[] {
  const { voice, paint } = page;
  const setting = settingOf(id, values)?.split('\n') ?? [];
  return [
    ...indented(page, 'label.do', voice.say(measureSentence({ id, values }))),
    ...setting.map((line) => paint.cyan(`       ${visible(line)}`)),
    ...wrapped(page, `     ${voice.label('label.gain', voice.word(`gain.${id}`))}`),
    ...wrapped(page, `     ${voice.label('label.risk', voice.word(`risk.${id}`))}`),
  ];
}

const INDENT = '     ';

function evidenceLines(evidence: Evidence, page: Page): string[] {
  if (evidence.rows.length === 0) return [];
  const { titles, names, isNumber, rows } = shown(evidence, page.voice);
  const columns = titles.map((header, index): Column<readonly string[]> => {
    const name = names[index] ?? '';
    const isName = isNumber[index] !== true;
    return {
      header,
      align: isName ? 'left' : 'right',
      text: (row) => row[index] ?? '',
      ...(isName ? { shrinkTo: 8 } : {}),
      ...(name.startsWith('before_') || name.endsWith('_mean') ? { drop: 'first' as const } : {}),
    };
  });
  const width = page.screen.width === undefined ? undefined : page.screen.width - INDENT.length;
  const text = table(columns, rows, { ...page.screen, width });
  const sql = page.hasSql ? evidence.sql.split('\n').map((line) => page.paint.dim(INDENT + line)) : [];
  return [
    ...wrapped(page, `   ${page.voice.say(evidence.title)}`),
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => INDENT + line),
    ...sql,
  ];
}

function victimLines({ waiting, victim }: Diagnosis, page: Page): string[] {
  if (!victim) return [];
  return evidenceLines(waiting, page);
}

function excludedLines({ excluded }: Diagnosis, page: Page): string[] {
  if (excluded.length === 0) return [];
  const lines = excluded.flatMap(({ sentence, sql }) => [
    ...wrapped(page, `   ${page.voice.say(sentence)}`),
    ...(page.hasSql ? sql.split('\n').map((line) => page.paint.dim(INDENT + line)) : []),
  ]);
  return [page.paint.bold(page.voice.word('label.excluded')), ...lines];
}

function unknownLines(diagnosis: Diagnosis, page: Page): string[] {
  const { voice, paint, hasSql } = page;
  const lines = [
    ...unknownSentences(diagnosis, voice).map(voice.say),
    ...coverageLines(diagnosis, voice),
  ].flatMap((line) => wrapped(page, `   ${line}`));
  const how =
    hasSql || diagnosis.findings.length === 0 ? [] : ['', paint.dim(voice.word('label.how-to-sql'))];
  return lines.length === 0 ? how : [paint.bold(voice.word('label.unknown')), ...lines, ...how];
}
