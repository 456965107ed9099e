// What a report can do beyond being read: sort and filter its tables, and show one moment in all figures.
'use strict';

for (const answer of document.querySelectorAll('.answer')) {
  const table = answer.querySelector('table');
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const first = Number(answer.dataset.first);
  let isWhole = rows.length <= first;
  let wanted = '';

  const show = () => {
    let shown = 0;
    for (const row of body.rows) {
      const isWanted = wanted === '' || row.textContent.toLowerCase().includes(wanted);
      row.hidden = !isWanted || (!isWhole && wanted === '' && shown >= first);
      if (!row.hidden) shown += 1;
    }
  };

  const valueOf = (row, index) => {
    const cell = row.cells[index];
    return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
  };
  const compare = (a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    if (a === '' || b === '') return a === b ? 0 : a === '' ? -1 : 1;
    return String(a).localeCompare(String(b), undefined, { numeric: true });
  };
  [...table.tHead.rows[0].cells].forEach((head, index) => {
    if (rows.length < 2) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const isNumber = head.classList.contains('n');
      const now = head.getAttribute('aria-sort');
      const order =
        now === null
          ? isNumber
            ? 'descending'
            : 'ascending'
          : now === 'ascending'
            ? 'descending'
            : 'ascending';
      for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', order);
      const sign = order === 'ascending' ? 1 : -1;
      body.append(...rows.toSorted((a, b) => sign * compare(valueOf(a, index), valueOf(b, index))));
      show();
    });
  });

  if (isWhole) continue;
  const input = document.createElement('input');
  input.type = 'search';
  input.placeholder = answer.dataset.filter;
  input.setAttribute('aria-label', answer.dataset.filter);
  input.addEventListener('input', () => {
    wanted = input.value.trim().toLowerCase();
    show();
  });
  answer.prepend(input);
  const more = document.createElement('button');
  more.type = 'button';
  more.className = 'more';
  more.textContent = answer.dataset.all;
  more.addEventListener('click', () => {
    isWhole = true;
    more.remove();
    show();
  });
  answer.querySelector('.scroll').after(more);
  show();
  // Paper has no buttons.
  addEventListener('beforeprint', () => {
    isWhole = true;
    more.remove();
    show();
  });
}

const plots = [...document.querySelectorAll('.plot:not(.past)')];
const cursors = plots.map((plot) => {
  const cursor = document.createElement('div');
  cursor.className = 'cursor';
  cursor.hidden = true;
  plot.append(cursor);
  return cursor;
});
for (const plot of plots) {
  plot.addEventListener('pointermove', (event) => {
    const box = plot.getBoundingClientRect();
    const at = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    for (const cursor of cursors) {
      cursor.style.left = `${(100 * at).toFixed(2)}%`;
      cursor.hidden = false;
    }
  });
  plot.addEventListener('pointerleave', () => {
    for (const cursor of cursors) cursor.hidden = true;
  });
}
