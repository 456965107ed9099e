import type { Diagnosis, Excluded, Ranked } from '../../findings/diagnose.ts';
import type { Evidence } from '../../findings/evidence.ts';
import { explains, headline } from '../../findings/headline.ts';
import type { Mitigation } from '../../findings/finding.ts';
import { settingOf } from '../../findings/playbook.ts';
import type { Incident } from '../../reports/incident/incident.ts';
import { shown } from '../diagnosis/evidence.ts';
import { mostlySentences, rankSentence, sureKey, whenSentences } from '../diagnosis/parts.ts';
import type { Html } from './html.ts';
import { html, nothing } from './html.ts';
import type { Speaker } from './speaker.ts';
import { answerTable, query } from './table.ts';

/** What is wrong, in the few sentences somebody reads who reads no more. */
export function answer({ diagnosis }: Incident, { voice, word }: Speaker): Html {
  const [first] = diagnosis.findings;
  const [mitigation] = first?.mitigations ?? [];
  return html`<p class="headline">${withTimes(voice.join(headline(diagnosis)))}</p>
    <dl class="brief">
      ${
        first === undefined
          ? nothing
          : html`<div>
              <dt>${word(explains(first) ? 'cause' : 'found')}</dt>
              <dd>
                ${voice.join([first.sentence, ...mostlySentences(first)])}${voice.aside([sureKey(first)])}
              </dd>
            </div>`
      }${
        mitigation === undefined
          ? nothing
          : html`<div>
              <dt>${word('do')}</dt>
              <dd>${voice.word(`do.${mitigation.id}`)}</dd>
            </div>`
      }
    </dl>
    <p class="when">${withTimes(voice.join(whenSentences(diagnosis)))}</p>`;
}

/** A time is not broken at its hyphens. */
function withTimes(text: string): Html[] {
  const parts = text.split(/(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)/u);
  return parts.map((part, index) => (index % 2 === 1 ? html`<time>${part}</time>` : html`${part}`));
}

/** Each finding with its evidence and what to do about it; then where the waiting went. */
export function findings({ diagnosis }: Incident, speaker: Speaker): Html {
  const { word } = speaker;
  if (diagnosis.findings.length === 0) return html`<p class="none">${word('findings.none')}</p>`;
  return html`${diagnosis.findings.map((each, index) => finding(each, index + 1, speaker))}
    <div>${waits(diagnosis).map((each) => evidence(each, speaker))}</div>`;
}

/** How much worse it got for whom, and where the waiting went, as far as no finding has shown it. */
function waits({ findings: found, victim, waiting }: Diagnosis): Evidence[] {
  const shownAlready = new Set(found.flatMap(({ evidence: proofs }) => proofs.map(({ sql }) => sql)));
  return victim === undefined ? [] : [victim.evidence, waiting].filter(({ sql }) => !shownAlready.has(sql));
}

function finding(found: Ranked, number: number, speaker: Speaker): Html {
  const { voice, word } = speaker;
  const { rule, severity, sentence, confidence, alsoChecked } = found;
  const checked = voice.join(alsoChecked.map((each) => each.sentence));
  return html`<article class="finding ${severity}" aria-labelledby="finding-${number}">
    <h3 id="finding-${number}">
      <span class="number">${number}</span> ${voice.word(`rule.${rule}`)}
      <span class="tag">${voice.word(`severity.${severity}`)}</span>
      <span class="tag quiet">${voice.word(sureKey(found))}</span>
    </h3>
    <p class="says">${voice.say(sentence)}</p>
    <div>${found.evidence.map((each) => evidence(each, speaker))}</div>
    <dl class="notes">
      <div>
        <dt>${word('sure')}</dt>
        <dd>${voice.list(confidence.reasons)}</dd>
      </div>
      <div>
        <dt>${word('rank')}</dt>
        <dd>${voice.say(rankSentence(found, voice))}</dd>
      </div>
      ${
        checked === ''
          ? nothing
          : html`<div>
              <dt>${word('checked')}</dt>
              <dd>${checked}</dd>
            </div>`
      }
    </dl>
    ${found.mitigations.map((each) => mitigation(each, speaker))}
  </article> `;
}

function mitigation({ id, values }: Mitigation, { voice, word }: Speaker): Html {
  const setting = settingOf(id, values);
  return html`<section class="do">
    <h4><span>${word('do')}</span> ${voice.word(`do.${id}`)}</h4>
    <p><b>${word('gain')}</b> ${voice.word(`gain.${id}`)}</p>
    <p><b>${word('risk')}</b> ${voice.word(`risk.${id}`)}</p>
    ${setting === null ? nothing : html`<pre tabindex="0"><code>${setting}</code></pre>`}
  </section> `;
}

/** A comparison of two periods is a table of its own kind; anything else a table like the others. */
function evidence(proof: Evidence, speaker: Speaker): Html {
  const title = speaker.voice.say(proof.title);
  const { names, titles, rows } = shown(proof, speaker.voice);
  if (rows.length === 0 || names[0] !== 'measure') return answerTable(proof, title, speaker);
  const cells = (row: readonly string[]): Html[] =>
    row.slice(1).map((cell) => html`<td class="n">${cell}</td>`);
  return html`<div class="scroll" role="region" aria-label="${title}" tabindex="0">
      <table class="compare">
        <caption>
          ${title}
        </caption>
        <thead>
          <tr>
            <td></td>
            ${titles.slice(1).map((each) => html`<th scope="col" class="n">${each}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr>
                <th scope="row">${row[0]}</th>
                ${cells(row)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${query(proof.sql, speaker)}`;
}

/** What was looked at and is not the cause. */
export function excluded(list: readonly Excluded[], speaker: Speaker): Html {
  const { voice } = speaker;
  return html`<dl class="notes">
    ${list.map(
      ({ rule, sentence, sql }) =>
        html`<div>
          <dt>${voice.word(`rule.${rule}`)}</dt>
          <dd>${voice.say(sentence)}${query(sql, speaker)}</dd>
        </div>`,
    )}
  </dl>`;
}
