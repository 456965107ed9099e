import { execa } from 'execa';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const KERNELS = ['trixie', 'sid', 'bookworm'] as const;

type Row = Record<string, string | number | null>;

/** What a guest's scenario left behind, asked through the CLI as a user would. */
type Guest = { read(file: string): string; sql(query: string): Promise<Row[]> };

async function boot(kernel: string): Promise<Guest> {
  const out = mkdtempSync(join(tmpdir(), `iotrace-filesystems-${kernel}-`));
  const { failed, all } = await execa(
    'scripts/lab/run',
    [kernel, '--timeout', '600', '--out', out, '--', 'test/kernel/filesystems-scenario'],
    { all: true, reject: false },
  );
  if (failed) throw new Error(`the scenario failed on ${kernel}:\n${all}`);
  return {
    read: (file) => readFileSync(join(out, file), 'utf8'),
    async sql(query) {
      const database = ['--db', join(out, 'iotrace.db')];
      const { stdout } = await execa('node', ['dist/cli.js', 'sql', query, '--format', 'json', ...database]);
      return JSON.parse(stdout) as Row[];
    },
  };
}

/** How filesystems-scenario wrote its files, and the bytes of data that makes in pages of 4 KiB. */
const WRITTEN = {
  buffered: 1_052_672,
  direct: 786_432,
  mmap: 528_384,
  sync: 13 * 4096,
} as const;
