import { run } from '../children.ts';
import type { RecordOptions } from '../contract.ts';

/** bpftrace compiles and attaches anew after it died: so long without an interval is no hang. */
const RESTART_PATIENCE_MS = 360_000;
/** Pings in the time after which systemd ends a silent service. */
const PINGS = 3;

/**
 * The same recording, reported to the service manager that asks for it by `$NOTIFY_SOCKET` (sd_notify(3)): when the
 * probes are proven, that it is alive, and when it begins to end. It counts as alive while the event loop runs and
 * intervals are stored: a write that hangs in a dead disk and a bpftrace without a word both end in a restart.
 */
export function notifySystemd(
  options: RecordOptions,
  environment: NodeJS.ProcessEnv = process.env,
): RecordOptions {
  const socket = environment['NOTIFY_SOCKET'];
  if (socket === undefined) return options;
  const send = (message: string): void => {
    void notify(socket, message);
  };
  const watchdogMs = Number(environment['WATCHDOG_USEC'] ?? 0) / 1000;
  const patienceMs = Math.max(RESTART_PATIENCE_MS, 3 * options.intervalMs);
  let intervalAtMs = 0;
  let pings: NodeJS.Timeout | undefined;
  const ping = (): void => {
    if (performance.now() - intervalAtMs < patienceMs) send('WATCHDOG=1');
  };
  options.signal?.addEventListener('abort', () => {
    clearInterval(pings);
    send('STOPPING=1');
  });
  return {
    ...options,
    onReady(coverage) {
      options.onReady?.(coverage);
      send('--ready');
      intervalAtMs = performance.now();
      if (watchdogMs > 0) pings ??= setInterval(ping, watchdogMs / PINGS).unref();
    },
    onInterval() {
      options.onInterval?.();
      intervalAtMs = performance.now();
    },
  };
}

/** Node.js has no datagram sockets of AF_UNIX: systemd-notify(1) has, and takes 3 ms of CPU. */
async function notify(socket: string, message: string): Promise<void> {
  const { failed, seen } = await run('systemd-notify', [message], { variables: { NOTIFY_SOCKET: socket } });
  if (failed) process.stderr.write(`iotrace: ${message} did not reach systemd: ${seen}\n`);
}
