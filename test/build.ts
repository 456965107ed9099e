import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Builds dist/, unless it is newer than all it is made from. Types are checked by `npm run check`. */
export default function build(): void {
  const built = join(root, 'dist/cli.js');
  const inputs = [
    ...['src', 'bpf'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name),
      ),
    ),
    'package.json',
    'scripts/build.mjs',
    'scripts/package/parts.mjs',
    'scripts/internals.ts',
  ];
  const newest = Math.max(...inputs.map((name) => statSync(join(root, name)).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs > newest) return;
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
}
