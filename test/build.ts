import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Builds dist/, unless it is newer than all it is made from. Types are checked by `npm run check`. */
export default function build(): void {
  const built = join(root, 'dist/cli.js');
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const inputs = [
    ...sources.map((name) => join('src', name)),
    'package.json',
    'tsconfig.build.json',
    'tsconfig.json',
  ];
  const newest = Math.max(...inputs.map((name) => statSync(join(root, name)).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs > newest) return;
  const run = (...words: string[]) => execFileSync(process.execPath, words, { cwd: root, stdio: 'inherit' });
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noCheck');
  run('scripts/finish-build.mjs');
}
