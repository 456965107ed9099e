import { createHash } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { areaPaths, decades, heatPaths } from '../../../src/query/render/html/figure.ts';
import { html } from '../../../src/query/render/html/html.ts';
import { reportPage } from '../../../src/query/render/html/page.ts';
import { ask } from '../../../src/query/reports/incident/answer.ts';
import { heats, levelNs } from '../../../src/query/reports/incident/heat.ts';
import type { Incident } from '../../../src/query/reports/incident/incident.ts';
import { incident } from '../../../src/query/reports/incident/incident.ts';
import { wallUs } from '../../../src/schema/units.ts';
import { hour, hourBefore, recordHours } from './hour.ts';

const db = recordHours(':memory:', 8);
afterAll(() => db.close());
const periods = { window: hour, baseline: hourBefore };
const whole = incident(db, { periods, container: undefined, isCompared: true });
const page = reportPage(whole, 'en');

test('markup is made of text whatever the text is', () => {
  const name = `<b>"x" & 'y'\u202e`;
  expect(html`<p title="${name}">${[name, 3, undefined]}</p>`.markup).toBe(
    '<p title="&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;\\u202e">&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;\\u202e3</p>',
  );
});

test('a heatmap has a path for each shade, and a line for each run of equal cells', () => {
  const cells = [0, 1, 2, 5].map((slot) => ({ slot, level: 40, op_count: slot === 2 ? 100 : 1 }));
  expect(heatPaths(cells, { from: 38, to: 42 }, 100).map(({ markup }) => markup)).toEqual([
    '<path class="h1" d="M0 1.5h2M5 1.5h1" />',
    '<path class="h6" d="M2 1.5h1" />',
  ]);
});

test('decades are where their latency is', () => {
  // Levels 39 to 47: 786 µs to 12.6 ms.
  const marks = decades({ from: 39, to: 47 });
  expect(marks.map(({ text }) => text)).toEqual(['1 ms', '10 ms']);
  expect(levelNs(39)).toBe(786_432);
  const [at = 0] = marks.map(({ at }) => at);
  expect(at).toBeCloseTo((47 - 2 * (19 + (1e6 / 2 ** 19 - 1))) / 8, 9);
});

test('an area is broken where nothing was recorded', () => {
  expect(areaPaths([1, null, 4], 4)).toEqual({
    area: 'M0 0V25H1V0ZM2 0V100H3V0Z',
    line: 'M0 25V25H1M2 100V100H3',
  });
});

describe('of an hour of eight containers', () => {
  test('the heatmaps hold every operation of the window', () => {
    const counted = heats(whole.figures.heats).reduce((sum, { op_count }) => sum + op_count, 0);
    const recorded = db
      .prepare<[number, number], number>(
        `SELECT sum(op_count) FROM operations WHERE op IN ('fsync', 'read') AND ended_us > ? AND ended_us <= ?`,
      )
      .pluck()
      .get(hour.fromUs, hour.toUs);
    expect(counted).toBe(recorded);
    expect(counted).toBeGreaterThan(100_000);
  });

  test('a slot is a minute, and the last cells are in the last', () => {
    expect(whole.figures.slots).toEqual({ fromUs: hour.fromUs, widthUs: 60e6, count: 60 });
    const slots = heats(whole.figures.heats).flatMap(({ cells }) => cells.map(({ slot }) => slot));
    expect([Math.min(...slots), Math.max(...slots)]).toEqual([0, 59]);
  });

  test('percentiles are those of `top`: here the storm of one container', () => {
    const { columns, rows } = whole.tables.who;
    const [first = []] = rows;
    const at = (name: string) => first[columns.indexOf(name)];
    expect([at('who'), at('op')]).toEqual(['shop/mailer-7/mailer-0', 'fsync']);
    expect(at('latency_ns_p99')).toBe(230_686_720);
    expect(at('before_latency_ns_p99')).toBe(34_603_008);
  });

  test('every query that is printed gives what is printed beside it', () => {
    const answers = [...Object.values(whole.tables), ...figuresOf(whole), whole.sessions];
    for (const answer of answers) expect(ask(db, answer.sql)).toEqual(answer);
  });

  test('what happened at single moments is listed', () => {
    const { columns, rows } = whole.tables.events;
    const kinds = rows.map((row) => row[columns.indexOf('event')]);
    expect(kinds).toEqual(['copy_up', 'copy_up', 'copy_up', 'copy_up', 'kernel_log']);
  });

  test('the finding comes before the figures', () => {
    expect(page.indexOf('fsync storm')).toBeGreaterThan(0);
    expect(page.indexOf('fsync storm')).toBeLessThan(page.indexOf('<svg'));
  });
});

const figuresOf = ({ figures }: Incident) => [
  figures.heats,
  figures.disk_heats,
  figures.rates,
  figures.bytes,
  figures.disks,
  figures.host,
];

describe('the page', () => {
  test('runs the script and has the style its policy names, and may do nothing else', () => {
    const policy = /Content-Security-Policy" content="([^"]+)"/u.exec(page)?.[1];
    const hash = (element: string) => {
      const [, text = ''] = new RegExp(`<${element}>([^]*?)</${element}>`, 'u').exec(page) ?? [];
      return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    };
    expect(policy).toBe(
      `default-src 'none'; style-src ${hash('style')}; script-src ${hash('script')}; base-uri 'none'; form-action 'self'`,
    );
  });

  test('names no other place', () => {
    expect(page).not.toMatch(/(?:src|href)="(?!#)/u);
    expect(page).not.toMatch(/url\(|@import|style="|\son\w+="/u);
  });

  test('has no element that a name brought', () => {
    expect(page).not.toContain('<img');
    expect(page.match(/<script/gu)).toHaveLength(1);
    expect(page).not.toContain('\u202e');
  });

  test('is of the language it says it is', () => {
    const chinese = reportPage(whole, 'zh');
    expect(chinese).toContain('<html lang="zh-Hans">');
    expect(chinese).toContain('延迟随时间的分布');
  });
});

test('a window in which nothing was recorded says so', () => {
  const window = { fromUs: wallUs(1e15), toUs: wallUs(1e15 + 60e6) };
  const baseline = { fromUs: wallUs(1e15 - 60e6), toUs: window.fromUs };
  const empty = incident(db, { periods: { window, baseline }, container: undefined, isCompared: true });
  expect(reportPage(empty, 'en')).toContain('No operation ended in this window.');
});

test('of one container only its own operations are shown', () => {
  const own = incident(db, { periods, container: 'mailer-0', isCompared: false });
  const names = new Set(heats(own.figures.heats).map(({ name }) => name));
  expect([...names]).toEqual(['shop/mailer-7/mailer-0']);
  expect(own.tables.slowest.rows.every((row) => row.includes('shop/mailer-7/mailer-0'))).toBe(true);
});
