import type { Language } from '../query/findings/catalogue/catalogue.ts';
import { languages } from '../query/findings/catalogue/catalogue.ts';
import type { Html } from '../query/render/html/html.ts';
import { html } from '../query/render/html/html.ts';

/** What a page is asked for, as its address has it. */
export type Asked = {
  readonly since: Since;
  readonly container: string | undefined;
  readonly isCompared: boolean;
  readonly language: Language;
};

/** Windows a page can show: longer ones are for `iotrace report`, which keeps nobody else waiting. */
export const sinces = { '5m': 300, '15m': 900, '1h': 3600, '6h': 21_600 } as const;
export type Since = keyof typeof sinces;

export function readAsked(parameters: URLSearchParams): Asked {
  const since = Object.keys(sinces).find((each): each is Since => each === parameters.get('since'));
  const container = parameters.get('container')?.trim() ?? '';
  return {
    since: since ?? '15m',
    container: container === '' ? undefined : container,
    isCompared: parameters.get('compare') === 'on',
    language: languages.find((each) => each === parameters.get('lang')) ?? 'en',
  };
}

const words = {
  en: {
    window: 'Window',
    container: 'Container',
    compare: 'Compare with before',
    language: 'Language',
    show: 'Show',
  },
  zh: { window: '时间段', container: '容器', compare: '与之前比较', language: '语言', show: '显示' },
} as const;

/** A form of plain GET requests: it works without scripts, and an address can be sent to somebody. */
export function controls({ since, container, isCompared, language }: Asked): Html {
  const word = words[language];
  const options = (values: readonly string[], chosen: string): Html[] =>
    values.map((each) => html`<option${each === chosen ? html` selected` : ''}>${each}</option>`);
  return html`<form action="/">
    <label
      >${word.window}<select name="since">
        ${options(Object.keys(sinces), since)}
      </select></label
    >
    <label>${word.container}<input name="container" value="${container ?? ''}" /></label>
    <label
      >${word.language}<select name="lang">
        ${options(languages, language)}
      </select></label
    >
    <label>${word.compare}<input type="checkbox" name="compare" ${isCompared ? html` checked` : ''} /></label>
    <button>${word.show}</button>
  </form>`;
}
