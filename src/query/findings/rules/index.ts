import type { Rule, RuleId } from '../finding.ts';
import { ruleIds } from '../finding.ts';
import { diskRules } from './disk/index.ts';
import { filesRules } from './files/index.ts';
import { nodeRules } from './node/index.ts';
import { syncRules } from './sync/index.ts';

/** Every rule under its id: a rule that is missing, or stands under another's id, does not compile. */
const registry: { readonly [Id in RuleId]: Rule<Id> } = {
  ...diskRules,
  ...syncRules,
  ...filesRules,
  ...nodeRules,
};

/** Every rule, in the order of their ids. */
export const rules: readonly Rule[] = ruleIds.map((id) => registry[id]);
