import { resolve } from 'node:path';
import type { Failure } from '../failure.ts';
import { isFailure } from '../failure.ts';
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
  const lock = lockRecording(databasePath);
  if (isFailure(lock)) return lock;
  try {
    endOrphans();
    return await recordInto(databasePath, host, { ...options, ...config, databasePath });
  } finally {
    lock.release();
  }
}

async function recordInto(
  databasePath: string,
  host: Capabilities,
  options: RecordOptions & Config,
): Promise<Summary | Failure> {
  const db = openForWriting(databasePath);
  if (isFailure(db)) return db;
  try {
    const session = createSession(db, host, options);
    const ended = await captureUntilStopped(db, host, session, options);
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
