import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDiskstats } from '../../../src/daemon/samplers/counters/diskstats.ts';
import { emptyTree } from '../lookups/trees.ts';
import { putDisk, roundOver } from './sight.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/samples');
const recordings = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** The two looks of a recording, taken by the samplers at the seconds their kernel's clock showed. */
function sampled(recording: string) {
  const roots = emptyTree();
  const folder = join(FIXTURES, recording);
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  for (const { major, minor, name } of parseDiskstats(read('1/diskstats'))) {
    putDisk(roots, `${String(major)}:${String(minor)}`, name);
  }
  const round = roundOver(roots, ['diskstats', 'cpu', 'process-io']);
  for (const look of ['1', '2']) {
    cpSync(join(folder, look), roots.proc, { recursive: true });
    round.tick(Number(read(`${look}/uptime`).split(' ')[0]));
  }
  return { rows: round.rows, read };
}

/** Printed with two decimals: equal when no further apart than rounding allows. */
function expectPrinted(ours: unknown, printed: number, what: string): void {
  const distance = Math.abs(Number(ours) - printed);
  expect([what, ours, printed, distance <= 0.005 + 1e-9]).toEqual([what, ours, printed, true]);
}

type Iostat = {
  sysstat: {
    hosts: {
      statistics: {
        'avg-cpu': Record<string, number>;
        disk: (Record<string, number> & { disk_device: string })[];
      }[];
    }[];
  };
};

/** What iostat calls it, and the column of device_samples. */
const COLUMNS: readonly (readonly [iostat: string, column: string])[] = [
  ['r/s', 'reads_per_s'],
  ['w/s', 'writes_per_s'],
  ['d/s', 'discards_per_s'],
  ['f/s', 'flushes_per_s'],
  ['rkB/s', 'read_kib_per_s'],
  ['wkB/s', 'write_kib_per_s'],
  ['dkB/s', 'discard_kib_per_s'],
  ['rrqm/s', 'reads_merged_per_s'],
  ['wrqm/s', 'writes_merged_per_s'],
  ['rrqm', 'reads_merged_percent'],
  ['wrqm', 'writes_merged_percent'],
  ['r_await', 'read_await_ms'],
  ['w_await', 'write_await_ms'],
  ['d_await', 'discard_await_ms'],
  ['f_await', 'flush_await_ms'],
  ['rareq-sz', 'read_kib_mean'],
  ['wareq-sz', 'write_kib_mean'],
  ['aqu-sz', 'queue_length_mean'],
  ['util', 'util_percent'],
];

describe.each(recordings)('%s', (recording) => {
  const { rows, read } = sampled(recording);
  const report = (JSON.parse(read('iostat.json')) as Iostat).sysstat.hosts[0]!.statistics[0]!;

  test('every column of iostat -x is the one of device_samples, to the printed precision', () => {
    const samples = new Map(rows('SELECT * FROM device_samples').map((row) => [row['device'], row]));
    const busy = report.disk.filter((disk) => disk['util']! > 1);
    expect(busy.length).toBeGreaterThan(0);
    for (const disk of busy) {
      const sample = samples.get(disk.disk_device);
      for (const [name, column] of COLUMNS) {
        // iostat prints 0 where there was nothing to take the mean of.
        expectPrinted(sample?.[column] ?? 0, disk[name]!, `${disk.disk_device} ${name}`);
      }
    }
  });

  test('the CPU shares of iostat are those of host_samples', () => {
    const [host] = rows('SELECT * FROM host_samples');
    const cpu = report['avg-cpu'];
    expectPrinted(host?.['iowait_percent'], cpu['iowait']!, '%iowait');
    expectPrinted(host?.['system_percent'], cpu['system']!, '%system');
    expectPrinted(host?.['steal_percent'], cpu['steal']!, '%steal');
    expectPrinted(host?.['idle_percent'], cpu['idle']!, '%idle');
    expectPrinted(host?.['user_percent'], cpu['user']! + cpu['nice']!, '%user and %nice');
  });

  test('the rates of pidstat -d are those of process_samples', () => {
    const samples = new Map(rows('SELECT * FROM process_samples').map((row) => [row['pid'], row]));
    const lines = read('pidstat.txt')
      .split('\n')
      .filter((line) => /^\d/u.test(line))
      .map((line) => line.split(/\s+/u));
    expect(lines.length).toBeGreaterThan(1);
    for (const [, , pid, readRate, writeRate, cancelledRate, , name] of lines) {
      const sample = samples.get(Number(pid));
      expect(sample?.['process']).toBe(name);
      expectPrinted(sample?.['read_kib_per_s'], Number(readRate), 'kB_rd/s');
      expectPrinted(sample?.['write_kib_per_s'], Number(writeRate), 'kB_wr/s');
      expectPrinted(sample?.['cancelled_write_kib_per_s'], Number(cancelledRate), 'kB_ccwr/s');
    }
  });
});
