import { execa } from 'execa';

/** What systemd is told of the daemon (sd_notify(3)); nothing where no unit asks for it. */
export type Notifier = {
  /** The probes are attached and proven. */
  ready(): void;
  /** An interval was stored. */
  progress(): void;
  /** Ending may take a while: intervals come no more. */
  stopping(): void;
};

const SILENT: Notifier = {
  ready: () => undefined,
  progress: () => undefined,
  stopping: () => undefined,
};

/** bpftrace compiles and attaches anew after it died: so long without an interval is no hang. */
const RESTART_PATIENCE_MS = 360_000;
/** Pings in the time after which systemd ends a silent service. */
const PINGS = 3;

/**
 * Reports to the service manager. The watchdog is fed while the event loop runs and intervals are stored, so that it
 * bites when a hung disk holds a write to the database, and when bpftrace goes on without a word. Node has no datagram
 * sockets of AF_UNIX: systemd-notify(1) sends, which costs 3 ms of CPU a time.
 */
export function notifySystemd(intervalMs: number, environment = process.env): Notifier {
  if (environment['NOTIFY_SOCKET'] === undefined) return SILENT;
  const watchdogMs = Number(environment['WATCHDOG_USEC'] ?? 0) / 1000;
  const patienceMs = Math.max(RESTART_PATIENCE_MS, 3 * intervalMs);
  let progressAt = performance.now();
  let pings: NodeJS.Timeout | undefined;
  const ping = (): void => {
    if (performance.now() - progressAt < patienceMs) send('WATCHDOG=1');
  };
  return {
    ready() {
      send('--ready');
      if (watchdogMs > 0) pings ??= setInterval(ping, watchdogMs / PINGS).unref();
    },
    progress() {
      progressAt = performance.now();
    },
    stopping() {
      clearInterval(pings);
      send('STOPPING=1');
    },
  };
}

/** What can't be sent is said on stderr, once per message: systemd ends the service over it, and the journal tells why. */
function send(message: string): void {
  void execa('systemd-notify', [message], { reject: false }).then(({ failed, shortMessage }) => {
    if (failed) process.stderr.write(`iotrace: systemd was not told ${message}: ${String(shortMessage)}\n`);
  });
}
