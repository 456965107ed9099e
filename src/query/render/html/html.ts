import { visible } from '../text.ts';

/** Markup. Made by `html` alone, which escapes every text put into it, and by `trusted` of what is ours. */
export type Html = { readonly markup: string };

type Part = Html | string | number | undefined | readonly Part[];

/** A template of markup: texts in it are shown as they are, whatever they hold; `undefined` is nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  // How a template is indented is no part of the page.
  const raw = strings.map((text) => text.replaceAll(/\n\s*/gu, '\n'));
  return { markup: String.raw({ raw }, ...parts.map(markupOf)) };
}

/** Text of our own that is markup, a style sheet or a script already. */
export const trusted = (markup: string): Html => ({ markup });

export const nothing: Html = trusted('');

function markupOf(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escapeText(part);
  return 'markup' in part ? part.markup : part.map(markupOf).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For an element or a quoted attribute. Line ends stay; other controls and bidirectional overrides are spelled out. */
function escapeText(text: string): string {
  return text
    .split('\n')
    .map((line) => visible(line).replace(/[&<>"']/gu, (character) => ENTITIES[character] ?? ''))
    .join('\n');
}
