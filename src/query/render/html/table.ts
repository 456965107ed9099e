import type { Answer, Cell } from '../../reports/incident/answer.ts';
import type { Html } from './html.ts';
import { html, nothing } from './html.ts';
import type { Speaker } from './speaker.ts';

/** Columns that `who` says already. */
const IN_WHO = ['namespace', 'pod', 'container', 'cgroup_path', 'limited_cgroup_path'];
/** So many rows are seen at first, when scripts run: the rest is a button away. Without scripts all are. */
const ROWS_AT_FIRST = 12;

type Column = { readonly name: string; readonly index: number; readonly isNumber: boolean };

/** Where a table's title stands: over it, or in the heading before it. */
export type Titled = 'above' | 'heading';

/** A table that can be sorted and filtered where scripts run, and read where they don't, with its query. */
export function answerTable(answer: Answer, title: string, speaker: Speaker, titled: Titled = 'above'): Html {
  const { rows, sql } = answer;
  const { word } = speaker;
  if (rows.length === 0) {
    return html`<p class="none">${titled === 'above' ? `${title}: ` : ''}${word('rows.none')}</p>
      ${query(sql, speaker)}`;
  }
  const columns = columnsOf(answer);
  return html`<div
    class="answer"
    data-first="${ROWS_AT_FIRST}"
    data-filter="${word('filter', { table: title })}"
    data-all="${word('show-all', { count: String(rows.length) })}"
  >
    ${tableOf(columns, rows, title, speaker, titled)} ${query(sql, speaker)}
  </div>`;
}

/** The same without what only long tables need. */
export function shortTable(answer: Omit<Answer, 'sql'>, title: string, speaker: Speaker): Html {
  return answer.rows.length === 0
    ? nothing
    : tableOf(columnsOf(answer), answer.rows, title, speaker, 'above');
}

export function query(sql: string, { word }: Pick<Speaker, 'word'>): Html {
  return html`<details class="sql">
    <summary>${word('sql')}</summary>
    <pre tabindex="0"><code>${sql}</code></pre>
  </details>`;
}

function columnsOf({ columns, rows }: Omit<Answer, 'sql'>): Column[] {
  const hasWho = columns.includes('who');
  return columns.flatMap((name, index) => {
    const isEmpty = rows.every((row) => row[index] == null);
    if (isEmpty || (hasWho && IN_WHO.includes(name))) return [];
    return [{ name, index, isNumber: rows.every((row) => typeof row[index] !== 'string') }];
  });
}

function tableOf(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  title: string,
  { voice }: Speaker,
  titled: Titled,
): Html {
  const head = columns.map(
    ({ name, isNumber }) =>
      html`<th scope="col" ${isNumber ? html` class="n"` : ''}>${voice.column(name)}</th>`,
  );
  const body = rows.map(
    (row) =>
      html`<tr>
        ${columns.map((column) => cell(column, row[column.index] ?? null, voice.value))}
      </tr> `,
  );
  return html`<div class="scroll" role="region" aria-label="${title}" tabindex="0"><table>
<caption${titled === 'heading' ? html` class="unseen"` : ''}>${title}</caption>
<thead><tr>${head}</tr></thead>
<tbody>${body}</tbody></table></div>`;
}

function cell({ name, isNumber }: Column, value: Cell, text: (name: string, value: Cell) => string): Html {
  const shown = text(name, value);
  if (!isNumber) return html`<td>${shown}</td>`;
  // What is shown has a unit; what is sorted by has none.
  return value === null
    ? html`<td class="n"></td>`
    : html`<td class="n" data-v="${Number(Number(value).toPrecision(6))}">${shown}</td>`;
}
