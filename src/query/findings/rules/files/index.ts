import { atime } from './atime.ts';
import { copyUp } from './copy-up.ts';
import { imagePull } from './image-pull.ts';
import { layerReads } from './layer-reads.ts';
import { logReads } from './log-reads.ts';
import { logWrites } from './log-writes.ts';
import { smallFiles } from './small-files.ts';
import { writableLayer } from './writable-layer.ts';

/** Rules about which files are read and written. */
export const filesRules = {
  'copy-up': copyUp,
  'image-pull': imagePull,
  'writable-layer': writableLayer,
  'small-files': smallFiles,
  'log-writes': logWrites,
  'log-reads': logReads,
  'layer-reads': layerReads,
  atime,
};
