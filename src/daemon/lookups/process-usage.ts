import { readFileSync } from 'node:fs';

/** USER_HZ, fixed at 100 in the kernel's ABI (proc(5)). */
const US_PER_TICK = 10_000;
const PAGE_BYTES = 4096;

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
