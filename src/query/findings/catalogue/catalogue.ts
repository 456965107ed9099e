import { en } from './en.ts';
import { zh } from './zh.ts';

/** A number in the unit its name ends in, or the name of somebody or something. */
export type Value = string | number | null;

export type SentenceKey = keyof typeof en;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** What a sentence needs to be said: a value for each `{name}` of its English text. */
export type ValuesOf<Key extends SentenceKey> = Readonly<Record<Placeholders<(typeof en)[Key]>, Value>>;

/** A sentence in no language yet. */
export type Sentence = { readonly key: SentenceKey; readonly values: Readonly<Record<string, Value>> };

/** The same sentences in every language. */
export type Catalogue = Readonly<Record<SentenceKey, string>>;

export const languages = ['en', 'zh'] as const;
export type Language = (typeof languages)[number];

export const catalogues: Readonly<Record<Language, Catalogue>> = { en, zh };

/** A sentence with exactly the values it needs. */
export function say<Key extends SentenceKey>(key: Key, values: ValuesOf<Key>): Sentence {
  return { key, values };
}

export const PLACEHOLDER = /\{(\w+)\}/gu;
