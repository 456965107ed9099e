import { resolve } from 'node:path';
import type { Failure } from '../failure.ts';
import { failure, isFailure } from '../failure.ts';
import { databaseFailure, openForWriting } from '../schema/open.ts';
import { findCapabilities } from './bpftrace/capabilities.ts';
import type { Capabilities } from './bpftrace/capabilities.ts';
import { endOrphans } from './bpftrace/orphans.ts';
import { captureUntilStopped } from './captures.ts';
import { readConfig } from './config.ts';
import type { Config } from './config.ts';
import type { RecordOptions, Summary } from './contract.ts';
import { notifySystemd } from './service/notify.ts';
import { lockRecording } from './store/lock.ts';
import { stopSignal } from './stop.ts';
import type { StopSignal } from './stop.ts';
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
  process.umask(0o027);
  const config = readConfig(options.configPath);
  if (isFailure(config)) return config;
  const host = await findCapabilities('iotrace record');
  if (isFailure(host)) return host;
  const databasePath = resolve(options.databasePath);
  const stop = stopSignal(options);
  try {
    return await recordUntilStopped(host, { ...options, ...config, databasePath }, stop);
  } catch (error) {
    const foreseen = databaseFailure(databasePath, error);
    if (!foreseen) throw error;
    return foreseen;
  } finally {
    stop.release();
  }
}

type Settings = RecordOptions & Config;

/** One session, and another each time the database was deleted or replaced under it. */
async function recordUntilStopped(
  host: Capabilities,
  settings: Settings,
  stop: StopSignal,
): Promise<Summary | Failure> {
  for (let gone: DatabaseGone | undefined; ;) {
    const ended = await recordSession(host, settings, stop, gone);
    if (!('goneSinceUs' in ended)) return ended;
    gone = ended;
    process.stderr.write(`iotrace: ${settings.databasePath} ${GONE}: it is created anew\n`);
  }
}

/** Since the last interval that was found in place. */
type DatabaseGone = { readonly goneSinceUs: number };
const GONE = 'was deleted or replaced while it was recorded into';

async function recordSession(
  host: Capabilities,
  settings: Settings,
  stop: StopSignal,
  gone: DatabaseGone | undefined,
): Promise<Summary | Failure | DatabaseGone> {
  const { databasePath } = settings;
  const lock = lockRecording(databasePath);
  if (isFailure(lock)) return lock;
  endOrphans();
  const db = openForWriting(databasePath);
  try {
    if (isFailure(db)) return db;
    const session = createSession(db, host, settings);
    if (gone) session.gap(`the database before ${GONE}`, gone.goneSinceUs);
    const ended = await captureUntilStopped(db, host, session, settings, stop);
    if (ended === 'database gone') return { goneSinceUs: session.inPlaceUs() };
    if (!session.isInPlace()) return failure('database-gone', { path: databasePath });
    session.end(isFailure(ended) ? 'failed to start' : stop.reason());
    return isFailure(ended) ? ended : session.summary(stop.reason());
  } finally {
    if (!isFailure(db)) db.close();
    lock.release();
  }
}
