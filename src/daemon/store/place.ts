import { statSync } from 'node:fs';

/** Whether files still lie where they were opened: one that is open can be deleted or replaced. */
export function watchPlace(paths: readonly string[]): () => boolean {
  const opened = paths.map(identityOf);
  return () => paths.every((path, index) => identityOf(path) === opened[index]);
}

function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${String(found.dev)} ${String(found.ino)}`;
}
