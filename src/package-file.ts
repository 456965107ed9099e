import { fileURLToPath } from 'node:url';

/** Absolute path of a file or folder that ships beside the code, from its path in the package. */
export function packageFile(path: string): string {
  // The same from src/ as from dist/, where all modules are a few files.
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
