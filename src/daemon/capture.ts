import { openSync, writeSync } from 'node:fs';
import type { Failure } from '../failure.ts';
import { failure } from '../failure.ts';
import { databaseFailure } from '../schema/open.ts';
import type { Db } from '../schema/open.ts';
import { control as controlCompanion } from '../schema/probes/control.ts';
import { nowUs } from '../schema/units.ts';
import { createAccounting } from './cost/accounting.ts';
import type { Accounting } from './cost/accounting.ts';
import { startBpftrace } from './bpftrace/process.ts';
import { atLeast } from './bpftrace/capabilities.ts';
import type { Capabilities } from './bpftrace/capabilities.ts';
import { createClock } from './stream/clock.ts';
import { compose } from './bpftrace/compose.ts';
import type { Composed } from './bpftrace/compose.ts';
import { createControl } from './bpftrace/control.ts';
import { isPlanned } from './contract.ts';
import type { PlannedProbe, RecordOptions } from './contract.ts';
import { createEnding } from './bpftrace/drain.ts';
import { createCostMeter } from './cost/meter.ts';
import { awaitedModuleHasAppeared, firstError } from './bpftrace/plan.ts';
import { createCoverage } from './canary/coverage.ts';
import { isPreemptible, makeRealtime } from './bpftrace/realtime.ts';
import { createRecorder } from './recorder.ts';
import { createRetention } from './store/retention.ts';
import type { Retention } from './store/retention.ts';
import type { Session } from './store/session.ts';
import type { StopSignal } from './stop.ts';
import type { Lookups } from './store/intervals.ts';

/** What every life of bpftrace in a session shares. */
export type CaptureContext = {
  readonly db: Db;
  readonly host: Capabilities;
  readonly session: Session;
  readonly lookups: Lookups;
  readonly options: RecordOptions;
  readonly stop: StopSignal;
};

export type CaptureEnd = 'stopped' | 'died' | 'plan changed';

/** Compiling and attaching take seconds; under emulation minutes. */
const READY_PATIENCE_MS = 300_000;

/** One life of bpftrace: from its start until its last line is stored. */
export async function capture(
  { db, host, session, lookups, options, stop }: CaptureContext,
  plan: readonly PlannedProbe[],
): Promise<CaptureEnd | Failure> {
  const state = { isReady: false, isReplanning: false };
  const control = createControl();
  const coverage = createCoverage(session, plan, options);
  const cost = createCostMeter(db, () => tracer.pid);
  const retention = createRetention(db, options);
  let accounting: Accounting | undefined;
  const ending = createEnding(control, () => {
    tracer.stop();
  });
  const end = (): void => {
    if (state.isReady && isPlanned(plan, controlCompanion)) ending.begin();
    else tracer.stop();
  };
  const recorder = createRecorder(db, session.sessionId, lookups, createClock(), cost, {
    ready() {
      state.isReady = true;
      if (options.mayBeRealtime && isPreemptible(host.kernelVersion)) void makeRealtime(tracer.pid);
      accounting = createAccounting(tracer.pid, session, control, options.maxCpuPercent);
      // What compiling and attaching cost is no part of the first interval.
      cost();
      coverage.begin();
      stop.startTimer();
      options.onAttached?.();
    },
    addInterval(interval, spent) {
      for (const { name, missedCount } of accounting?.addInterval(interval, spent).skipped ?? []) {
        recorder.noteLoss(
          'programs_skipped',
          missedCount,
          `${name}: entered where a probe ran, or a map was read, on the same CPU`,
        );
      }
      coverage.add(interval);
      removeOld(retention, options.databasePath);
      if (awaitedModuleHasAppeared(plan)) {
        state.isReplanning = true;
        end();
      }
    },
    readyToEnd() {
      ending.answered();
    },
    storeFailed(error) {
      process.stderr.write(
        `iotrace: ${options.databasePath} can't be written: ${error.message}; kept in memory, trying again\n`,
      );
    },
  });
  const tracer = startBpftrace(host, composeFor(plan, host, options, control.token), (line) => {
    keepLine(line);
    recorder.line(line);
  });
  const unready = setTimeout(() => {
    if (!state.isReady) tracer.stop();
  }, READY_PATIENCE_MS);
  const unsubscribe = stop.onStop(end);
  const ended = await tracer.ended;
  clearTimeout(unready);
  unsubscribe();
  ending.over();
  accounting?.end();
  await coverage.settled();
  const { isWhole } = recorder.finish();
  const why = firstError(ended.stderr);
  if (!state.isReady) {
    return stop.isSet() ? 'stopped' : failure('bpftrace-failed', { seen: why ?? ended.stderr.trim() });
  }
  if (state.isReplanning) return 'plan changed';
  if (stop.isSet()) {
    if (!ended.clean || !isWhole) session.gap('bpftrace did not end as asked; what it counted last is lost');
    return 'stopped';
  }
  session.gap(`bpftrace ended unasked and was started again: ${why ?? 'it did not say why'} (${ended.how})`);
  return 'died';
}

function composeFor(
  plan: readonly PlannedProbe[],
  host: Capabilities,
  options: RecordOptions,
  controlToken: number,
): Composed {
  return compose({
    ...options,
    fragments: plan.flatMap(({ fragment }) => (fragment === null ? [] : [fragment])),
    cpuCount: host.possibleCpuCount,
    hasWideStats: atLeast(host.bpftraceVersion, [0, 18]),
    sharesNewKeys: !atLeast(host.bpftraceVersion, [0, 20]) || atLeast(host.bpftraceVersion, [0, 24]),
    controlToken,
  });
}

/** What can't be removed now, from a full disk for one, is tried again with the next interval. */
function removeOld(retention: Retention, databasePath: string): void {
  try {
    retention.step(nowUs());
  } catch (error) {
    if (!databaseFailure(databasePath, error)) throw error;
  }
}

/** Fixtures are recorded so: IOTRACE_KEEP_STREAM names a file that gets bpftrace's output as it came. */
const keptFile = process.env['IOTRACE_KEEP_STREAM'];
const keptStream = keptFile === undefined ? undefined : openSync(keptFile, 'a');

function keepLine(line: string): void {
  if (keptStream !== undefined) writeSync(keptStream, `${line}\n`);
}
