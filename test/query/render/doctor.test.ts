import { expect, test } from 'vitest';
import { failure } from '../../../src/failure.ts';
import type { MachineReport } from '../../../src/query/render/doctor.ts';
import { doctorDocument, doctorText } from '../../../src/query/render/doctor.ts';

const diagnosis: MachineReport = {
  facts: [
    { name: 'kernel', value: '6.1.0-41-cloud-amd64' },
    { name: 'bpftrace', value: '0.17.0' },
  ],
  plan: [
    {
      probe: 'fsync',
      fragment: 'bpf/fsync.tracepoint.bt',
      reasons: ['fsync.kfunc.bt needs BTF, which this kernel has not'],
      gaps: [
        { probe: 'fsync', subject: 'o_dsync', state: 'partial', reason: 'seen on ext4 only', fix: null },
      ],
    },
    { probe: 'copy_up', fragment: null, reasons: ['overlay is not loaded'], gaps: [] },
  ],
  problems: [],
};

test('a machine that can record', () => {
  expect(doctorText(diagnosis, undefined)).toMatchInlineSnapshot(`
    "This machine
      kernel    6.1.0-41-cloud-amd64
      bpftrace  0.17.0

    Plan
      fsync: bpf/fsync.tracepoint.bt
        fsync.kfunc.bt needs BTF, which this kernel has not
        partly covered: fsync o_dsync: seen on ext4 only
      copy_up: waits for its module
        overlay is not loaded

    Ready. Type: sudo iotrace record --for 30s
    "
  `);
});

test('a machine that can not', () => {
  const problems = [failure('no-bpftrace', { seen: 'spawn bpftrace ENOENT' })];
  expect(doctorText({ facts: [], plan: [], problems }, undefined)).toMatchInlineSnapshot(`
    "This machine

    Plan

    Problems
      bpftrace is not installed (spawn bpftrace ENOENT). Type: sudo apt-get install bpftrace
    "
  `);
  expect(doctorDocument({ facts: [], plan: [], problems })).toEqual({
    facts: [],
    plan: [],
    problems: [
      {
        code: 'no-bpftrace',
        details: { seen: 'spawn bpftrace ENOENT' },
        explanation: 'bpftrace is not installed (spawn bpftrace ENOENT). Type: sudo apt-get install bpftrace',
      },
    ],
  });
});
