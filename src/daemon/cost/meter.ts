import type { Db } from '../../schema/open.ts';
import { readProcess } from '../lookups/process-usage.ts';

/** What the capture cost since it was last asked (CPU), and holds now (memory, disk). */
export type Cost = {
  readonly daemonCpuUs: number;
  readonly daemonRssBytes: number;
  readonly bpftraceCpuUs: number;
  readonly bpftraceRssBytes: number;
  readonly databaseBytes: number;
};

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
