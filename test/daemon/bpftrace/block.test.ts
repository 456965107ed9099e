import { describe, expect, test } from 'vitest';
import { FIXED_CONSTANTS } from '../../../src/daemon/bpftrace/constants.ts';
import type { Event, Machine, Struct } from './machine.ts';
import { startMachine } from './machine.ts';

const DISK = 0xfe00000n;
const part0: Struct = { address: 10n, bd_dev: DISK };
const disk: Struct = { address: 11n, part0 };
const queue: Struct = { address: 12n, disk, mq_ops: 1n };
const bio: Struct = { address: 13n };
const request: Struct = { address: 100n, q: queue, bio, cmd_flags: 1n, __data_len: 4096n, __sector: 8n };

const writer: Struct = { address: 1n, tgid: 500n, pid: 500n };
const worker: Struct = { address: 2n, tgid: 40n, pid: 40n, flags: BigInt(FIXED_CONSTANTS['PF_KTHREAD']!) };
const by = (task: Struct, cgroup: bigint, nsecs: bigint): Event => ({ curtask: task, cgroup, nsecs });

const sector: Struct = { address: 0n, dev: DISK, sector: 8n, bytes: 4096n, rwbs: 'WS', error: 0n };

type Step = (event: Event) => [hook: string, seen: Event];
type Steps = {
  readonly insert: Step | undefined;
  readonly issue: Step;
  readonly requeue: Step;
  readonly complete: Step;
};

/** How each program learns of the same things. */
const FRAGMENTS: Readonly<Record<string, Steps>> = {
  'block.rawtracepoint.bt': {
    insert: (event: Event) => ['rawtracepoint:block_rq_insert', { ...event, arg0: request }],
    issue: (event: Event) => ['rawtracepoint:block_rq_issue', { ...event, arg0: request }],
    requeue: (event: Event) => ['rawtracepoint:block_rq_requeue', { ...event, arg0: request }],
    complete: (event: Event) => [
      'rawtracepoint:block_rq_complete',
      { ...event, arg0: request, arg1: 0n, arg2: 4096n },
    ],
  },
  'block.kfunc.bt': {
    insert: undefined,
    issue: (event: Event) => ['kfunc:blk_mq_start_request', { ...event, args: { address: 0n, rq: request } }],
    requeue: (event: Event) => [
      'kfunc:__blk_mq_requeue_request',
      { ...event, args: { address: 0n, rq: request } },
    ],
    complete: (event: Event) => [
      'kfunc:blk_update_request',
      { ...event, args: { address: 0n, req: request, error: 0n, nr_bytes: 4096n } },
    ],
  },
  'block.tracepoint.bt': {
    insert: (event: Event) => ['tracepoint:block:block_rq_insert', { ...event, args: sector }],
    issue: (event: Event) => ['tracepoint:block:block_rq_issue', { ...event, args: sector }],
    requeue: (event: Event) => ['tracepoint:block:block_rq_requeue', { ...event, args: sector }],
    complete: (event: Event) => ['tracepoint:block:block_rq_complete', { ...event, args: sector }],
  },
};
const fire = (machine: Machine, step: Step, event: Event): void => {
  machine.fire(...step(event));
};

/** Operations by who did them: op,variant,cgroup,tgid → [count, latency, queue time and device time, bytes]. */
function counted(machine: Machine) {
  const rows = [...machine.map('irq_row_a').keys()].map((key) => key.split(','));
  const of = (map: string, row: string): number => Number(machine.map(`irq_${map}_a`).get(row) ?? 0n);
  return Object.fromEntries(
    rows.map(([row, op, variant, cgroup, tgid]) => [
      `op ${op!} of ${tgid!} in ${cgroup!}, basis ${variant!}`,
      { ops: of('count', row!), ns: of('latency', row!), inner: of('inner', row!), bytes: of('bytes', row!) },
    ]),
  );
}

describe.each(Object.entries(FRAGMENTS))('%s', (file, { insert, issue, requeue, complete }) => {
  const start = () => startMachine({ fragments: [file] }, [bio, request]);

  test('a request that the driver hands back is the first submitter’s, from its beginning', () => {
    const machine = start();
    fire(machine, insert ?? issue, by(writer, 7n, 1000n));
    if (insert) fire(machine, issue, by(writer, 7n, 2000n));
    fire(machine, requeue, by(worker, 1n, 5000n));
    fire(machine, issue, by(worker, 1n, 9000n));
    fire(machine, requeue, by(worker, 1n, 9500n));
    fire(machine, issue, by(worker, 1n, 20_000n));
    fire(machine, complete, by(worker, 1n, 50_000n));
    expect(counted(machine)).toEqual({
      'op 5 of 500 in 7, basis 4': { ops: 1, ns: 49_000, inner: 30_000, bytes: 4096 },
      'op 28 of 500 in 7, basis 4': { ops: 2, ns: (insert ? 3000 : 4000) + 500, inner: 0, bytes: 0 },
    });
  });

  test('an address that comes again though its completion was missed begins anew', () => {
    const machine = start();
    fire(machine, issue, by(writer, 7n, 1000n));
    fire(machine, issue, by({ address: 3n, tgid: 600n, pid: 600n }, 8n, 100_000n));
    fire(machine, complete, by(worker, 1n, 150_000n));
    expect(counted(machine)).toEqual({
      'op 5 of 600 in 8, basis 4': { ops: 1, ns: 50_000, inner: 50_000, bytes: 4096 },
    });
  });

  test('nothing is left of what is completed', () => {
    const machine = start();
    fire(machine, issue, by(writer, 7n, 1000n));
    fire(machine, requeue, by(worker, 1n, 5000n));
    fire(machine, issue, by(worker, 1n, 9000n));
    fire(machine, complete, by(worker, 1n, 50_000n));
    const pairs = ['block', 'sector'].flatMap((name) =>
      ['start', 'issue', 'tgid', 'cgroup', 'size'].map((part) => machine.map(`${name}_${part}`).size),
    );
    expect(pairs.every((size) => size === 0)).toBe(true);
  });
});
