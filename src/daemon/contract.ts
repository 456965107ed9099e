import type { Failure } from '../failure.ts';
import type { Attachable } from '../schema/probe.ts';
import type { SamplerName } from '../schema/samplers.ts';

/** What the daemon is asked for, and what it answers. */

export type RecordOptions = {
  readonly databasePath: string;
  /** Stop after this long; `undefined`: until SIGINT or SIGTERM. */
  readonly forMs: number | undefined;
  readonly intervalMs: number;
  readonly slowNs: number;
  readonly exemplarsPerSecond: number;
  /** Kernel memory the maps may take, bytes. */
  readonly mapMemoryBytes: number;
  /** Above this share of one CPU, in percent, detail is shed. */
  readonly maxCpuPercent: number;
  /** On preemptible kernels bpftrace runs at real-time priority, see realtime.ts. */
  readonly mayBeRealtime: boolean;
  /** Where the administrator's own settings are; `undefined`: /etc/iotrace/config.json, if it is there. */
  readonly configPath?: string | undefined;
  /** What is read from /proc and /sys meanwhile. */
  readonly samplers: readonly SamplerName[];
  /** Intervals are kept this long, and the database file below this size: see retain.ts. */
  readonly keepMs: number;
  readonly maxDatabaseBytes: number;
  /** Called once the probes are attached: from here on operations count, and `forMs`. */
  readonly onAttached?: () => void;
  /** Called once the probes are attached and proven. */
  readonly onReady?: (coverage: CoverageLine[]) => void;
  /** Called when an interval has come in, stored or kept for when the disk has space again. */
  readonly onInterval?: () => void;
  /** Ends the recording cleanly. */
  readonly signal?: AbortSignal;
};

export type CoverageLine = {
  readonly probe: string;
  readonly subject: string;
  readonly state: 'seen' | 'unproven' | 'partial' | 'missing';
  readonly reason: string;
  readonly fix: string | null;
};

export type Summary = {
  readonly sessionId: number;
  readonly databasePath: string;
  /** Time in which operations were counted. */
  readonly durationMs: number;
  readonly endedHow: string;
  readonly operations: readonly { readonly op: string; readonly op_count: number }[];
  readonly losses: readonly { readonly kind: string; readonly lost_count: number }[];
  readonly coverage: readonly CoverageLine[];
};

export type PlannedProbe = {
  readonly probe: string;
  /** The chosen program in bpf/, null when none can run here. */
  readonly fragment: string | null;
  /** Why not the better ones. */
  readonly reasons: readonly string[];
  readonly gaps: readonly CoverageLine[];
};

/** Whether a program of this probe or companion is to run. */
export function isPlanned(plan: readonly PlannedProbe[], { name }: Attachable): boolean {
  return plan.some(({ probe, fragment }) => probe === name && fragment !== null);
}

export type DoctorReport = {
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly plan: readonly PlannedProbe[];
  readonly problems: readonly Failure[];
};
