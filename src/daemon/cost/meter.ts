import { readFileSync } from 'node:fs';
import type { Db } from '../../schema/open.ts';

/** What the capture cost since it was last asked (CPU), and holds now (memory, disk). */
export type Cost = {
  readonly daemonCpuUs: number;
  readonly daemonRssBytes: number;
  readonly bpftraceCpuUs: number;
  readonly bpftraceRssBytes: number;
  readonly databaseBytes: number;
};

/** USER_HZ, fixed at 100 in the kernel's ABI (proc(5)). */
const US_PER_TICK = 10_000;
const PAGE_BYTES = 4096;

export function createCostMeter(db: Db, bpftracePid: () => number): () => Cost {
  let cpuBefore = process.cpuUsage();
  let childBefore = 0;
  let childRssBytes = 0;
  return () => {
    const used = process.cpuUsage(cpuBefore);
    cpuBefore = process.cpuUsage();
    const child = readProcess(bpftracePid());
    const bpftraceCpuUs = Math.max(0, child.cpuUs - childBefore);
    childBefore = child.cpuUs;
    // Gone when the last interval is stored: then it holds what it held before.
    if (child.rssBytes > 0) childRssBytes = child.rssBytes;
    const pages = db.pragma('page_count', { simple: true });
    const pageBytes = db.pragma('page_size', { simple: true });
    return {
      daemonCpuUs: used.user + used.system,
      daemonRssBytes: process.memoryUsage.rss(),
      bpftraceCpuUs,
      bpftraceRssBytes: childRssBytes,
      databaseBytes: Number(pages) * Number(pageBytes),
    };
  };
}

/** CPU time and memory of a process, from /proc/PID/stat (proc(5): fields 14, 15 and 24). */
export function readProcess(pid: number): { cpuUs: number; rssBytes: number } {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user, system, rss] = [fields[11], fields[12], fields[21]].map(Number);
    return { cpuUs: ((user ?? 0) + (system ?? 0)) * US_PER_TICK, rssBytes: (rss ?? 0) * PAGE_BYTES };
  } catch {
    return { cpuUs: 0, rssBytes: 0 };
  }
}
