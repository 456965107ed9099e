import type { WallUs } from '../../schema/units.ts';
import type { CostRow } from './store.ts';

const EVERY_US = 60e6;

/** CPU time per sampler, summed up to a row a minute. */
export function createCosts() {
  let sums = new Map<string, CostRow>();
  return {
    measure<Result extends { readonly rows: readonly unknown[] }>(
      sampler: string,
      now: WallUs,
      run: () => Result,
    ): Result {
      const before = process.cpuUsage();
      const result = run();
      const { user, system } = process.cpuUsage(before);
      const sum = sums.get(sampler);
      const cpuUs = user + system;
      sums.set(sampler, {
        sampler,
        startedUs: sum?.startedUs ?? now,
        roundCount: (sum?.roundCount ?? 0) + 1,
        rowCount: (sum?.rowCount ?? 0) + result.rows.length,
        cpuUs: (sum?.cpuUs ?? 0) + cpuUs,
        cpuUsMax: Math.max(sum?.cpuUsMax ?? 0, cpuUs),
      });
      return result;
    },
    /** What is to be written now: the sums of the last minute, else nothing. */
    due(now: WallUs, isLast: boolean): readonly CostRow[] {
      const started = Math.min(...[...sums.values()].map(({ startedUs }) => startedUs));
      if (!isLast && now - started < EVERY_US) return [];
      const rows = [...sums.values()];
      sums = new Map();
      return rows;
    },
  };
}
