import { once } from 'node:events';
import { wrap } from '../query/render/text.ts';
import type { Screen } from '../query/render/table.ts';

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

/** Writes the pieces to stdout as fast as its reader takes them. */
export async function print(pieces: Iterable<string>): Promise<void> {
  let pending = '';
  for (const piece of pieces) {
    pending += piece;
    if (pending.length < PIECE_CHARACTERS) continue;
    if (!process.stdout.write(pending)) await once(process.stdout, 'drain');
    pending = '';
  }
  process.stdout.write(pending);
}

/** For what is no part of the answer. */
export function printToStderr(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`);
}

/** The same, broken between words on a terminal. */
export function printToStderrWrapped(lines: readonly string[]): void {
  const width = process.stderr.isTTY ? process.stderr.columns : undefined;
  printToStderr(lines.flatMap((line) => wrap(line, width)));
}

/** Tables on a terminal fit its width and have colour; elsewhere they are whole and plain. */
export function outputScreen(): Screen {
  if (!process.stdout.isTTY) return { width: undefined, colour: false };
  return { width: process.stdout.columns, colour: process.env['NO_COLOR'] === undefined };
}

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
