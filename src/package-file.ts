import { fileURLToPath } from 'node:url';

/** Where the package begins: above src/ in a checkout; dist/ has all it needs beside the code. */
const root = new URL(import.meta.url.endsWith('/src/package-file.ts') ? '../' : './', import.meta.url);

/** Absolute path of a file or folder that ships beside the code, from its path in the package. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(path, root));
}
