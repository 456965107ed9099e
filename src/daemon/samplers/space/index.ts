import type { SamplerGroup } from '../sampler.ts';
import { createDeletedFiles } from './deleted-files.ts';
import { createFilesystems } from './filesystems.ts';
import { createUpperdirs } from './upperdirs.ts';

/** What takes space, and inodes. */
export const space = {
  filesystems: (sight, { databasePath }) => createFilesystems(sight, databasePath),
  upperdirs: createUpperdirs,
  'deleted-files': createDeletedFiles,
} satisfies SamplerGroup;
