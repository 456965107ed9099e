import { dirtyThrottling } from './dirty-throttling.ts';
import { fsyncStorm } from './fsync-storm.ts';
import { journal } from './journal.ts';

/** Rules about waits for what is written to be safe. */
export const syncRules = {
  'fsync-storm': fsyncStorm,
  journal,
  'dirty-throttling': dirtyThrottling,
};
