import { deletedFiles } from './deleted-files.ts';
import { inodes } from './inodes.ts';
import { space } from './space.ts';
import { swap } from './swap.ts';

/** Rules about what the node runs out of, or short of. */
export const nodeRules = {
  inodes,
  space,
  'deleted-files': deletedFiles,
  swap,
};
