import type { CoverageRow } from '../../reports/coverage.ts';
import type { Incident } from '../../reports/incident/incident.ts';
import { unknownSentences } from '../diagnosis/parts.ts';
import type { Html } from './html.ts';
import { html, nothing } from './html.ts';
import type { Speaker } from './speaker.ts';
import { query, shortTable } from './table.ts';

/** How far the page can be trusted: what the probes could not see, what was lost, and who recorded. */
export function seen({ diagnosis, sessions }: Incident, speaker: Speaker): Html {
  const { voice, word } = speaker;
  const { gaps, losses, shed } = diagnosis.coverage;
  const unknown = unknownSentences(diagnosis, voice);
  const isAll = gaps.length === 0 && losses.length === 0 && unknown.length === 0;
  return html`${isAll ? html`<p>${word('seen.all')}</p>` : nothing}
  ${
    unknown.length === 0
      ? nothing
      : html`<ul>
          ${unknown.map((sentence) => html`<li>${voice.say(sentence)}</li>`)}
        </ul>`
  }
  ${shed === undefined ? nothing : html`<p>${shed}</p>`} ${shortTable(gapsTable(gaps), word('gaps'), speaker)}
  ${shortTable({ columns: ['kind', 'lost_count'], rows: losses.map(({ kind, lost_count }) => [kind, lost_count]) }, word('losses'), speaker)}
  ${shortTable(sessions, word('sessions'), speaker)}${query(sessions.sql, speaker)}`;
}

const gapsTable = (gaps: readonly CoverageRow[]) => ({
  columns: ['probe', 'subject', 'state', 'reason', 'fix'],
  rows: gaps.map(({ probe, subject, state, reason, fix }) => [probe, subject, state, reason, fix]),
});
