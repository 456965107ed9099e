import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Screen } from '../query/render/table.ts';
import { wrap } from '../query/render/text.ts';
import { openPager, pagerCommand } from './pager.ts';

type OutputSettings = {
  /** Nothing but the answer and errors. */
  readonly isQuiet: boolean;
  /** An answer longer than the terminal may go to a pager. */
  readonly mayPage: boolean;
};

let settings: OutputSettings = { isQuiet: false, mayPage: false };

/** Once, before the command runs. */
export function configureOutput(chosen: OutputSettings): void {
  settings = chosen;
}

/** `| head` closes our output early: that is its right, and no failure. */
export function endQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    process.stderr.write(`iotrace: writing the output failed: ${error.message}\n`);
    process.exit(1);
  });
  // Nobody is left to read it.
  process.stderr.on('error', () => undefined);
}

const PIECE_CHARACTERS = 65_536;

/** Writes an answer to stdout as fast as its reader takes it; on a terminal, a long one through a pager. */
export async function print(pieces: Iterable<string>, mayPage = settings.mayPage): Promise<void> {
  const command = mayPage && canPage() ? pagerCommand(process.env) : undefined;
  const iterator = pieces[Symbol.iterator]();
  if (command === undefined) {
    await pour(iterator, '', process.stdout);
    return;
  }
  const { text, isWhole } = takeScreen(iterator, process.stdout.rows);
  if (isWhole) await pour(iterator, text, process.stdout);
  else {
    const pager = openPager(command);
    await pour(iterator, text, pager.input);
    pager.input.end();
    await pager.closed;
  }
}

const canPage = (): boolean => isCapable(process.stdout) && process.stdin.isTTY;

/** A terminal that can do more than print line after line. */
export function isCapable(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && process.env['TERM'] !== 'dumb';
}

/** As much as a screen of so many rows has room for, and whether that was all. */
function takeScreen(pieces: Iterator<string>, rows: number): { text: string; isWhole: boolean } {
  let text = '';
  let lineCount = 0;
  for (let next = pieces.next(); next.done !== true; next = pieces.next()) {
    text += next.value;
    lineCount += next.value.split('\n').length - 1;
    // The prompt of the shell takes a line.
    if (lineCount >= rows) return { text, isWhole: false };
  }
  return { text, isWhole: true };
}

async function pour(pieces: Iterator<string>, first: string, to: Writable): Promise<void> {
  let pending = first;
  for (let next = pieces.next(); next.done !== true; next = pieces.next()) {
    pending += next.value;
    if (pending.length < PIECE_CHARACTERS) continue;
    if (to.destroyed) return;
    if (!to.write(pending)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
    pending = '';
  }
  if (!to.destroyed) to.write(pending);
}

/** Errors, and what was asked for beside the answer. */
export function printToStderr(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`);
}

/** What is no part of the answer and may be left out; broken between words on a terminal. */
export function printNotes(lines: readonly string[]): void {
  if (settings.isQuiet) return;
  const width = process.stderr.isTTY ? process.stderr.columns : undefined;
  printToStderr(lines.flatMap((line) => wrap(line, width)));
}

/** Notes as the last lines of an answer for people. */
export function notesAsText(lines: readonly string[]): string {
  if (settings.isQuiet) return '';
  const { width } = outputScreen();
  return lines
    .flatMap((line) => wrap(line, width))
    .map((line) => `${line}\n`)
    .join('');
}

/** Whether progress may be shown: one line of the terminal, written over and over. */
export const mayShowProgress = (): boolean => !settings.isQuiet && isCapable(process.stderr);

/** Tables on a terminal fit its width and have colour; elsewhere they are whole and plain. */
export function outputScreen(): Screen {
  if (!process.stdout.isTTY) return { width: undefined, colour: false };
  return { width: process.stdout.columns, colour: hasColour() };
}

/** https://no-color.org: any value but an empty one. */
export const hasColour = (): boolean => isCapable(process.stdout) && !process.env['NO_COLOR'];

/** Aborted by the first SIGINT, SIGTERM or SIGHUP; later ones change nothing. */
export function untilSignal(onAgain: () => void = () => undefined): AbortController {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) onAgain();
      else controller.abort();
    });
  }
  return controller;
}
