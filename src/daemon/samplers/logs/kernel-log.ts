import { closeSync, constants, openSync, readSync } from 'node:fs';
import { errorCode } from '../../../failure.ts';
import { wallUs } from '../../../schema/units.ts';
import { unreadable } from '../problem.ts';
import type { Problem } from '../problem.ts';
import type { Instant, Sampler } from '../sampler.ts';
import { defineTable } from '../table.ts';
import type { SampledRow } from '../table.ts';

/** A record of /dev/kmsg (kernel Documentation/ABI/testing/dev-kmsg). */
export type KmsgRecord = {
  readonly level: number;
  readonly sequence: number;
  /** Since boot, CLOCK_MONOTONIC within some ms. */
  readonly loggedUs: number;
  readonly message: string;
};

const kernelMessage = defineTable({
  name: 'kernel_message',
  keys: ['boot_id', 'session_id'],
  columns: ['sequence', 'logged_us', 'level', 'topic', 'device', 'message'],
  // What another session has read already is there.
  onConflict: 'IGNORE',
});

const RECORD_BYTES = 16 * 1024;
const RECORDS_PER_ROUND = 20_000;

/** Which lines are of interest, by what they say; the first that fits. */
const TOPICS: readonly (readonly [topic: string, pattern: RegExp])[] = [
  ['hung_task', /blocked for more than \d+ seconds/u],
  ['memory', /out of memory|oom-kill|oom_reaper|invoked oom-killer|page allocation (?:failure|stall)/iu],
  ['filesystem', /\b(?:EXT[234]-fs|JBD2|XFS|BTRFS|overlayfs|F2FS-fs|FAT-fs|NFS|SQUASHFS|EROFS|VFS)\b/u],
  ['filesystem', /remounting (?:filesystem )?read-only|file system is full/iu],
  ['block', /I\/O error|I\/O timeout|critical \w+ error|medium error|\breset\w* (?:controller|adapter)/iu],
  [
    'block',
    /\b(?:device-mapper|md\/raid\w*|blk_update_request|virtio_blk|scsi|ata\d+(?:\.\d+)?|nvme\w*)\b/iu,
  ],
  ['block', /\b(?:(?:sd|vd|xvd)[a-z]{1,3}\d*|dm-\d+|md\d+|loop\d+|mmcblk\d+|nbd\d+|zram\d+)\b/u],
];
const DEVICE =
  /\b((?:sd|vd|xvd)[a-z]{1,3}\d*|nvme\d+(?:n\d+(?:p\d+)?)?|dm-\d+|md\d+|loop\d+|mmcblk\d+(?:p\d+)?|nbd\d+|zram\d+)\b/u;

/** Lines of the kernel's log about disks, file systems and memory: at first all the kernel has kept, then what comes. */
export function createKernelLog(path = '/dev/kmsg'): Sampler {
  const buffer = Buffer.alloc(RECORD_BYTES);
  let descriptor: number | undefined;
  let overrunCount = 0;

  /** `undefined`: no more for now. */
  const nextRecord = (open: number): string | undefined => {
    for (;;) {
      try {
        return buffer.toString('utf8', 0, readSync(open, buffer, 0, buffer.length, null));
      } catch (error) {
        // Overwritten before it was read; the next read goes on with what is left.
        if (errorCode(error) === 'EPIPE') overrunCount += 1;
        else if (errorCode(error) === 'EAGAIN') return undefined;
        else throw error;
      }
    }
  };
  return {
    everyMs: 0,
    sample(now) {
      const rows: SampledRow[] = [];
      try {
        descriptor ??= openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
        for (let count = 0; count < RECORDS_PER_ROUND; count += 1) {
          const text = nextRecord(descriptor);
          if (text === undefined || text === '') break;
          const row = toRow(parseRecord(text), now);
          if (row) rows.push(row);
        }
      } catch (error) {
        return { rows, problems: [unreadable(path, { code: errorCode(error) })] };
      }
      return { rows, problems: overrunCount === 0 ? [] : [overrun(overrunCount)] };
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}

function overrun(count: number): Problem {
  const reason = `the kernel's buffer was overwritten ${String(count)} times before it was read`;
  return {
    subject: 'kernel log',
    state: 'partial',
    reason,
    fix: 'log_buf_len=4M on the kernel command line',
  };
}

/** `6,339,5140900,-;message`, then lines ` KEY=value`. */
export function parseRecord(text: string): KmsgRecord | undefined {
  const [, priority, sequence, logged, message] = /^(\d+),(\d+),(\d+),[^;]*;([^\n]*)/u.exec(text) ?? [];
  if (message === undefined) return undefined;
  return {
    level: Number(priority) & 7,
    sequence: Number(sequence),
    loggedUs: Number(logged),
    message: unescaped(message),
  };
}

/** What a line is about, and which device it names; `undefined`: nothing of ours. */
export function topicOf(message: string): { topic: string; device: string | null } | undefined {
  const topic = TOPICS.find(([, pattern]) => pattern.test(message))?.[0];
  return topic === undefined ? undefined : { topic, device: DEVICE.exec(message)?.[1] ?? null };
}

function toRow(record: KmsgRecord | undefined, now: Instant): SampledRow | undefined {
  const about = record && topicOf(record.message);
  if (!about) return undefined;
  const { sequence, level, message, loggedUs } = record;
  const logged_us = wallUs(Math.round(now.wallUs - (now.monotonicUs - loggedUs)));
  return kernelMessage.row({}, { sequence, logged_us, level, message, ...about });
}

/** The kernel writes bytes that are no printable ASCII, and the backslash, as `\xNN`. */
function unescaped(message: string): string {
  return message.replace(/(?:\\x[0-9a-f]{2})+/gu, (escapes) =>
    Buffer.from(escapes.replaceAll('\\x', ''), 'hex').toString('utf8'),
  );
}
