import { execFile } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isFailure } from '../../failure.ts';
import type { ToolOutcome } from '../../mcp/protocol.ts';
import { answerLine } from '../../mcp/protocol.ts';
import { databasePathToRead, openForReading } from '../../schema/open.ts';
import type { Global, Outcome, Typed } from '../command.ts';
import { defineCommand, text } from '../command.ts';
import { readDuration } from '../options/values.ts';

const options = { timeout: text('An answer may take so long', '20s') } as const;

/** An answer may be so large: whoever asks too much is told so, and can ask for less. */
const BYTES_MAX = 256 * 1024;

async function runMcp(typed: Global & Typed<typeof options>): Promise<Outcome> {
  const timeoutNs = readDuration('--timeout', typed.timeout ?? '20s', '1s', '10m');
  if (isFailure(timeoutNs)) return timeoutNs;
  const path = databasePathToRead(typed.db);
  const db = openForReading(path);
  if (isFailure(db)) return db;
  db.close();
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue;
    const reply = await answerLine(line, (words) => ask(path, words, timeoutNs / 1e6));
    if (reply) process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
  return 0;
}

/** Asks in a process of its own: a query that takes too long can be ended only so. */
function ask(path: string, words: readonly string[], timeoutMs: number): Promise<ToolOutcome> {
  const [name = '', ...rest] = words;
  const all = [process.argv[1] ?? '', name, `--db=${path}`, ...rest];
  return new Promise((resolve) => {
    const limits = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: BYTES_MAX } as const;
    const child = execFile(process.execPath, all, limits, (error, stdout, stderr) => {
      if (!error) resolve({ isOk: true, text: stdout });
      else resolve({ isOk: false, text: wrong(error, stderr, timeoutMs) });
    });
    child.stdin?.end();
  });
}

function wrong(error: Error, stderr: string, timeoutMs: number): string {
  if ('killed' in error && error.killed === true) {
    const isLarge = 'code' in error && error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER';
    return isLarge
      ? `The answer is larger than ${String(BYTES_MAX / 1024)} KiB: ask for fewer rows or a shorter window.`
      : `It took longer than ${String(timeoutMs / 1000)} s: ask for a shorter window.`;
  }
  return stderr.trim();
}

export const command = defineCommand({
  options,
  examples: [['$0 mcp --db incident.iotrace', 'Started by an assistant, which asks a snapshot']],
  epilogue: 'Read-only, with limits on rows, bytes and time: docs/mcp.md.',
  run: runMcp,
});
