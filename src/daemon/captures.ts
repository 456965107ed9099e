import type { Failure } from '../failure.ts';
import { isFailure } from '../failure.ts';
import type { Db } from '../schema/open.ts';
import type { Capabilities } from './bpftrace/capabilities.ts';
import { createBackoff } from './backoff.ts';
import { makePlan, planProblems } from './bpftrace/host-plan.ts';
import { capture } from './capture.ts';
import type { Config } from './config.ts';
import type { RecordOptions } from './contract.ts';
import { createLookups } from './lookups/lookups.ts';
import { hostRoots } from './lookups/roots.ts';
import { startSamplers } from './samplers/index.ts';
import { pause } from './stop.ts';
import type { StopSignal } from './stop.ts';
import type { Session } from './store/session.ts';

type Options = RecordOptions & Config & { readonly databasePath: string };

/** One capture after another, as long as the session lasts. Returns how it ended. */
export async function captureUntilStopped(
  db: Db,
  host: Capabilities,
  session: Session,
  options: Options,
  stop: StopSignal,
): Promise<'stopped' | 'database gone' | Failure> {
  const lookups = createLookups(hostRoots, options.classes);
  const watching = lookups.containers.watch(() => undefined);
  const samplers = startSamplers(db, session, host.bootId, hostRoots, lookups, options);
  const backoff = createBackoff();
  try {
    for (let starts = 1; ; starts += 1) {
      const plan = await makePlan(host);
      const [problem] = planProblems(plan);
      if (problem) return problem;
      session.planned(plan);
      const startedAt = performance.now();
      const end = await capture({ db, host, session, lookups, options, stop }, plan);
      if (isFailure(end)) {
        if (starts === 1) return end;
        session.gap(end.code);
      } else if (end === 'stopped' || end === 'database gone') return end;
      if (stop.isSet()) return 'stopped';
      if (end === 'plan changed') continue;
      await pause(backoff.next(performance.now() - startedAt), stop);
    }
  } finally {
    samplers.stop();
    watching.close();
  }
}
