import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const cliPath = join(import.meta.dirname, '../../dist/cli.js');

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs the built command as a user would, with nothing on stdin and no database of its own choosing. */
export function iotrace(words: readonly string[], { input = '', env = {} }: Options = {}): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cliPath, ...words], {
    input,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', TZ: 'UTC', ...env },
    maxBuffer: 2 ** 28,
  });
  return { code: status, stdout, stderr };
}

type Options = { readonly input?: string; readonly env?: Readonly<Record<string, string>> };

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'iotrace-cli-'));
