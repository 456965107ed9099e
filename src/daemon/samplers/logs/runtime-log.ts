import { execFile } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { errorCode } from '../../../failure.ts';
import { asObject, parseJson } from '../../../json.ts';
import { wallUs } from '../../../schema/units.ts';
import type { WallUs } from '../../../schema/units.ts';
import type { Problem } from '../problem.ts';
import type { Sampler } from '../sampler.ts';
import { defineTable } from '../table.ts';
import type { SampledRow } from '../table.ts';
import { ENVIRONMENT, findProgram } from '../../children.ts';
import type { Mounts } from '../../lookups/mounts.ts';
import { leadsAbroad } from '../../lookups/resolve-path.ts';

const runtimeMessage = defineTable({
  name: 'runtime_message',
  keys: ['session_id'],
  columns: ['logged_us', 'unit', 'level', 'message'],
});

/** A warning or error of a container runtime. */
export type RuntimeMessage = {
  readonly logged_us: WallUs;
  readonly unit: string;
  readonly level: string;
  readonly message: string;
};

const rowOf = (message: RuntimeMessage): SampledRow => runtimeMessage.row({}, message);

const UNITS = ['containerd', 'kubelet', 'docker', 'crio'] as const;
/** Where containerd logs to without systemd. */
const LOG_FILES: readonly string[] = [
  '/var/log/containerd.log',
  '/var/log/containerd/containerd.log',
  '/var/log/docker.log',
];
const LINES_PER_ROUND = 500;
const TAIL_BYTES = 256 * 1024;
const PATIENCE_MS = 20_000;

/** Warnings and errors of container runtimes: from journald where it runs, else from their log files. */
export function createRuntimeLog(mounts: Mounts, files: readonly string[] = LOG_FILES): Sampler {
  if (existsSync('/run/systemd/journal/socket')) return createJournal();
  const present = files.filter((file) => !leadsAbroad(mounts, file) && existsSync(file));
  return present.length > 0 ? createFiles(mounts, present) : { everyMs: 3_600_000, sample: () => nowhere };
}

const ABROAD = 'it is on a file system that may never answer';

const nowhere = {
  rows: [],
  problems: [
    {
      subject: 'runtime log',
      state: 'missing' as const,
      reason: `neither journald nor ${LOG_FILES.join(', ')} is there`,
      fix: null,
    },
  ],
};

/** journalctl runs beside us: what it finds is taken at the next round. */
function createJournal(): Sampler {
  let rows: SampledRow[] = [];
  let problems: Problem[] = [];
  let cursor: string | undefined;
  let child: ChildProcess | undefined;
  const start = (since: WallUs): void => {
    const from =
      cursor === undefined ? [`--since=@${String(Math.floor(since / 1e6))}`] : [`--after-cursor=${cursor}`];
    const units = UNITS.map((unit) => `--unit=${unit}`);
    const fields = '--output-fields=MESSAGE,PRIORITY,_SYSTEMD_UNIT,__REALTIME_TIMESTAMP,__CURSOR';
    const words = [
      '--no-pager',
      '--quiet',
      '--output=json',
      fields,
      `--lines=${String(LINES_PER_ROUND)}`,
      ...units,
      ...from,
    ];
    const found = findProgram('journalctl');
    if ('refused' in found) {
      problems = [journalProblem(found.refused)];
      return;
    }
    const limits = { timeout: PATIENCE_MS, maxBuffer: 16 * 1024 * 1024, env: ENVIRONMENT };
    child = execFile(found.path, words, limits, (error, stdout) => {
      child = undefined;
      problems = error ? [journalProblem(error.message)] : [];
      const lines = stdout.split('\n').flatMap((line) => parseJournal(line) ?? []);
      cursor = lines.at(-1)?.cursor ?? cursor;
      rows = [...rows, ...lines.flatMap(({ found }) => (found ? rowOf(found) : []))];
    });
  };
  return {
    everyMs: 60_000,
    sample({ wallUs: now }) {
      const found = rows;
      rows = [];
      if (!child) start(now);
      return { rows: found, problems };
    },
    close() {
      child?.kill();
    },
  };
}

function journalProblem(seen: string): Problem {
  const reason = `journalctl failed: ${seen.split('\n')[0] ?? ''}`;
  return { subject: 'runtime log', state: 'missing', reason, fix: null };
}

/** A line of `journalctl --output=json`; `found` is missing where it is no warning. */
export function parseJournal(line: string): { cursor: string; found?: RuntimeMessage } | undefined {
  const entry = asObject(parseJson(line));
  const [cursor, message, unit] = ['__CURSOR', 'MESSAGE', '_SYSTEMD_UNIT'].map((name) => entry?.[name]);
  const logged = Number(entry?.['__REALTIME_TIMESTAMP']);
  if (typeof cursor !== 'string' || typeof message !== 'string' || Number.isNaN(logged)) return undefined;
  const { level, text } = readLogLine(message) ?? {
    level: levelOf(Number(entry?.['PRIORITY'])),
    text: message,
  };
  if (level === undefined) return { cursor };
  const name = typeof unit === 'string' ? unit.replace(/\.service$/u, '') : 'unknown';
  return {
    cursor,
    found: { logged_us: wallUs(logged), unit: name, level, message: text },
  };
}

/** syslog(3) priorities. */
function levelOf(priority: number): string | undefined {
  if (priority <= 2) return 'fatal';
  if (priority === 3) return 'error';
  return priority === 4 ? 'warning' : undefined;
}

const LEVELS: Readonly<Record<string, string | undefined>> = {
  warning: 'warning',
  warn: 'warning',
  error: 'error',
  fatal: 'fatal',
  panic: 'fatal',
  W: 'warning',
  E: 'error',
  F: 'fatal',
};

/**
 * A line as containerd and Docker write it (`time="…" level=error msg="…" …`) or the kubelet
 * (`E1122 12:30:00.000000 …`). `undefined`: neither form; a `level` of `undefined`: no warning.
 */
export function readLogLine(
  line: string,
): { level: string | undefined; text: string; loggedUs?: WallUs } | undefined {
  const [, time, level, rest] = /^time="?([^" ]+)"? level=(\w+) (.*)$/su.exec(line) ?? [];
  if (level !== undefined && rest !== undefined) {
    const ms = Date.parse(time ?? '');
    return { level: LEVELS[level], text: rest, ...(Number.isNaN(ms) ? {} : { loggedUs: wallUs(ms * 1000) }) };
  }
  const [, letter, text] = /^([IWEF])\d{4} [\d:.]+ +\d+ (.*)$/su.exec(line) ?? [];
  return letter === undefined || text === undefined ? undefined : { level: LEVELS[letter], text };
}

type Tail = { readonly path: string; offset: number };

function createFiles(mounts: Mounts, paths: readonly string[]): Sampler {
  const tails = paths.map((path): Tail => ({ path, offset: -1 }));
  return {
    everyMs: 30_000,
    sample({ wallUs: now }) {
      const rows: SampledRow[] = [];
      const problems: Problem[] = [];
      for (const tail of tails) {
        if (leadsAbroad(mounts, tail.path)) {
          problems.push({ subject: tail.path, state: 'missing', reason: ABROAD, fix: null });
          continue;
        }
        try {
          for (const line of newLines(tail)) {
            const found = messageOf(tail.path, line, now);
            if (found) rows.push(rowOf(found));
          }
        } catch (error) {
          const reason = `reading it failed with ${errorCode(error)}`;
          problems.push({ subject: tail.path, state: 'missing', reason, fix: null });
        }
      }
      return { rows, problems };
    },
  };
}

function messageOf(path: string, line: string, now: WallUs): RuntimeMessage | undefined {
  const read = readLogLine(line);
  if (read?.level === undefined) return undefined;
  const unit = path.includes('docker') ? 'docker' : 'containerd';
  return {
    logged_us: read.loggedUs ?? now,
    unit,
    level: read.level,
    message: read.text,
  };
}

/** The whole lines written since the last look, the latest 256 KiB of them; none at the first. */
function newLines(tail: Tail): string[] {
  const descriptor = openSync(tail.path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    // A shorter file is a new one.
    const start = tail.offset < 0 ? size : tail.offset > size ? 0 : Math.max(tail.offset, size - TAIL_BYTES);
    const buffer = Buffer.alloc(size - start);
    const length = readSync(descriptor, buffer, 0, buffer.length, start);
    const text = buffer.toString('utf8', 0, length);
    const end = text.lastIndexOf('\n') + 1;
    tail.offset = start + Buffer.byteLength(text.slice(0, end));
    return text.slice(0, end).split('\n').filter(Boolean).slice(-LINES_PER_ROUND);
  } finally {
    closeSync(descriptor);
  }
}
