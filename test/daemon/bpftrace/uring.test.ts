import { expect, test } from 'vitest';
import { FIXED_CONSTANTS } from '../../../src/daemon/bpftrace/constants.ts';
import { startMachine } from './machine.ts';
import type { Struct } from './machine.ts';

const regular = BigInt(FIXED_CONSTANTS['S_IFREG']!);
const inode: Struct = { address: 20n, i_mode: regular, i_ino: 77n, i_sb: { address: 21n, s_dev: 5n } };
const dentry: Struct = { address: 22n, d_name: { address: 23n, hash: 9n, len: 4n } };
const root: Struct = { ...dentry, d_parent: { address: 22n } };
const file: Struct = { address: 24n, f_inode: inode, f_path: { address: 25n, dentry: root } };
const request: Struct = { address: 30n, value: 24n };
const submitter: Struct = { address: 1n, tgid: 500n, pid: 501n };
const elsewhere: Struct = { address: 2n, tgid: 900n, pid: 901n };

test('an exemplar of io_uring is the submitter’s, in whichever task the request completes', () => {
  const machine = startMachine({ fragments: ['uring.submit_req.bt'] }, [inode, dentry, file, request]);
  const args: Struct = { address: 0n, req: 30n, opcode: 22n, res: 4096n };
  machine.fire('tracepoint:io_uring:io_uring_submit_req', {
    nsecs: 1000n,
    curtask: submitter,
    cgroup: 7n,
    args,
  });
  machine.fire('tracepoint:io_uring:io_uring_complete', {
    nsecs: 9000n,
    curtask: elsewhere,
    cgroup: 8n,
    comm: 'kworker/u8:1',
    args,
  });
  const [, op, variant, us, cgroup, tgid] = machine.sent.find(([tag]) => tag === 'slow')!;
  expect([op, variant, us, cgroup, tgid]).toEqual([8n, 7n, 9n, 7n, 500n]);
  // And no other process's name is given to it.
  expect(machine.sent.filter(([tag]) => tag === 'process')).toEqual([]);
  const [row] = [...machine.map('row_a').keys()];
  expect(row?.split(',').slice(1, 5)).toEqual(['8', '7', '7', '500']);
});
