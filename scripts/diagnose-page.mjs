// docs/diagnose.md: what each rule of `iotrace diagnose` looks at, from the rules' own metadata and the catalogue.
import { en, playbook, rules, severityWeights, thresholds } from '../dist/internals.js';

const names = (ids) => ids.map((id) => en[`rule.${id}`]).join(', ') || '-';

const ruleSection = ({
  id,
  about,
  needs,
  rivals,
  yieldsTo,
  thresholds: used,
}) => `### ${en[`rule.${id}`]} (\`${id}\`)

${about}

- needs: ${needs.map((fact) => en[`fact.${fact}`]).join(', ')}
- compares with: ${used.map((name) => `\`${name}\` ${thresholds[name].value}`).join(', ') || 'nothing: one is too many'}
- beside its finding stands whether it was: ${names(rivals)}
- is taken for a symptom where there is: ${names(yieldsTo)}
`;

const measure = ([id, { setting }]) => `### ${en[`do.${id}`]}

- gain: ${en[`gain.${id}`]}
- **risk**: ${en[`risk.${id}`]}
${setting === null ? '' : `\n\`\`\`text\n${setting}\n\`\`\`\n`}`;

export const diagnosePage = (note, table) => `${note}

# \`iotrace diagnose\`

Says what is wrong with I/O on a node, whose it is, and what to do: from what was recorded, and only that. It compares
a window (\`--since\`, \`--from\`, \`--to\`) with a baseline. Without \`--baseline\` (a length), \`--baseline-from\` or
\`--baseline-to\` it finds what changed when in the window: each series of waits and bytes (who, operation) has a usual
range, that of the quieter quarter of the window and as much time before it; what leaves it at the same time is an
incident. The worst is diagnosed beside the time before it, the others are listed. Bursts of seconds in a day are found by
their longest operations. Where nothing left its range, the window is compared with as much time before it. Intervals that overlap the window count whole, as in \`iotrace top\`: its
numbers are the same.

- The **answer** stands first: who suffers, the cause, the first thing to do. Then each finding with its tables.
- **Every number has its query.** \`--sql\` adds it to text and Markdown, \`--format json\` has it. It runs as it is: \`iotrace sql\`, or any SQLite client.
- **Not known is not zero.** A rule whose facts were not recorded in the window says so under "Not known".
- \`--container X\` asks how X suffers: shares are then of what X waits for, whoever causes it.
- \`--lang zh\` says the same in Chinese.

## The order of findings

A finding's rank is severity × confidence × its share of the added waiting, and stands under it.

- **Severity**: ${Object.entries(severityWeights)
  .map(([name, weight]) => `${name} ${weight}`)
  .join(', ')}. Critical fails or stalls, serious makes somebody wait, notice is worth knowing.
- **Confidence**: what the evidence of the rule is worth, less without a baseline (× 0.75), with less than a minute
  recorded (× 0.85), with losses in the totals (× 0.9), and where another finding about the same container or disk is
  the cause of what this one sees (× 0.5).
- **Share**: added waiting is the growth, in ns per second, of the latency of everything applications wait for (syncs,
  reads, writes, opens, closes); without a baseline, all of it. A finding explains the waiting of its own container, and
  of what others wait for at the same disk as much as its part of the disk's time. What threatens more than latency
  (errors, space, inodes) has no share: it counts 1 where critical, 0.4 where serious, 0.1 where a notice.

## The rules

${rules.map(ruleSection).join('\n')}
## The thresholds

${table(
  ['threshold', 'value', 'because'],
  Object.entries(thresholds).map(([name, { value, because }]) => [`\`${name}\``, String(value), because]),
)}

## The measures

Names in capitals in a setting are yours to fill in; in a report they are, where they are known.

${Object.entries(playbook).map(measure).join('\n')}`;
