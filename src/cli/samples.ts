import type { DeletedNow } from '../daemon/samplers/deleted-now.ts';
import { failure, isFailure } from '../failure.ts';
import { deletedTable } from '../query/render/deleted.ts';
import { deviceTable } from '../query/render/devices.ts';
import { filesystemTable } from '../query/render/filesystems.ts';
import { hostLine, sampleNotes } from '../query/render/samples.ts';
import { coverage } from '../query/reports/coverage.ts';
import type { DeletedRow } from '../query/reports/deleted.ts';
import { deleted, deletedColumns } from '../query/reports/deleted.ts';
import { deviceColumns, devices } from '../query/reports/devices.ts';
import { filesystemColumns, filesystems } from '../query/reports/filesystems.ts';
import { sampling } from '../query/reports/sampling.ts';
import type { Window } from '../query/window.ts';
import type { Db } from '../schema/open.ts';
import type { SamplerName } from '../schema/samplers.ts';
import type { WallUs } from '../schema/units.ts';
import { nowUs } from '../schema/units.ts';
import type { Outcome } from './commands.ts';
import { printRows, printTable, withRecording } from './commands.ts';
import { outputScreen } from './output.ts';
import type { DeletedArguments, DeletedTyped, SampleTyped } from './sample-arguments.ts';
import { readDeleted, readSample } from './sample-arguments.ts';

/** `iotrace devices`. */
export async function runDevices(typed: SampleTyped): Promise<Outcome> {
  const read = readSample(typed, nowUs());
  if (isFailure(read)) return read;
  const { window, format } = read;
  return withRecording(typed.db, async (db) => {
    const { rows, host } = devices(db, window);
    const notes = [
      ...hostLine(host),
      ...notesUnder(db, window, rows.length, ['diskstats', 'cpu', 'pressure']),
    ];
    if (format === 'table') return printTable(deviceTable(rows, outputScreen()), rows.length, notes);
    const names = deviceColumns.map(([name]) => name);
    return printRows(format, names, rows, notes);
  });
}

/** `iotrace filesystems`. */
export async function runFilesystems(typed: SampleTyped): Promise<Outcome> {
  const read = readSample(typed, nowUs());
  if (isFailure(read)) return read;
  const { window, format } = read;
  return withRecording(typed.db, async (db) => {
    const rows = filesystems(db, window);
    const notes = notesUnder(db, window, rows.length, ['filesystems']);
    if (format === 'table') return printTable(filesystemTable(rows, outputScreen()), rows.length, notes);
    return printRows(format, filesystemColumns, rows, notes);
  });
}

/** `iotrace deleted`: now, or in a recording. */
export async function runDeleted(typed: DeletedTyped): Promise<Outcome> {
  const isRoot = process.getuid?.() === 0;
  const read = readDeleted(typed, nowUs(), isRoot);
  if (isFailure(read)) return read;
  if (!read.isLive) {
    return withRecording(typed.db, async (db) => {
      const rows = deleted(db, read);
      const notes = notesUnder(db, read.window, rows.length, ['deleted-files']);
      return printDeleted(rows, read, notes);
    });
  }
  if (!isRoot) return failure('not-root', { command: 'iotrace deleted --live' });
  const { deletedNow } = await import('../daemon/samplers/deleted-now.ts');
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
  notes: readonly string[],
): Promise<Outcome> {
  const shown = rows.slice(0, limit);
  const more = shown.length < rows.length ? [`--limit ${String(rows.length)} shows all of them.`] : [];
  if (format === 'table') {
    return printTable(deletedTable(shown, isLive, outputScreen()), shown.length, [...notes, ...more]);
  }
  return printRows(format, deletedColumns, shown, [...notes, ...more]);
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

function notesUnder(db: Db, window: Window, rowCount: number, names: readonly SamplerName[]): string[] {
  return sampleNotes(rowCount, window, coverage(db, window), sampling(db, window, names));
}
