// Builds dist/: the command in one file, and what it seldom needs in a few more. A hundred small ones and those of
// yargs take node longer to find than to run (docs/performance.md, start-up). The other scripts get what they use of
// src/ in a file of their own.
import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const options = {
  platform: 'node',
  // It has a native part beside it.
  external: ['better-sqlite3'],
  transform: { target: 'node20' },
};
const chunks = { dir: at('dist'), chunkFileNames: '[name].js' };
await build({ ...options, input: at('src/cli.ts'), output: { ...chunks, cleanDir: true } });
await build({ ...options, input: at('scripts/internals.ts'), output: chunks });
chmodSync(at('dist/cli.js'), 0o755);
