import { readdirSync, readFileSync } from 'node:fs';

/** One BPF program of bpftrace's, as the kernel accounts for it (/proc/PID/fdinfo, kernel 5.12). */
export type LoadedProgram = {
  readonly tag: string;
  /** Runs and their time: counted only while the kernel is asked to, see stats.ts. */
  readonly runCount: number;
  readonly runTimeNs: number;
  /** Runs the kernel skipped, because the same program (of the perf kind: any) was under way on that CPU. */
  readonly missedCount: number;
};

export type Programs = {
  /** By program id: what differs between two readings is what happened between them. */
  read(): ReadonlyMap<number, LoadedProgram>;
  /** Names by tag; programs of the same code share it. Read once: the symbols do not change. */
  names(): ReadonlyMap<string, string>;
  /** Kernel memory of all maps and programs. */
  readonly memoryBytes: number;
};

/** The programs of a running bpftrace; none when it is gone. */
export function findPrograms(pid: number): Programs {
  const folder = `/proc/${String(pid)}/fdinfo`;
  const infos = descriptorsOf(folder).map((name) => ({ name, text: readInfo(folder, name) }));
  // 0.27 keeps two descriptors of each. That of a link (fentry, raw tracepoints) names its program, and counts nothing.
  const programs = new Map(
    infos.flatMap(({ name, text }) => (isProgram(text) ? [[numberOf(text, 'prog_id'), name] as const] : [])),
  );
  const objects = new Map(infos.map(({ text }) => [objectOf(text), numberOf(text, 'memlock')]));
  let names: ReadonlyMap<string, string> | undefined;
  return {
    read: () =>
      new Map([...programs].map(([id, descriptor]) => [id, parseProgram(readInfo(folder, descriptor))])),
    names: () => (names ??= readNames()),
    memoryBytes: [...objects.values()].reduce((sum, bytes) => sum + bytes, 0),
  };
}

function descriptorsOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readInfo(folder: string, descriptor: string): string {
  try {
    return readFileSync(`${folder}/${descriptor}`, 'utf8');
  } catch {
    return '';
  }
}

export const isProgram = (text: string): boolean => /^prog_type:/mu.test(text);

const objectOf = (text: string): string =>
  `${String(numberOf(text, 'map_id'))} ${String(numberOf(text, 'prog_id'))}`;

function numberOf(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s*(\\d+)`, 'mu').exec(text)?.[1] ?? 0);
}

export function parseProgram(text: string): LoadedProgram {
  return {
    tag: /^prog_tag:\s*([0-9a-f]+)/mu.exec(text)?.[1] ?? '',
    runCount: numberOf(text, 'run_cnt'),
    runTimeNs: numberOf(text, 'run_time_ns'),
    missedCount: numberOf(text, 'recursion_misses'),
  };
}

/** Compiled programs have symbols: `bpf_prog_<tag>_<name>`, the name cut to 15 bytes before bpftrace 0.18. */
function readNames(): ReadonlyMap<string, string> {
  try {
    return parseNames(readFileSync('/proc/kallsyms', 'utf8'));
  } catch {
    return new Map();
  }
}

export function parseNames(kallsyms: string): Map<string, string> {
  const names = new Map<string, Set<string>>();
  for (const [, tag = '', name = ''] of kallsyms.matchAll(/ bpf_prog_([0-9a-f]{16})_(\S+)/gu)) {
    const known = names.get(tag) ?? new Set();
    // From 0.18 on the program's place in the source is appended, and its kind stands in front.
    known.add(name.replace(/_\d+$/u, '').replace(/^tracepoint_(?:io_uring|[a-z0-9]+)_/u, ''));
    names.set(tag, known);
  }
  return new Map([...names].map(([tag, all]) => [tag, [...all].toSorted().join(', ')]));
}
