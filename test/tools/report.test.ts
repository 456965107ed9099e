import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { languages } from '../../src/query/findings/catalogue/catalogue.ts';
import { reportPage } from '../../src/query/render/html/page.ts';
import type { Incident } from '../../src/query/reports/incident/incident.ts';
import { incident } from '../../src/query/reports/incident/incident.ts';
import { temporaryFolder } from '../cli/run.ts';
import { hour, hourBefore, HOSTILE, recordHours } from '../query/report/hour.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const folder = temporaryFolder();
let browser: Browser;
let whole: Incident;

beforeAll(async () => {
  const db = recordHours(join(folder, 'hours.db'));
  const periods = { window: hour, baseline: hourBefore };
  whole = incident(db, { periods, container: undefined, isCompared: true });
  db.close();
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

type Sight = NonNullable<Parameters<Browser['newPage']>[0]>;

/** The page as somebody opens it from a mail, and everything it complained about or asked for. */
async function open(sight: Sight = {}, language: (typeof languages)[number] = 'en') {
  const path = join(folder, `${language}.html`);
  writeFileSync(path, reportPage(whole, language));
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...sight });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => complaints.push(`dialog ${dialog.message()}`));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(`file://${path}`);
  return { page, complaints, requests, url: `file://${path}` };
}

/** What axe finds wrong, in a line each. */
async function violations(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(
    `(async () => { ${axe}; const { violations } = await axe.run(document, { resultTypes: ['violations'] });
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200))); })()`,
  );
}

test('an hour of 100 containers with the hour before is less than a megabyte', () => {
  expect(Buffer.byteLength(reportPage(whole, 'en'))).toBeLessThan(1_000_000);
});

describe.each(languages)('in %s', (language) => {
  test.each([
    ['on a desk', { viewport: { width: 1280, height: 900 } }],
    ['in the dark', { colorScheme: 'dark' }],
    ['on a phone', { viewport: { width: 360, height: 700 } }],
    ['without scripts', { javaScriptEnabled: false }],
  ] as const)('%s axe finds nothing wrong, and nothing is fetched', async (_, sight) => {
    const { page, complaints, requests, url } = await open(sight, language);
    if (!('javaScriptEnabled' in sight)) expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([url]);
    await page.close();
  });
});

test('nothing is wider than a narrow phone', async () => {
  const { page } = await open({ viewport: { width: 320, height: 700 } });
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
  await page.close();
});

test('a name is text, whatever it is', async () => {
  const { page } = await open();
  expect(await page.locator('main img').count()).toBe(0);
  const name = HOSTILE.replace('\u202e', String.raw`\u202e`);
  expect(await page.getByText(name).count()).toBeGreaterThan(1);
  await page.close();
});

describe('the table of who did what', () => {
  const rows = '#who ~ .answer tbody tr:not([hidden])';
  const first = `${rows} >> nth=0 >> td`;

  test('shows twelve rows, then all', async () => {
    const { page } = await open();
    expect(await page.locator(rows).count()).toBe(12);
    await page.locator('#who ~ .answer .more').click();
    expect(await page.locator(rows).count()).toBe(200);
    await page.close();
  });

  test('is whole without scripts', async () => {
    const { page } = await open({ javaScriptEnabled: false });
    expect(await page.locator(rows).count()).toBe(200);
    await page.close();
  });

  test('is sorted by a key press on a heading, by value and not by text', async () => {
    const { page } = await open();
    await page.locator('#who ~ .answer th button', { hasText: 'max' }).focus();
    await page.keyboard.press('Enter');
    const cells = await page.locator(`${rows} td:last-child`).all();
    const shown = await Promise.all(cells.map(async (cell) => Number(await cell.getAttribute('data-v'))));
    expect(shown).toEqual(shown.toSorted((a, b) => b - a));
    expect(await page.locator('#who ~ .answer th[aria-sort=descending]').innerText()).toContain('max');
    await page.close();
  });

  test('is filtered by what is typed', async () => {
    const { page } = await open();
    await page.locator('#who ~ .answer input').fill('mailer-7/');
    expect(await page.locator(first).first().innerText()).toBe('shop/mailer-7/mailer-0');
    expect(await page.locator(rows).count()).toBe(2);
    await page.close();
  });
});

test('it can be printed', async () => {
  const { page } = await open();
  const pdf = await page.pdf();
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  await page.close();
});
