// What tsc leaves undone: SQL beside the code that reads it, and the right to run the command.
import { chmodSync, cpSync } from 'node:fs';

const at = (path) => new URL(`../${path}`, import.meta.url);

for (const folder of ['migrations', 'views']) {
  cpSync(at(`src/schema/${folder}`), at(`dist/schema/${folder}`), { recursive: true });
}
chmodSync(at('dist/cli.js'), 0o755);
