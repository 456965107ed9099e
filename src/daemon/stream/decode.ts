import { toBytes, toText } from './envelope.ts';
import type { Message, Reject } from './envelope.ts';

/** An inode under one name. Inode numbers beyond 2^53 are rounded, alike wherever they come from. */
export type FileIdentity = { readonly dev: number; readonly ino: number; readonly hash: number };

/** What the programs in bpf/ say with print((…)), one record per tuple. */
export type KernelRecord =
  | { readonly type: 'ready'; readonly bootUs: number }
  | { readonly type: 'process'; readonly pid: number; readonly name: string }
  | { readonly type: 'file'; readonly file: FileIdentity; readonly mode: number; readonly links: number }
  | {
      readonly type: 'name';
      readonly file: FileIdentity;
      readonly parent: FileIdentity;
      readonly length: number;
      readonly offset: number;
      readonly piece: Buffer;
    }
  | { readonly type: 'root'; readonly file: FileIdentity }
  | { readonly type: 'inode'; readonly dev: number; readonly ino: number; readonly pid: number }
  | { readonly type: 'cgroup'; readonly id: number; readonly offset: number; readonly piece: Buffer }
  | Exemplar
  | SyncStages
  | BlockError
  | {
      readonly type: 'flush';
      readonly sequence: number;
      readonly startedBootUs: number;
      readonly endedBootUs: number;
    }
  | { readonly type: 'flushed'; readonly sequence: number }
  | { readonly type: 'ending'; readonly bootUs: number };

export type Exemplar = {
  readonly type: 'exemplar';
  readonly opId: number;
  readonly variant: number;
  readonly bootUs: number;
  readonly cgroupId: number;
  readonly pid: number;
  readonly tid: number;
  readonly thread: string;
  readonly file: FileIdentity;
  readonly sizeBytes: number;
  readonly latencyNs: number;
  readonly innerNs: number;
  readonly error: number;
};

/** What a slow sync did with its time; comes ahead of the exemplar with the same thread and latency. */
export type SyncStages = {
  readonly type: 'sync_stages';
  readonly tid: number;
  readonly latencyNs: number;
  /** Its own pages: written and waited for. */
  readonly dataNs: number;
  /** Waiting for a commit of the journal. */
  readonly journalNs: number;
  /** Flushing the disk's cache. */
  readonly flushNs: number;
};

/** A block request that failed. */
export type BlockError = {
  readonly type: 'block_error';
  readonly bootUs: number;
  readonly opId: number;
  /** blk_status_t, include/linux/blk_types.h. */
  readonly status: number;
  /** In sectors of 512 bytes from the start of the disk. */
  readonly sector: number;
  readonly sizeBytes: number;
  readonly cgroupId: number;
  readonly pid: number;
  /** `dev` is the disk. */
  readonly file: FileIdentity;
};

/** The record in a value message. Never throws. */
export function decode(message: Extract<Message, { type: 'value' }>): KernelRecord | Reject {
  const [tag, ...fields] = message.data;
  const shape = SHAPES[String(tag)];
  const text = shape?.text === undefined ? '' : fields[shape.text];
  const numbers = fields.filter((_, place) => place !== shape?.text).map(toNumber);
  if (!shape || numbers.length !== shape.numbers || numbers.some(Number.isNaN) || typeof text !== 'string') {
    return { rejected: JSON.stringify(message.data) };
  }
  return shape.read(numbers, text);
}

/** From 0.24 on a number that no double holds comes as a string: inode numbers beyond 2^53. */
function toNumber(field: string | number): number {
  if (typeof field === 'number') return field;
  return /^\d+$/u.test(field) ? Number(field) : Number.NaN;
}

type Shape = {
  readonly numbers: number;
  /** Where among the fields the only string is. */
  readonly text?: number;
  readonly read: (numbers: number[], text: string) => KernelRecord;
};

const file = ([dev = 0, ino = 0, hash = 0]: number[]): FileIdentity => ({ dev, ino, hash });

const SHAPES: Record<string, Shape> = {
  ready: { numbers: 1, read: ([bootUs = 0]) => ({ type: 'ready', bootUs }) },
  process: {
    numbers: 1,
    text: 1,
    read: ([pid = 0], text) => ({ type: 'process', pid, name: toText(toBytes(text)) }),
  },
  file: {
    numbers: 5,
    read: (n) => ({ type: 'file', file: file(n), mode: n[3] ?? 0, links: n[4] ?? 0 }),
  },
  name: {
    numbers: 8,
    text: 8,
    read: (n, text) => ({
      type: 'name',
      file: file(n),
      parent: file(n.slice(3)),
      length: n[6] ?? 0,
      offset: n[7] ?? 0,
      piece: toBytes(text),
    }),
  },
  root: { numbers: 3, read: (n) => ({ type: 'root', file: file(n) }) },
  inode: {
    numbers: 3,
    read: ([dev = 0, ino = 0, pid = 0]) => ({ type: 'inode', dev, ino, pid }),
  },
  cgroup: {
    numbers: 2,
    text: 2,
    read: ([id = 0, offset = 0], text) => ({ type: 'cgroup', id, offset, piece: toBytes(text) }),
  },
  slow: {
    numbers: 13,
    text: 6,
    read: (n, text) => ({
      type: 'exemplar',
      opId: n[0] ?? 0,
      variant: n[1] ?? 0,
      bootUs: n[2] ?? 0,
      cgroupId: n[3] ?? 0,
      pid: n[4] ?? 0,
      tid: n[5] ?? 0,
      thread: toText(toBytes(text)),
      file: file(n.slice(6)),
      sizeBytes: n[9] ?? 0,
      latencyNs: n[10] ?? 0,
      innerNs: n[11] ?? 0,
      error: n[12] ?? 0,
    }),
  },
  sync_stages: {
    numbers: 5,
    read: ([tid = 0, latencyNs = 0, dataNs = 0, journalNs = 0, flushNs = 0]) => ({
      type: 'sync_stages',
      tid,
      latencyNs,
      dataNs,
      journalNs,
      flushNs,
    }),
  },
  block_error: {
    numbers: 10,
    read: (n) => ({
      type: 'block_error',
      bootUs: n[0] ?? 0,
      opId: n[1] ?? 0,
      status: n[2] ?? 0,
      sector: n[3] ?? 0,
      sizeBytes: n[4] ?? 0,
      cgroupId: n[5] ?? 0,
      pid: n[6] ?? 0,
      file: file(n.slice(7)),
    }),
  },
  flush: {
    numbers: 3,
    read: ([sequence = 0, startedBootUs = 0, endedBootUs = 0]) => ({
      type: 'flush',
      sequence,
      startedBootUs,
      endedBootUs,
    }),
  },
  flushed: { numbers: 1, read: ([sequence = 0]) => ({ type: 'flushed', sequence }) },
  ending: { numbers: 1, read: ([bootUs = 0]) => ({ type: 'ending', bootUs }) },
};
