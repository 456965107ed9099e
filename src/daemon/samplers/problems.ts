import type { Problem } from './problem.ts';
import type { Tick } from './store.ts';

type Change = Tick['problems'][number];

/** Keeps what each sampler can't read, and tells what is new, different, or over. */
export function createProblems() {
  const known = new Map<string, Map<string, Problem>>();
  let changed: Change[] = [];
  return {
    note(sampler: string, problems: readonly Problem[]): void {
      const before = known.get(sampler);
      const now = new Map(problems.map((problem) => [problem.subject, problem]));
      known.set(sampler, now);
      if (!before) changed.push({ sampler, ...SEEN, subject: sampler });
      for (const problem of problems) {
        const then = before?.get(problem.subject);
        if (then?.reason !== problem.reason || then.state !== problem.state)
          changed.push({ sampler, ...problem });
      }
      for (const subject of before?.keys() ?? []) {
        if (!now.has(subject)) changed.push({ sampler, ...SEEN, subject });
      }
    },
    changes(): readonly Change[] {
      const changes = changed;
      changed = [];
      return changes;
    },
  };
}

const SEEN = { state: 'seen', reason: '', fix: null } as const;
