import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demo } from '../query/demo.ts';
import { cliPath, temporaryFolder } from './run.ts';

const folder = temporaryFolder();
const path = join(folder, 'demo.db');
const pidFile = join(folder, 'pid');

beforeAll(() => {
  demo(path).db.close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';

/** Runs `top --live` on a terminal of 30 rows and does something once the first picture is there. */
function onTerminal(
  words: string,
  act: (keyboard: NodeJS.WritableStream, pid: number) => void,
  columns = 100,
) {
  const command = `stty cols ${String(columns)} rows 30; echo $$ > '${pidFile}'; exec '${process.execPath}' '${cliPath}' ${words} --db '${path}'`;
  const terminal = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { PATH: process.env['PATH'], SHELL: '/bin/sh', TERM: 'xterm', TZ: 'UTC' },
  });
  return new Promise<{ code: number | null; shown: string }>((resolve) => {
    let shown = '';
    let hasActed = false;
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      if (hasActed || !shown.includes('q quits')) return;
      hasActed = true;
      act(terminal.stdin, Number(readFileSync(pidFile, 'utf8')));
    });
    terminal.on('close', (code) => {
      resolve({ code, shown });
    });
  });
}

test.each([
  ['q', (keyboard: NodeJS.WritableStream) => keyboard.write('q')],
  ['Ctrl-C', (keyboard: NodeJS.WritableStream) => keyboard.write('\u0003')],
  ['SIGTERM', (_: NodeJS.WritableStream, pid: number) => process.kill(pid, 'SIGTERM')],
])('shows the totals until %s, and leaves the terminal as it was', async (_, act) => {
  const { code, shown } = await onTerminal('top --live --since 36000d', act);
  expect(code).toBe(0);
  expect(shown.startsWith(ENTER)).toBe(true);
  expect(shown).toContain('9f8c6b5-x2k4q/api');
  expect(shown.endsWith(LEAVE)).toBe(true);
});

const quit = (keyboard: NodeJS.WritableStream) => {
  keyboard.write('q');
};

/** The lines of the last picture, without colours. */
const pictureOf = (shown: string): string[] =>
  shown
    .slice(shown.lastIndexOf('\u001b[H') + 3, shown.lastIndexOf(LEAVE))
    .replaceAll(/\u001b\[[\d;]*[A-Za-z]/gu, '')
    .split(/\r*\n/u);

test.each([24, 40, 50, 80, 200])('no line is longer than a terminal of %d columns', async (columns) => {
  const { shown } = await onTerminal('top --live --since 36000d', quit, columns);
  const lines = pictureOf(shown);
  expect(lines).toHaveLength(30);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
});

test('a number is shown whole or not at all', async () => {
  const { shown } = await onTerminal('top --live --since 36000d', quit, 50);
  expect(pictureOf(shown)[2]).toBe('container     op           ops/s      p99      max');
});

test('shows rates, and that the recording has ended', async () => {
  const { shown } = await onTerminal('top --live', quit, 200);
  const [title, , head, first] = pictureOf(shown);
  expect(title).toMatch(
    /^iotrace top by container, per second over 1 min, the recording ended at 12:10:00 UTC, \d.* ago$/u,
  );
  expect(head?.split(/ +/u)).toEqual([
    'container',
    'op',
    'ops/s',
    'errors',
    'size/s',
    'latency/s',
    'p50',
    'p95',
    'p99',
    'max',
  ]);
  // 21 syncs of 230 ms in all, in 15 seconds.
  expect(first).toMatch(/api +fsync +1\.40 +0 +- +15\.3 ms/u);
});

test('a recording that breaks meanwhile is explained on a terminal as it was', async () => {
  const { code, shown } = await onTerminal('top --live --since 36000d', () => {
    const writer = demo(path);
    writer.db.exec('DROP VIEW spans');
    writer.db.close();
  });
  expect(code).toBe(1);
  expect(shown).toContain(`${LEAVE}iotrace: ${path} lacks what this iotrace asks for (no such table: spans)`);
});
