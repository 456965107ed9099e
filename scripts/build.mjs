// Builds dist/: the command, and a file more for what each of its commands needs, loaded when it is typed. A hundred
// small files take node longer to find than to run (docs/performance.md, start-up). The other scripts import what they
// use of src/ from internals.js.
import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

await build({
  platform: 'node',
  // It has a native part beside it.
  external: ['better-sqlite3'],
  transform: { target: 'node20' },
  input: { cli: at('src/cli.ts'), internals: at('scripts/internals.ts') },
  output: { dir: at('dist'), chunkFileNames: '[name].js', cleanDir: true },
});
chmodSync(at('dist/cli.js'), 0o755);
