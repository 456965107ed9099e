import { execa } from 'execa';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Row = Record<string, string | number | null>;

/** Everything a guest's scenario left behind, asked through the CLI as a user would. */
export type Guest = {
  read(file: string): string;
  iotrace(...words: string[]): Promise<Row[]>;
  sql(query: string): Promise<Row[]>;
  top(...options: string[]): Promise<Row[]>;
};

/** How long `runInGuest` may take, ms. */
export const GUEST_PATIENCE_MS = 1_300_000;

/**
 * Boots a lab kernel, in which the scenario test/kernel/SCENARIO records. Once more where bpftrace crashes: 0.27 does now
 * and then under emulation (std::bad_alloc), which iotrace survives with a gap in what it recorded.
 */
export async function runInGuest(kernel: string, scenario: string): Promise<Guest> {
  const guest = await runOnce(kernel, scenario);
  const crashes = await guest.sql(
    `SELECT detail FROM loss WHERE kind = 'gap' AND detail LIKE 'bpftrace ended unasked%'`,
  );
  if (crashes.length === 0) return guest;
  console.warn(`${kernel}: ${String(crashes[0]?.['detail'])}; booted once more`);
  return runOnce(kernel, scenario);
}

/** More options of scripts/lab/run, for a project that runs the same tests in another guest. */
const extraOptions = process.env['IOTRACE_LAB_OPTIONS']?.split(' ') ?? [];

/** Boots a lab kernel that runs test/kernel/SCENARIO; the folder with what that left behind. Throws when it fails. */
export async function boot(
  kernel: string,
  [scenario, ...words]: readonly [string, ...string[]],
  timeoutS: number,
): Promise<string> {
  const out = mkdtempSync(join(tmpdir(), `iotrace-${scenario}-${kernel}-`));
  const command = [`test/kernel/${scenario}`, ...words];
  const options = [...extraOptions, '--timeout', String(timeoutS), '--out', out, '--'];
  const { failed, all } = await execa('scripts/lab/run', [kernel, ...options, ...command], {
    all: true,
    reject: false,
  });
  if (failed) throw new Error(`${scenario} failed on ${kernel}:\n${all}`);
  return out;
}

async function runOnce(kernel: string, scenario: string): Promise<Guest> {
  const out = await boot(kernel, [scenario], 600);
  const iotrace = async (...asked: string[]): Promise<Row[]> => {
    const options = ['--format', 'json', '--db', join(out, 'iotrace.db')];
    const { stdout } = await execa('node', ['dist/cli.js', ...asked, ...options]);
    return JSON.parse(stdout) as Row[];
  };
  return {
    iotrace,
    read: (file) => readFileSync(join(out, file), 'utf8'),
    sql: (query) => iotrace('sql', query),
    top: (...options) => iotrace('top', '--since', '1d', '--limit', '1000', ...options),
  };
}
