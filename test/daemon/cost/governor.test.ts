import { describe, expect, test } from 'vitest';
import { createGovernor, LEVELS } from '../../../src/daemon/cost/governor.ts';
import type { Step, Usage } from '../../../src/daemon/cost/governor.ts';

const user = (percent: number): Usage => ({ kernelPercent: 0, userPercent: percent });
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

/** The steps taken at a bound of 2 %, by interval. */
function steps(usages: readonly Usage[], governor = createGovernor(2)): [flush: number, level: number][] {
  return usages.flatMap((usage, interval) => {
    const step: Step | undefined = governor.addInterval(usage);
    return step ? [[interval + 1, step.level] as [number, number]] : [];
  });
}

describe('levels', () => {
  test('begin with everything and end with totals per cgroup', () => {
    expect(LEVELS[0]).toMatchObject({ exemplars: 0, rows: 0 });
    expect(LEVELS.at(-1)).toMatchObject({ exemplars: 15, rows: 15 });
  });

  test('shed exemplars first, and no file row before all of them', () => {
    for (const [index, level] of LEVELS.slice(1).entries()) {
      const before = LEVELS[index]!;
      expect(level.exemplars).toBeGreaterThanOrEqual(before.exemplars);
      expect(level.rows).toBeGreaterThanOrEqual(before.rows);
      if (level.rows > 0) expect(level.exemplars).toBe(15);
    }
  });

  test('have room in the four bits that control.ts sends', () => {
    expect(LEVELS.flatMap(({ exemplars, rows }) => [exemplars, rows]).filter((bits) => bits > 15)).toEqual(
      [],
    );
  });
});

describe('above the bound', () => {
  test('a single interval is no reason', () => {
    expect(steps([user(9), user(1.5), user(9), user(1.5), user(9)])).toEqual([]);
  });

  test('three in a row are, a step each, down to the last level and no further', () => {
    expect(steps(times(16, user(9)))).toEqual([
      [3, 1],
      [6, 2],
      [9, 3],
      [12, 4],
      [15, 5],
    ]);
  });

  test('kernel and user count together', () => {
    expect(steps(times(3, { kernelPercent: 1.1, userPercent: 1 }))).toEqual([[3, 1]]);
    expect(steps(times(9, { kernelPercent: 0.9, userPercent: 1.1 }))).toEqual([]);
  });

  test('nothing is shed where detail is not the cost', () => {
    expect(steps(times(50, { kernelPercent: 40, userPercent: 4 }))).toEqual([]);
    expect(steps(times(3, { kernelPercent: 36, userPercent: 4 }))).toEqual([[3, 1]]);
  });

  test('a step says how much it was', () => {
    const governor = createGovernor(2);
    governor.addInterval(user(3));
    governor.addInterval(user(3));
    expect(governor.addInterval({ kernelPercent: 1, userPercent: 2.5 })).toEqual({
      level: 1,
      cpuPercent: 3.5,
    });
  });
});

describe('below the bound', () => {
  const shed = () => {
    const governor = createGovernor(2);
    steps(times(6, user(9)), governor);
    return governor;
  };

  test('detail comes back a step in twelve intervals', () => {
    expect(steps(times(40, user(1)), shed())).toEqual([
      [12, 1],
      [24, 0],
    ]);
  });

  test('not where there is little room: what comes back would be shed again', () => {
    expect(steps(times(40, user(1.3)), shed())).toEqual([]);
  });

  test('and not when an interval in between was dear', () => {
    expect(steps([...times(11, user(1)), user(1.5), ...times(11, user(1))], shed())).toEqual([]);
  });

  test('nothing is restored that was not shed', () => {
    expect(steps(times(40, user(0)))).toEqual([]);
  });
});
