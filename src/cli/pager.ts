import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Writable } from 'node:stream';

/** The command line of the pager: $PAGER, else less where it is installed; `undefined`: none is wanted. */
export function pagerCommand(env: NodeJS.ProcessEnv): string | undefined {
  const { PAGER } = env;
  if (PAGER !== undefined) return PAGER === '' || PAGER === 'cat' ? undefined : PAGER;
  return isOnPath('less', env['PATH'] ?? '') ? 'less' : undefined;
}

function isOnPath(name: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Shows what is written to `input` until the reader has seen enough. */
export function openPager(command: string): { readonly input: Writable; readonly closed: Promise<void> } {
  // As git does: colours as they are, no screen of its own, and less goes by itself when all fits.
  const env = { LESS: 'FRX', ...process.env };
  const pager = spawn(command, { shell: true, stdio: ['pipe', 'inherit', 'inherit'], env });
  // Ctrl-C is the pager's: it ends a search, not us.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  // The reader has left before the end.
  pager.stdin.on('error', ignore);
  const closed = new Promise<void>((resolve) => {
    pager.on('close', () => {
      process.off('SIGINT', ignore);
      resolve();
    });
    pager.on('error', () => {
      resolve();
    });
  });
  return { input: pager.stdin, closed };
}
