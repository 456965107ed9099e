import { appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Failure } from '../failure.ts';
import { failure, isFailure } from '../failure.ts';
import { databaseFailure, openForWriting } from '../schema/open.ts';
import type { Db } from '../schema/open.ts';
import { probes } from '../schema/probes/index.ts';
import { startBpftrace } from './bpftrace.ts';
import { atLeast, findCapabilities } from './capabilities.ts';
import type { Capabilities } from './capabilities.ts';
import { createClock } from './clock.ts';
import { compose } from './compose.ts';
import { createControl } from './control.ts';
import { createAccounting } from './accounting.ts';
import type { Accounting } from './accounting.ts';
import { readConfig } from './config.ts';
import type { Config } from './config.ts';
import { createCostMeter } from './ledger.ts';
import { createCgroups, detectCgroupLayout } from './lookups/cgroups.ts';
import { createContainers } from './lookups/containers.ts';
import { createDevices } from './lookups/devices.ts';
import { createMounts } from './lookups/mounts.ts';
import { hostRoots } from './lookups/roots.ts';
import { choose, firstError, tryFragments, waitsForModule } from './plan.ts';
import type { DoctorReport, PlannedProbe, RecordOptions, Summary } from './contract.ts';
import { createProof } from './proof.ts';
import { createRecorder } from './recorder.ts';
import { startSamplers } from './samplers/index.ts';
import type { Lookups } from './store.ts';
import { createSession } from './session.ts';
import type { Session } from './session.ts';
import { pause, stopSignal } from './stop.ts';
import type { StopSignal } from './stop.ts';

/**
 * Records until told to stop. The data's path: bpf/ → compose → bpftrace → recorder (envelope, decode,
 * totals, enrich, store) → SQLite. A bpftrace that dies is started again; what that costs is a row in
 * loss. Returns when everything recorded is written.
 */
export async function record(options: RecordOptions): Promise<Summary | Failure> {
  // Its own I/O shows under its own name.
  process.title = 'iotrace';
  const config = readConfig(options.configPath);
  if (isFailure(config)) return config;
  const host = await findCapabilities('iotrace record');
  if (isFailure(host)) return host;
  const databasePath = resolve(options.databasePath);
  const db = openForWriting(databasePath);
  if (isFailure(db)) return db;
  try {
    const session = createSession(db, host, { ...options, databasePath });
    if (isFailure(session)) return session;
    const ended = await captureUntilStopped(db, host, session, { ...options, ...config, databasePath });
    if (isFailure(ended)) {
      session.end('failed to start');
      return ended;
    }
    session.end(ended);
    return session.summary(ended);
  } catch (error) {
    const foreseen = databaseFailure(databasePath, error);
    if (!foreseen) throw error;
    return foreseen;
  } finally {
    db.close();
  }
}

/** What would run here, and why, without running it. */
export async function doctor(): Promise<DoctorReport> {
  const host = await findCapabilities('iotrace doctor');
  if (isFailure(host)) return { facts: [], plan: [], problems: [host] };
  const plan = await makePlan(host);
  const { layout, cgroup2Path } = detectCgroupLayout(hostRoots);
  const facts = [
    { name: 'kernel', value: host.kernelRelease },
    { name: 'bpftrace', value: host.bpftraceVersion.join('.') },
    { name: 'CPUs', value: String(host.cpuCount) },
    { name: 'BTF', value: host.hasBtf ? 'yes' : 'no' },
    { name: 'kprobes', value: host.hasKprobes ? 'yes' : 'no' },
    { name: 'cgroups', value: cgroup2Path === undefined ? layout : `${layout}, cgroup2 at ${cgroup2Path}` },
  ];
  const config = readConfig(undefined);
  return { facts, plan, problems: [...problemsOf(plan), ...(isFailure(config) ? [config] : [])] };
}

async function makePlan(host: Capabilities): Promise<PlannedProbe[]> {
  return choose(probes, await tryFragments(probes, host), detectCgroupLayout(hostRoots).layout);
}

function problemsOf(plan: readonly PlannedProbe[]): Failure[] {
  if (plan.some(({ probe, fragment }) => probes.some(({ name }) => name === probe) && fragment !== null))
    return [];
  return [failure('nothing-to-record', { reasons: plan.flatMap(({ reasons }) => reasons) })];
}

type CaptureEnd = 'stopped' | 'died' | 'plan changed';
type Options = RecordOptions & Config & { readonly databasePath: string };

const RESTART_PAUSE_MS = 1000;
const READY_PATIENCE_MS = 180_000;

async function captureUntilStopped(
  db: Db,
  host: Capabilities,
  session: Session,
  options: Options,
): Promise<string | Failure> {
  const lookups = createLookups(options);
  const watching = lookups.containers.watch(() => undefined);
  const samplers = startSamplers(db, session, host.bootId, hostRoots, lookups, options);
  const stop = stopSignal(options);
  try {
    for (let starts = 1; ; starts += 1) {
      const plan = await makePlan(host);
      const [problem] = problemsOf(plan);
      if (problem) return problem;
      session.planned(plan);
      const end = await captureOnce(db, host, session, lookups, plan, options, stop);
      if (isFailure(end)) {
        if (starts === 1) return end;
        session.gap(end.code);
      } else if (end === 'stopped') return stop.reason();
      else if (end === 'died') session.gap('bpftrace ended unasked and was started again');
      if (stop.isSet()) return stop.reason();
      await pause(RESTART_PAUSE_MS, stop);
    }
  } finally {
    samplers.stop();
    watching.close();
    stop.release();
  }
}

/** One life of bpftrace. */
async function captureOnce(
  db: Db,
  host: Capabilities,
  session: Session,
  lookups: Lookups,
  plan: readonly PlannedProbe[],
  options: Options,
  stop: StopSignal,
): Promise<CaptureEnd | Failure> {
  const control = createControl();
  const fragments = plan.flatMap(({ fragment }) => (fragment === null ? [] : [fragment]));
  const clock = createClock();
  const state = { isReady: false, isReplanning: false };
  let accounting: Accounting | undefined;
  const proof = createProof(session, plan, options);
  const cost = createCostMeter(db, () => tracer.pid);
  const recorder = createRecorder(db, session.runId, lookups, clock, cost, {
    ready() {
      state.isReady = true;
      accounting = createAccounting(tracer.pid, session, control, options.maxCpuPercent);
      // What compiling and attaching cost is no part of the first interval.
      cost();
      proof.begin();
      stop.startTimer();
    },
    flushed(flush, spent) {
      const skipped = accounting?.flushed(flush, spent).skipped ?? 0;
      if (skipped > 0) {
        recorder.noteLoss('programs_skipped', skipped, 'a probe was entered while it ran on the same CPU');
      }
      proof.add(flush);
      if (overlayHasAppeared(plan)) {
        state.isReplanning = true;
        tracer.stop();
      }
    },
    storeFailed(error) {
      process.stderr.write(
        `iotrace: ${options.databasePath} can't be written: ${error.message}; kept in memory, trying again\n`,
      );
    },
  });
  const composed = compose({
    ...options,
    fragments,
    cpuCount: host.possibleCpuCount,
    hasWideStats: atLeast(host.bpftraceVersion, [0, 18]),
    controlToken: control.token,
  });
  const tracer = startBpftrace(host, composed, (line) => {
    keepLine(line);
    recorder.line(line);
  });
  const unready = setTimeout(() => {
    if (!state.isReady) tracer.stop();
  }, READY_PATIENCE_MS);
  const unsubscribe = stop.onStop(() => {
    tracer.stop();
  });
  const { clean, stderr } = await tracer.ended;
  clearTimeout(unready);
  unsubscribe();
  accounting?.end();
  await proof.settled();
  recorder.finish();
  if (!state.isReady)
    return stop.isSet()
      ? 'stopped'
      : failure('bpftrace-failed', { seen: firstError(stderr) ?? stderr.trim() });
  if (state.isReplanning) return 'plan changed';
  if (!clean && stop.isSet()) session.gap('bpftrace did not end when asked; what it counted last is lost');
  return stop.isSet() ? 'stopped' : 'died';
}

/** Fixtures are recorded so: IOTRACE_KEEP_STREAM names a file that gets bpftrace's output as it came. */
function keepLine(line: string): void {
  const file = process.env['IOTRACE_KEEP_STREAM'];
  if (file !== undefined) appendFileSync(file, `${line}\n`);
}

function overlayHasAppeared(plan: readonly PlannedProbe[]): boolean {
  const copyUp = plan.find(({ probe }) => probe === 'copy_up');
  const wasWaiting =
    copyUp?.fragment === null && copyUp.reasons.some((reason) => reason.includes('is not loaded'));
  return wasWaiting && !waitsForModule('overlay');
}

function createLookups({ classes }: Config): Lookups {
  const mounts = createMounts(hostRoots);
  return {
    mounts,
    cgroups: createCgroups(hostRoots),
    containers: createContainers(hostRoots, mounts),
    devices: createDevices(hostRoots, mounts),
    proc: hostRoots.proc,
    classes,
  };
}
