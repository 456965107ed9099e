import type { Db } from '../../schema/open.ts';
import type { WallUs } from '../../schema/units.ts';
import { slotsOf, startOf, timelineSql } from '../reports/timeline.ts';
import { isWho } from '../who.ts';
import { say } from './catalogue/catalogue.ts';
import type { Evidence } from './evidence.ts';
import { prove } from './evidence.ts';
import type { Facts, Percentiles, Victim } from './facts.ts';
import { addedWait, groups, longestOf } from './facts.ts';
import type { DiagnosisScope } from './sql.ts';
import { compareSql } from './sql.ts';
import { over, thresholds } from './thresholds.ts';

/** Whose operations got slower, how much, and when. */
export type Suffering = {
  readonly victim: Victim & Percentiles;
  /** When its P99 was beyond the usual; `undefined`: there is no usual to compare with. */
  readonly beyond: { readonly fromUs: WallUs; readonly toUs: WallUs } | undefined;
  readonly evidence: Evidence;
  readonly slots: Evidence;
};

/** Who suffers most; where nobody does, what of the container asked about got slower in too few operations to say so. */
export function sufferingIn(
  db: Db,
  facts: Facts,
): { readonly victim: Suffering | undefined; readonly tooFew: readonly Suffering[] } {
  const [first] = facts.victims;
  const most = first && isFelt(facts, first) ? suffering(db, facts, first) : undefined;
  if (most || facts.scope.container === undefined) return { victim: most, tooFew: [] };
  const slower = victimsAsked(facts)
    .flatMap((victim) => suffering(db, facts, victim) ?? [])
    .filter(({ victim }) => isSlower(victim))
    .toSorted((a, b) => (b.victim.latency_ns_p99 ?? 0) - (a.victim.latency_ns_p99 ?? 0));
  const victim = slower.find((each) => isJudged(each.victim));
  return { victim, tooFew: victim ? [] : slower };
}

/** Much waiting on the whole, or a single stall that an average over the window would hide. */
const isFelt = ({ window_s }: Facts, { added_ns_per_s, longest_ns }: Victim): boolean =>
  over('waiting_ns_per_s', added_ns_per_s) ||
  (over('stalled_latency_ns', longest_ns) && over('stalled_latency_ns', added_ns_per_s * window_s));

/** Each operation of the container asked about. */
const victimsAsked = ({ waits }: Facts): Victim[] =>
  groups(waits, ({ who, op }) => JSON.stringify([who, op]), addedWait).map(({ rows, size }) => {
    const [{ who, namespace, pod, container, cgroup_path, op }] = rows;
    return {
      ...{ who, namespace, pod, container, cgroup_path, op },
      added_ns_per_s: size,
      longest_ns: longestOf(rows),
    };
  });

function isSlower({ latency_ns_p99, before_latency_ns_p99 }: Percentiles): boolean {
  if (latency_ns_p99 === null || before_latency_ns_p99 === null) return false;
  return (
    over('slower_latency_ns', latency_ns_p99) &&
    latency_ns_p99 >= before_latency_ns_p99 * thresholds.grown_times.value
  );
}

const isJudged = ({ op_count, before_op_count }: Percentiles): boolean =>
  over('judged_op_count', op_count ?? 0) && over('judged_op_count', before_op_count ?? 0);

const SLOT_COUNT = 24;

function suffering(db: Db, facts: Facts, victim: Victim): Suffering | undefined {
  const sql = compareSql(facts.scope, { ops: [victim.op], who: victim });
  const compared = db.prepare<[], Percentiles>(sql).get();
  if (!compared) return undefined;
  const whole = { ...victim, ...compared };
  const { evidence, beyond } = slotsOfVictim(db, facts.scope, whole);
  const title = say('proof.compare', { op: victim.op, who: victim.who });
  const columns = Object.keys(compared);
  const rows = [Object.values(compared)];
  return { victim: whole, beyond, evidence: { title, sql, columns, rows }, slots: evidence };
}

function slotsOfVictim(db: Db, { periods, hasBaseline }: DiagnosisScope, victim: Victim & Percentiles) {
  const { window, baseline } = periods;
  const all =
    hasBaseline && baseline.toUs === window.fromUs ? { fromUs: baseline.fromUs, toUs: window.toUs } : window;
  const slots = slotsOf(db, all, SLOT_COUNT);
  const sql = `SELECT ${String(slots.fromUs)} + slot * ${String(slots.widthUs)} AS from_us, value AS latency_ns_p99 FROM (
${timelineSql({ by: 'op', metric: 'p99', ops: [victim.op], cgroups: isWho(victim) }, slots)})`;
  const evidence = prove(db, { title: say('proof.slots', { op: victim.op, who: victim.who }), sql });
  const usual = victim.before_latency_ns_p99;
  const late = evidence.rows.flatMap(([from, p99]) =>
    usual !== null &&
    Number(p99) >= usual * thresholds.grown_times.value &&
    Number(from) + slots.widthUs > window.fromUs
      ? [(Number(from) - slots.fromUs) / slots.widthUs]
      : [],
  );
  const [first] = late;
  const last = late.at(-1);
  const beyond =
    first === undefined || last === undefined
      ? undefined
      : { fromUs: startOf(slots, first), toUs: startOf(slots, last + 1) };
  return { evidence, beyond };
}
