import {
  formatBytes,
  formatCount,
  formatDuration,
  formatElapsed,
  formatWall,
  zoneName,
} from '../../../schema/units.ts';
import type {
  Catalogue,
  Language,
  Sentence,
  SentenceKey,
  Value,
} from '../../findings/catalogue/catalogue.ts';
import { catalogues, PLACEHOLDER } from '../../findings/catalogue/catalogue.ts';

/** Says sentences in one language, for one kind of page. */
export type Voice = {
  /** A sentence with its values in it. */
  readonly say: (sentence: Sentence) => string;
  /** A sentence without values. */
  readonly word: (key: SentenceKey) => string;
  /** What heads the column of this name. */
  readonly column: (name: string) => string;
  /** Sentences, one after the other. */
  readonly join: (sentences: readonly Sentence[]) => string;
  /** Sentences that are parts of one. */
  readonly list: (sentences: readonly Sentence[]) => string;
  /** Words in brackets behind what they are about. */
  readonly aside: (keys: readonly SentenceKey[]) => string;
  /** A label before what it is about. */
  readonly label: (key: SentenceKey, text: string) => string;
  /** A value alone, its unit from its name. */
  readonly value: (name: string, value: Value) => string;
};

/** `escape` makes names harmless where they are shown. */
export function voice(language: Language, escape: (text: string) => string): Voice {
  const catalogue: Catalogue = catalogues[language];
  const value = (name: string, given: Value): string => {
    if (given === null) return '-';
    if (typeof given === 'number') return formatNumber(name, given);
    if (isHost(name, given)) return catalogue['who.host'];
    return name === 'cause' ? ruleName(catalogue, given) : escape(given);
  };
  const isChinese = language === 'zh';
  const speak = ({ key, values }: Sentence): string =>
    withZone(catalogue[key], values['from_us']).replace(PLACEHOLDER, (_, name: string, at: number) => {
      const given = values[name] ?? null;
      return at === 0 && isHost(name, given) ? catalogue['who.host-first'] : value(name, given);
    });
  return {
    value,
    say: speak,
    join: (sentences) => sentences.map(speak).join(isChinese ? '' : ' '),
    list: (sentences) => sentences.map(speak).join(isChinese ? '；' : '; '),
    aside: (keys) => {
      const words = keys.map((key) => catalogue[key]);
      return isChinese ? `（${words.join('，')}）` : ` (${words.join(', ')})`;
    },
    label: (key, text) => `${catalogue[key]}${isChinese ? '：' : ': '}${text}`,
    word: (key) => catalogue[key],
    column: (name) => columnTitle(catalogue, name, isChinese ? '，' : ', '),
  };
}

/** The zone that times are in, of a sentence that has some. */
const withZone = (text: string, at?: Value): string =>
  text.replace('%zone', zoneName(typeof at === 'number' ? at : undefined));

const PARTIES = ['who', 'asker', 'culprit', 'victim'];

/** The root cgroup: what is in no other, as the kernel's own threads are. */
const isHost = (name: string, given: Value): boolean => given === '/' && PARTIES.includes(name);

const ruleName = (catalogue: Catalogue, id: string): string =>
  Object.entries(catalogue).find(([key]) => key === `rule.${id}`)?.[1] ?? id;

const BEFORE = 'before_';

function columnTitle(catalogue: Catalogue, name: string, comma: string): string {
  if (!name.startsWith(BEFORE)) return knownColumn(catalogue, name);
  return `${knownColumn(catalogue, name.slice(BEFORE.length))}${comma}${catalogue['phase.before']}`;
}

function knownColumn(catalogue: Catalogue, name: string): string {
  const [, text] = Object.entries(catalogue).find(([key]) => key === `column.${name}`) ?? [];
  return text === undefined ? name : withZone(text);
}

/** Which unit the end of a name stands for; the first that fits counts. */
const units: readonly (readonly [RegExp, (value: number) => string])[] = [
  [/_share$/u, (value) => percent(value * 100)],
  [/percent(_max)?$/u, percent],
  [/_times$/u, (value) => `${threeDigits(value)}×`],
  [/ns_per_s(_max)?$/u, (value) => `${formatDuration(value)}/s`],
  [/bytes_per_s(_max)?$/u, (value) => `${formatBytes(Math.round(value))}/s`],
  [/_per_s(_max)?$/u, (value) => `${threeDigits(value)}/s`],
  [/(^|_)ns(_|$)/u, formatDuration],
  [/bytes/u, (value) => formatBytes(Math.round(value))],
  [/elapsed_us$/u, formatElapsed],
  [/_us$/u, (value) => formatWall(value).slice(0, 19)],
  [/_s$/u, (value) => formatElapsed(value * 1e6)],
  [/count$/u, formatCount],
  [/length(_max)?$/u, threeDigits],
];

/** A number for people, in the unit its name ends in. */
export function formatNumber(name: string, value: number): string {
  const unit = units.find(([ending]) => ending.test(name));
  return unit ? unit[1](value) : formatCount(value);
}

function percent(value: number): string {
  if (value >= 10 || value === 0) return `${value.toFixed(0)} %`;
  return value >= 1 ? `${value.toFixed(1)} %` : '< 1 %';
}

function threeDigits(value: number): string {
  if (value >= 1e6) return formatCount(value);
  if (value >= 100 || value === 0) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
