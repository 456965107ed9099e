import type { DeletedNow } from '../../daemon/samplers/space/deleted-now.ts';
import type { Failure } from '../../failure.ts';
import { failure, isFailure } from '../../failure.ts';
import { deletedTable } from '../../query/render/deleted.ts';
import type { DeletedRow } from '../../query/reports/deleted.ts';
import { deleted, deletedColumns } from '../../query/reports/deleted.ts';
import type { WallUs } from '../../schema/units.ts';
import { nowUs } from '../../schema/units.ts';
import { printAnswer, withRecording } from '../answer.ts';
import type { Global, Outcome, Typed } from '../command.ts';
import { defineCommand, flag, text } from '../command.ts';
import { listOptions, readLimit } from '../options/list.ts';
import type { SampleArguments } from '../options/samples.ts';
import { notesUnderSamples, readSample } from '../options/samples.ts';
import { conflict, firstFailure, succeeded } from '../options/values.ts';
import { windowOptions } from '../options/window.ts';
import { outputScreen } from '../output.ts';

const options = {
  live: flag('Look now; the default for root when no window is given'),
  container: text('Only those this container holds'),
  ...windowOptions,
  ...listOptions,
} as const;

type DeletedTyped = Global & Typed<typeof options>;

type DeletedArguments = SampleArguments & {
  readonly isLive: boolean;
  readonly container: string | undefined;
  readonly limit: number;
};

/** @param isRoot whether this process may look into others */
export function readDeleted(typed: DeletedTyped, nowUs: WallUs, isRoot: boolean): DeletedArguments | Failure {
  const parts = { sample: readSample(typed, nowUs), limit: readLimit(typed) };
  if (!succeeded(parts)) return firstFailure(parts);
  const windowOption = (['since', 'from', 'to', 'db'] as const).find((name) => typed[name] !== undefined);
  if (typed.live === true && windowOption !== undefined) {
    return conflict('--live', `--${windowOption}`, 'one looks now, the other into a recording');
  }
  const isLive = typed.live ?? (isRoot && windowOption === undefined);
  return { ...parts.sample, limit: parts.limit, isLive, container: typed.container };
}

/** Now, or in a recording. */
async function runDeleted(typed: DeletedTyped): Promise<Outcome> {
  const isRoot = process.getuid?.() === 0;
  const read = readDeleted(typed, nowUs(), isRoot);
  if (isFailure(read)) return read;
  if (!read.isLive) {
    return withRecording(typed.db, async (db) => {
      const rows = deleted(db, read);
      return printDeleted(rows, read, notesUnderSamples(db, read.window, rows.length, ['deleted-files']));
    });
  }
  if (!isRoot) return failure('not-root', { command: 'iotrace deleted --live' });
  const { deletedNow } = await import('../../daemon/samplers/space/deleted-now.ts');
  const seenUs = nowUs();
  const rows = deletedNow()
    .map((file) => asRow(file, seenUs))
    .filter(({ container }) => read.container === undefined || container === read.container);
  return printDeleted(rows, read, [liveNote(rows.length)]);
}

function liveNote(count: number): string {
  if (count === 0) return 'No process holds a deleted file now.';
  return `${String(count)} ${count === 1 ? 'deleted file is' : 'deleted files are'} held now. Its space is free once its holder closes it, ends, or is restarted.`;
}

async function printDeleted(
  rows: readonly DeletedRow[],
  { format, limit, isLive }: DeletedArguments,
  notes: readonly string[] | Failure,
): Promise<Outcome> {
  const shown = rows.slice(0, limit);
  const more = shown.length < rows.length ? [`--limit ${String(rows.length)} shows all of them.`] : [];
  return printAnswer(format, {
    columns: deletedColumns,
    rows: shown,
    notes: isFailure(notes) ? notes : [...notes, ...more],
    table: () => deletedTable(shown, isLive, outputScreen()),
  });
}

function asRow(file: DeletedNow, seenUs: WallUs): DeletedRow {
  const { container, pid, path, device, inode, size_bytes, allocated_bytes, held_by, holder_count } = file;
  return {
    container: container?.name ?? null,
    pod: container?.pod ?? null,
    namespace: container?.namespace ?? null,
    cgroup_path: file.cgroupPath ?? null,
    process: file.name,
    pid,
    path,
    device,
    inode,
    size_bytes,
    allocated_bytes,
    held_by,
    holder_count,
    first_seen_us: seenUs,
    last_seen_us: seenUs,
  };
}

export const command = defineCommand({
  options,
  examples: [
    ['sudo $0 deleted', 'Now'],
    ['$0 deleted --since 1d', 'Those of at least 64 KiB a recording has seen'],
  ],
  run: runDeleted,
});
