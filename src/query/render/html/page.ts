import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { packageFile } from '../../../package-file.ts';
import { formatWall, zoneName } from '../../../schema/units.ts';
import type { Language } from '../../findings/catalogue/catalogue.ts';
import { tableNames } from '../../reports/incident/incident.ts';
import type { Incident, TableName } from '../../reports/incident/incident.ts';
import { answer, excluded, findings } from './findings.ts';
import { heatmaps } from './heatmaps.ts';
import type { Html } from './html.ts';
import { html, nothing, trusted } from './html.ts';
import { seen } from './seen.ts';
import type { Speaker } from './speaker.ts';
import { speaker } from './speaker.ts';
import { strips } from './strips.ts';
import { answerTable } from './table.ts';
import type { PageWord } from './words.ts';

type Section = { readonly id: string; readonly title: string; readonly body: Html };

/**
 * A report as one page that needs nothing else: its style and script are in it, and nothing may be fetched.
 * `controls` stand above it where it is served.
 */
export function reportPage(incident: Incident, language: Language, controls: Html = nothing): string {
  const speak = speaker(language);
  const sections = sectionsOf(incident, speak);
  const { word } = speak;
  const title = titleOf(incident, speak);
  return page({
    language,
    title,
    body: html`<a class="skip" href="#findings">${word('skip')}</a>
      <header>
        ${controls}
        <p class="brand">iotrace</p>
        <h1>${title}</h1>
        ${answer(incident, speak)}
      </header>
      <nav aria-label="${word('contents')}">
        <ol>
          ${sections.map(({ id, title: text }) => html`<li><a href="#${id}">${text}</a></li>`)}
        </ol>
      </nav>
      <main>
        ${sections.map(
          ({ id, title: text, body }) =>
            html`<section>
              <h2 id="${id}">${text}</h2>
              ${body}
            </section> `,
        )}
      </main>`,
  });
}

const read = (name: string): string => readFileSync(packageFile(`src/query/render/html/${name}`), 'utf8');
const css = read('page.css');
const js = read('page.js');

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** What a page may do: run this script, have this style, and nothing else. */
export const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src ${hashOf(css)}; script-src ${hashOf(js)}; base-uri 'none'; form-action 'self'`;

// To the letter: a blank more and the hash is another.
const style = trusted(`<style>${css}</style>`);
const script = trusted(`<script>${js}</script>`);

type Page = { readonly language: Language; readonly title: string; readonly body: Html };

/** A whole document. */
function page({ language, title, body }: Page): string {
  return html`<!doctype html>
    <html lang="${language === 'zh' ? 'zh-Hans' : language}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(CONTENT_SECURITY_POLICY)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${style}
      </head>
      <body>
        ${body} ${script}
      </body>
    </html> `.markup;
}

function titleOf({ sessions, diagnosis: { periods } }: Incident, { word }: Speaker): string {
  const host = sessions.rows.at(-1)?.[sessions.columns.indexOf('host')];
  const { fromUs, toUs } = periods.window;
  const [from, to] = [formatWall(fromUs).slice(0, 16), formatWall(toUs).slice(0, 16)];
  const end = from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to;
  return `${word('title')}${typeof host === 'string' ? ` · ${host}` : ''} · ${from} – ${end} ${zoneName(toUs)}`;
}

const ABOUT: Partial<Record<TableName, PageWord>> = { blame: 'blame.about' };

function sectionsOf(incident: Incident, speak: Speaker): Section[] {
  const { word } = speak;
  const about = (name: TableName): Html => {
    const text = ABOUT[name];
    return text === undefined ? nothing : html`<p class="about">${word(text)}</p>`;
  };
  return [
    { id: 'findings', title: word('findings'), body: findings(incident, speak) },
    { id: 'latency', title: word('latency'), body: heatmaps(incident, speak) },
    { id: 'load', title: word('load'), body: strips(incident, speak) },
    ...tableNames.map((name) => ({
      id: name,
      title: word(name),
      body: html`${about(name)}${answerTable(incident.tables[name], word(name), speak, 'heading')}`,
    })),
    { id: 'excluded', title: word('excluded'), body: excluded(incident.diagnosis.excluded, speak) },
    { id: 'seen', title: word('seen'), body: seen(incident, speak) },
  ];
}
