import { openSync, writeSync } from 'node:fs';
import type { Failure } from '../failure.ts';
import { failure } from '../failure.ts';
import type { Db } from '../schema/open.ts';
import type { Capabilities } from './bpftrace/capabilities.ts';
import { awaitedModuleHasAppeared } from './bpftrace/plan.ts';
import { startTracer } from './bpftrace/tracer.ts';
import type { TracerEnd } from './bpftrace/tracer.ts';
import { createCoverage } from './canary/coverage.ts';
import type { PlannedProbe, RecordOptions } from './contract.ts';
import { createAccounting } from './cost/accounting.ts';
import type { Lookups } from './lookups/lookups.ts';
import { createRecorder } from './recorder.ts';
import type { Recorder, RecorderEvents } from './recorder.ts';
import type { StopSignal } from './stop.ts';
import { createRetention } from './store/retention.ts';
import type { Session } from './store/session.ts';
import { createClock } from './stream/clock.ts';

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

/** One life of bpftrace: from its start until its last line is stored. */
export async function capture(
  context: CaptureContext,
  plan: readonly PlannedProbe[],
): Promise<CaptureEnd | Failure> {
  const { db, host, session, lookups, options, stop } = context;
  const state: State = { isReady: false, isReplanning: false };
  const coverage = createCoverage(session, plan, options);
  const accounting = createAccounting(db, session, () => tracer, options.maxCpuPercent);
  const retention = createRetention(db, options, session.agedNow);
  const events: RecorderEvents = {
    ready() {
      state.isReady = true;
      tracer.ready();
      session.counting();
      accounting.begin();
      coverage.begin();
      stop.startTimer();
      options.onAttached?.();
    },
    addInterval(interval, spent) {
      noteSkipped(recorder, accounting.addInterval(interval, spent).skipped);
      coverage.add(interval);
      session.lookAtClock();
      options.onInterval?.();
      retention.tryStep();
      if (awaitedModuleHasAppeared(plan)) {
        state.isReplanning = true;
        tracer.end();
      }
    },
    readyToEnd() {
      tracer.drained();
    },
    storeFailed({ message }) {
      const path = options.databasePath;
      process.stderr.write(`iotrace: ${path} can't be written: ${message}; kept in memory, trying again\n`);
    },
  };
  const recorder = createRecorder(db, session.sessionId, lookups, createClock(), accounting.measure, events);
  const tracer = startTracer(host, plan, options, (line) => {
    keepLine(line);
    recorder.line(line);
  });
  const unsubscribe = stop.onStop(tracer.end);
  const ended = await tracer.ended;
  unsubscribe();
  accounting.end();
  await coverage.settled();
  const { isWhole } = recorder.finish();
  return judgeEnd(context, state, ended, isWhole);
}

type State = { isReady: boolean; isReplanning: boolean };

function judgeEnd(
  { session, stop }: CaptureContext,
  { isReady, isReplanning }: State,
  { clean, how, error, stderr }: TracerEnd,
  isWhole: boolean,
): CaptureEnd | Failure {
  if (!isReady)
    return stop.isSet() ? 'stopped' : failure('bpftrace-failed', { seen: error ?? saidOf(stderr, how) });
  if (isReplanning) {
    session.gap('a kernel module appeared: the probes were attached anew');
    return 'plan changed';
  }
  if (stop.isSet()) {
    if (!clean || !isWhole) session.gap('bpftrace did not end as asked; what it counted last is lost');
    return 'stopped';
  }
  session.gap(`bpftrace ended unasked and was started again: ${error ?? 'it did not say why'} (${how})`);
  return 'died';
}

/** All it wrote, or how it ended. */
const saidOf = (stderr: string, how: string): string =>
  stderr.trim() === '' ? `it ended without a word (${how})` : stderr.trim();

function noteSkipped(
  recorder: Recorder,
  skipped: readonly { readonly name: string; readonly missedCount: number }[],
): void {
  for (const { name, missedCount } of skipped) {
    recorder.noteLoss(
      'programs_skipped',
      missedCount,
      `${name}: entered where a probe ran, or a map was read, on the same CPU`,
    );
  }
}

/** Fixtures are recorded so: IOTRACE_KEEP_STREAM names a file that gets bpftrace's output as it came. */
const keptFile = process.env['IOTRACE_KEEP_STREAM'];
const keptStream = keptFile === undefined ? undefined : openSync(keptFile, 'a');

function keepLine(line: string): void {
  if (keptStream !== undefined) writeSync(keptStream, `${line}\n`);
}
