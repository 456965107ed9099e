import { resolve } from 'node:path';
import type { Failure } from '../failure.ts';
import { isFailure } from '../failure.ts';
import { databaseFailure, openForWriting } from '../schema/open.ts';
import { findCapabilities } from './bpftrace/capabilities.ts';
import { captureUntilStopped } from './captures.ts';
import { readConfig } from './config.ts';
<<<<<<< HEAD
import type { RecordOptions, Summary } from './contract.ts';
=======
import type { Config } from './config.ts';
import { createCgroups, detectCgroupLayout } from './lookups/cgroups.ts';
import { createContainers } from './lookups/containers.ts';
import { createDevices } from './lookups/devices.ts';
import { createMounts, mountTableOf } from './lookups/mounts.ts';
import { hostRoots } from './lookups/roots.ts';
import { choose, tryFragments } from './bpftrace/plan.ts';
import { isPlanned } from './contract.ts';
import type { DoctorReport, PlannedProbe, RecordOptions, Summary } from './contract.ts';
import { startSamplers } from './samplers/index.ts';
import { notifySystemd } from './service/notify.ts';
import type { Lookups } from './store/intervals.ts';
>>>>>>> 6293bd8 (The daemon reports to systemd: ready when the probes are proven, alive while intervals come in, stopping)
import { createSession } from './store/session.ts';

/**
 * Records until it is stopped. The data's path: bpf/ → compose → bpftrace → recorder (envelope, decode,
 * totals, enrich, store) → SQLite. A bpftrace that dies is started again; what that costs is a row in
 * loss. Returns when everything recorded is written.
 */
export async function record(asked: RecordOptions): Promise<Summary | Failure> {
  const options = notifySystemd(asked);
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
<<<<<<< HEAD
=======

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
  return choose(await tryFragments(host), detectCgroupLayout(hostRoots).layout);
}

function problemsOf(plan: readonly PlannedProbe[]): Failure[] {
  if (probes.some((probe) => isPlanned(plan, probe))) return [];
  return [failure('nothing-to-record', { reasons: plan.flatMap(({ reasons }) => reasons) })];
}

type Options = RecordOptions & Config & { readonly databasePath: string };

const RESTART_PAUSE_MS = 1000;

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
      const end = await capture({ db, host, session, lookups, options, stop }, plan);
      if (isFailure(end)) {
        if (starts === 1) return end;
        session.gap(end.code);
      } else if (end === 'stopped') return stop.reason();
      if (stop.isSet()) return stop.reason();
      await pause(RESTART_PAUSE_MS, stop);
    }
  } finally {
    samplers.stop();
    watching.close();
    stop.release();
  }
}

function createLookups({ classes }: Config): Lookups {
  const mounts = createMounts(hostRoots, mountTableOf(hostRoots));
  return {
    mounts,
    cgroups: createCgroups(hostRoots),
    containers: createContainers(hostRoots, mounts),
    devices: createDevices(hostRoots, mounts),
    proc: hostRoots.proc,
    classes,
  };
}
>>>>>>> 6293bd8 (The daemon reports to systemd: ready when the probes are proven, alive while intervals come in, stopping)
