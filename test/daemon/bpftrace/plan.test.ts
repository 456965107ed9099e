import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Capabilities, Version } from '../../../src/daemon/bpftrace/capabilities.ts';
import { choose, firstError, lacks, waitsForModule } from '../../../src/daemon/bpftrace/plan.ts';
import type { Verdict } from '../../../src/daemon/bpftrace/plan.ts';
import type { Requirement } from '../../../src/schema/probe.ts';

const yes: Verdict = { usable: true };
const no = (reason: string): Verdict => ({ usable: false, reason });
const verdicts = (some: Record<string, Verdict>): ReadonlyMap<string, Verdict> =>
  new Map(Object.entries(some));

const OLD_BPFTRACE = no('bpftrace before 0.26 has no kprobe sessions');
const NO_RAW = no('bpftrace before 0.18 has no raw tracepoints');
const NO_SUBMIT_REQ = no('the kernel has no tracepoint io_uring:io_uring_submit_req');
const NO_KPROBES = no('the kernel has no kprobes');
const NO_XFS = no('the module xfs is not loaded');
const NO_FENTRY = no('kfunc/kretfunc not available for your kernel version.');

/** What trying the fragments gave on each host; those after a usable one are not tried. */
const hosts: Readonly<Record<string, ReadonlyMap<string, Verdict>>> = {
  'Debian 12 (kernel 6.1, bpftrace 0.17)': verdicts({
    'fsync.ksession.bt': OLD_BPFTRACE,
    'fsync.kfunc.bt': yes,
    'copy_up.ksession.bt': OLD_BPFTRACE,
    'copy_up.kfunc.bt': yes,
    'block.rawtracepoint.bt': NO_RAW,
    'block.kfunc.bt': yes,
    'file_io.ksession.bt': OLD_BPFTRACE,
    'file_io.kfunc.bt': yes,
    'open.tracepoint.bt': yes,
    'uring.submit_req.bt': NO_SUBMIT_REQ,
    'uring.submit_sqe.bt': yes,
    'xfs_log.ksession.bt': OLD_BPFTRACE,
    'xfs_log.kfunc.bt': yes,
    'control.tracepoint.bt': yes,
    'journal.kprobe.bt': yes,
    'throttle.rawtracepoint.bt': NO_RAW,
    'throttle.tracepoint.bt': yes,
    'cgroup.rawtracepoint.bt': NO_RAW,
    'cgroup.tracepoint.bt': yes,
  }),
  'Debian 13 (kernel 6.12, bpftrace 0.23)': verdicts({
    'fsync.ksession.bt': OLD_BPFTRACE,
    'fsync.kfunc.bt': yes,
    'copy_up.ksession.bt': OLD_BPFTRACE,
    'copy_up.kfunc.bt': yes,
    'block.rawtracepoint.bt': yes,
    'file_io.ksession.bt': OLD_BPFTRACE,
    'file_io.kfunc.bt': yes,
    'open.tracepoint.bt': yes,
    'uring.submit_req.bt': yes,
    'xfs_log.ksession.bt': OLD_BPFTRACE,
    'xfs_log.kfunc.bt': yes,
    'control.tracepoint.bt': yes,
    'journal.kprobe.bt': yes,
    'throttle.rawtracepoint.bt': yes,
    'cgroup.rawtracepoint.bt': yes,
  }),
  'Debian sid (kernel 7.2, bpftrace 0.27)': verdicts({
    'fsync.ksession.bt': yes,
    'copy_up.ksession.bt': yes,
    'block.rawtracepoint.bt': yes,
    'file_io.ksession.bt': yes,
    'open.tracepoint.bt': yes,
    'uring.submit_req.bt': yes,
    'xfs_log.ksession.bt': yes,
    'control.tracepoint.bt': yes,
    'journal.kprobe.bt': yes,
    'throttle.rawtracepoint.bt': yes,
    'cgroup.rawtracepoint.bt': yes,
  }),
  'without kprobes and fentry, bpftrace 0.17': verdicts({
    'fsync.ksession.bt': OLD_BPFTRACE,
    'fsync.kfunc.bt': NO_FENTRY,
    'fsync.tracepoint.bt': yes,
    'copy_up.ksession.bt': OLD_BPFTRACE,
    'copy_up.kfunc.bt': NO_FENTRY,
    'copy_up.kprobe.bt': NO_KPROBES,
    'block.rawtracepoint.bt': NO_RAW,
    'block.kfunc.bt': NO_FENTRY,
    'block.tracepoint.bt': yes,
    'file_io.ksession.bt': OLD_BPFTRACE,
    'file_io.kfunc.bt': NO_FENTRY,
    'file_io.tracepoint.bt': yes,
    'open.tracepoint.bt': yes,
    'uring.submit_req.bt': yes,
    'xfs_log.ksession.bt': OLD_BPFTRACE,
    'xfs_log.kfunc.bt': NO_XFS,
    'control.tracepoint.bt': yes,
    'journal.kprobe.bt': NO_KPROBES,
    'journal.tracepoint.bt': yes,
    'throttle.rawtracepoint.bt': NO_RAW,
    'throttle.tracepoint.bt': yes,
    'cgroup.rawtracepoint.bt': NO_RAW,
    'cgroup.tracepoint.bt': yes,
  }),
  'on which overlay is not loaded yet': verdicts({
    'fsync.ksession.bt': yes,
    'copy_up.ksession.bt': no('the module overlay is not loaded'),
    'copy_up.kfunc.bt': no('the module overlay is not loaded'),
    'copy_up.kprobe.bt': no('the module overlay is not loaded'),
    'block.rawtracepoint.bt': yes,
    'file_io.ksession.bt': yes,
    'open.tracepoint.bt': yes,
    'uring.submit_req.bt': yes,
    'xfs_log.ksession.bt': NO_XFS,
    'xfs_log.kfunc.bt': NO_XFS,
    'control.tracepoint.bt': yes,
    'journal.kprobe.bt': yes,
    'throttle.rawtracepoint.bt': yes,
    'cgroup.rawtracepoint.bt': yes,
  }),
};

describe.each(Object.entries(hosts))('on a host %s', (name, tried) => {
  const plan = choose(tried, 'v2');

  test('each probe runs its best usable fragment', () => {
    expect(plan.map(({ probe, fragment }) => `${probe}: ${fragment ?? 'nothing'}`)).toEqual(
      {
        'Debian 12 (kernel 6.1, bpftrace 0.17)': [
          'fsync: fsync.kfunc.bt',
          'copy_up: copy_up.kfunc.bt',
          'block: block.kfunc.bt',
          'file_io: file_io.kfunc.bt',
          'open: open.tracepoint.bt',
          'journal: journal.kprobe.bt',
          'throttle: throttle.tracepoint.bt',
          'cgroup: cgroup.tracepoint.bt',
          'uring: uring.submit_sqe.bt',
          'xfs_log: xfs_log.kfunc.bt',
          'control: control.tracepoint.bt',
        ],
        'Debian 13 (kernel 6.12, bpftrace 0.23)': [
          'fsync: fsync.kfunc.bt',
          'copy_up: copy_up.kfunc.bt',
          'block: block.rawtracepoint.bt',
          'file_io: file_io.kfunc.bt',
          'open: open.tracepoint.bt',
          'journal: journal.kprobe.bt',
          'throttle: throttle.rawtracepoint.bt',
          'cgroup: cgroup.rawtracepoint.bt',
          'uring: uring.submit_req.bt',
          'xfs_log: xfs_log.kfunc.bt',
          'control: control.tracepoint.bt',
        ],
        'Debian sid (kernel 7.2, bpftrace 0.27)': [
          'fsync: fsync.ksession.bt',
          'copy_up: copy_up.ksession.bt',
          'block: block.rawtracepoint.bt',
          'file_io: file_io.ksession.bt',
          'open: open.tracepoint.bt',
          'journal: journal.kprobe.bt',
          'throttle: throttle.rawtracepoint.bt',
          'cgroup: cgroup.rawtracepoint.bt',
          'uring: uring.submit_req.bt',
          'xfs_log: xfs_log.ksession.bt',
          'control: control.tracepoint.bt',
        ],
        'without kprobes and fentry, bpftrace 0.17': [
          'fsync: fsync.tracepoint.bt',
          'copy_up: nothing',
          'block: block.tracepoint.bt',
          'file_io: file_io.tracepoint.bt',
          'open: open.tracepoint.bt',
          'journal: journal.tracepoint.bt',
          'throttle: throttle.tracepoint.bt',
          'cgroup: cgroup.tracepoint.bt',
          'uring: uring.submit_req.bt',
          'xfs_log: nothing',
          'control: control.tracepoint.bt',
        ],
        'on which overlay is not loaded yet': [
          'fsync: fsync.ksession.bt',
          'copy_up: nothing',
          'block: block.rawtracepoint.bt',
          'file_io: file_io.ksession.bt',
          'open: open.tracepoint.bt',
          'journal: journal.kprobe.bt',
          'throttle: throttle.rawtracepoint.bt',
          'cgroup: cgroup.rawtracepoint.bt',
          'uring: uring.submit_req.bt',
          'xfs_log: nothing',
          'control: control.tracepoint.bt',
        ],
      }[name],
    );
  });

  test('the reasons name every better fragment, and no other', () => {
    for (const { reasons, probe } of plan) {
      const refused = [...tried].flatMap(([file, verdict]) =>
        file.startsWith(`${probe}.`) && !verdict.usable ? [`${file}: ${verdict.reason}`] : [],
      );
      expect(reasons).toEqual(refused);
    }
  });
});

const gapsOf = (name: string): string[] =>
  choose(hosts[name]!, 'v2').flatMap(({ gaps }) =>
    gaps.map(({ probe, subject, state, reason, fix }) =>
      [`${probe} ${subject} ${state}: ${reason}`, ...(fix === null ? [] : [`  fix: ${fix}`])].join('\n'),
    ),
  );

describe('what a host can’t see is told', () => {
  test('Debian 12', () => {
    expect(gapsOf('Debian 12 (kernel 6.1, bpftrace 0.17)').join('\n')).toMatchInlineSnapshot(`
      "block queue time partial: bpftrace before 0.18 has no raw tracepoints: time in the scheduler is not measured, batched completions are not seen; neither is what I/O takes at devices of the device mapper and md
        fix: install bpftrace 0.18 or newer
      file_io memory mappings missing: a mapped file is read and written without a call; what its faults read from a device is in block
      file_io aio missing: the reads and writes of io_submit do not pass the hooks; what they ask of a device is in block
      throttle throttle_block missing: raw tracepoints (bpftrace 0.18) and fentry are needed to see I/O held back before it becomes a request
        fix: install bpftrace 0.18 or newer"
    `);
  });

  test('Debian 13 and sid: what no kernel can', () => {
    const gaps = gapsOf('Debian 13 (kernel 6.12, bpftrace 0.23)');
    expect(gaps.join('\n')).toMatchInlineSnapshot(`
      "file_io memory mappings missing: a mapped file is read and written without a call; what its faults read from a device is in block
      file_io aio missing: the reads and writes of io_submit do not pass the hooks; what they ask of a device is in block"
    `);
    expect(gapsOf('Debian sid (kernel 7.2, bpftrace 0.27)')).toEqual(gaps);
  });

  test('without kprobes and fentry', () => {
    expect(gapsOf('without kprobes and fentry, bpftrace 0.17').join('\n')).toMatchInlineSnapshot(`
      "fsync o_sync, o_dsync, io_uring beyond ext4 partial: this kernel has neither kprobes nor fentry; ext4 tells of these syncs, other file systems do not
        fix: run a kernel with CONFIG_KPROBES and CONFIG_FUNCTION_TRACER (every distribution kernel has them)
      copy_up copy_up missing: overlayfs has no tracepoint, and neither kprobes nor fentry can be used on it
        fix: run a kernel with CONFIG_KPROBES and CONFIG_FUNCTION_TRACER (every distribution kernel has them)
      block owner and file of block I/O partial: without raw tracepoints and fentry a request is charged to the task that submitted it (writeback: a kworker), and its file is not known
        fix: install bpftrace 0.18 or newer
      file_io memory mappings missing: a mapped file is read and written without a call; what its faults read from a device is in block
      file_io aio missing: the reads and writes of io_submit do not pass the hooks; what they ask of a device is in block
      journal journal_wait missing: no kprobes: whose sync asked for a commit, and who waited, is not known
        fix: run a kernel with CONFIG_KPROBES and CONFIG_FUNCTION_TRACER (every distribution kernel has them)
      throttle throttle_block missing: raw tracepoints (bpftrace 0.18) and fentry are needed to see I/O held back before it becomes a request
        fix: install bpftrace 0.18 or newer"
    `);
  });

  test('on a host where nothing can be used', () => {
    const plan = choose(new Map(), 'v1');
    expect(plan.every(({ fragment }) => fragment === null)).toBe(true);
    expect(
      plan.flatMap(({ gaps }) => gaps.map(({ probe, subject, state }) => `${probe}: ${subject} ${state}`)),
    ).toEqual([
      'fsync: fsync missing',
      'copy_up: copy_up missing',
      'block: block missing',
      'file_io: file_io missing',
      'open: open missing',
      'journal: journal missing',
      'throttle: throttle missing',
      'cgroup: short-lived containers partial',
      'cgroup: containers missing',
      'uring: reads and writes missing',
      'xfs_log: waits for the log of xfs missing',
      'control: --max-cpu missing',
    ]);
  });
});

test.each([
  ['v2', []],
  [
    'hybrid',
    [
      'cgroup v1 with a unified hierarchy beside it: containers without a cgroup of their own in the unified one count as /, and block I/O is not charged to who dirtied the page',
    ],
  ],
  ['v1', ['no cgroup2 hierarchy: everything counts as one cgroup']],
  ['none', ['no cgroup2 hierarchy: everything counts as one cgroup']],
] as const)('with cgroups %s, whose containers are told apart is said', (layout, reasons) => {
  const cgroup = choose(hosts['Debian sid (kernel 7.2, bpftrace 0.27)']!, layout).find(
    ({ probe }) => probe === 'cgroup',
  );
  expect(cgroup?.gaps.map(({ reason }) => reason)).toEqual(reasons);
});

describe('what a host lacks', () => {
  const tracing = mkdtempSync(join(tmpdir(), 'iotrace-tracing-'));
  mkdirSync(join(tracing, 'events/block/block_rq_issue'), { recursive: true });
  afterAll(() => {
    rmSync(tracing, { recursive: true });
  });
  const host = (
    bpftraceVersion: Version,
    kernelVersion: Version,
    less: Partial<Capabilities> = {},
  ): Capabilities => ({
    bpftrace: '/usr/bin/bpftrace',
    setpriv: '/usr/bin/setpriv',
    bpftraceVersion,
    kernelVersion,
    kernelRelease: kernelVersion.join('.'),
    host: 'host',
    bootId: 'boot',
    cpuCount: 2,
    possibleCpuCount: 2,
    hasBtf: true,
    hasKprobes: true,
    tracing,
    ...less,
  });
  const debian12 = host([0, 17], [6, 1]);
  const debian13 = host([0, 23], [6, 12]);
  const sid = host([0, 27], [7, 2]);
  const oldKernel = host([0, 27], [6, 9]);
  const bare = host([0, 27], [6, 18], { hasBtf: false, hasKprobes: false });

  const session: Requirement = { kind: 'ksession', function: 'f' };
  const fentry: Requirement = { kind: 'kfunc', function: 'f' };
  const kprobe: Requirement = { kind: 'kprobe', function: 'f' };
  const raw: Requirement = { kind: 'rawtracepoint', name: 'block_rq_issue' };
  const btf: Requirement = { kind: 'btf' };
  const known: Requirement = { kind: 'tracepoint', name: 'block:block_rq_issue' };
  const unknown: Requirement = { kind: 'tracepoint', name: 'block:block_rq_nothing' };

  test.each([
    ['a session', session, debian12, 'bpftrace before 0.26 has no kprobe sessions'],
    ['a session', session, debian13, 'bpftrace before 0.26 has no kprobe sessions'],
    ['a session', session, host([0, 25], [7, 2]), 'bpftrace before 0.26 has no kprobe sessions'],
    ['a session', session, host([0, 26], [6, 10]), undefined],
    ['a session', session, oldKernel, 'kernels before 6.10 have no kprobe sessions'],
    ['a session', session, sid, undefined],
    ['a session', session, bare, 'the kernel has no kprobes'],
    ['fentry', fentry, debian12, undefined],
    ['fentry', fentry, sid, undefined],
    ['fentry', fentry, bare, 'the kernel has no BTF, which fentry needs'],
    ['a kprobe', kprobe, debian12, undefined],
    ['a kprobe', kprobe, bare, 'the kernel has no kprobes'],
    ['a raw tracepoint', raw, debian12, 'bpftrace before 0.18 has no raw tracepoints'],
    ['a raw tracepoint', raw, host([0, 18], [6, 1]), undefined],
    ['a raw tracepoint', raw, debian13, undefined],
    ['BTF', btf, sid, undefined],
    ['BTF', btf, bare, 'the kernel has no BTF (/sys/kernel/btf/vmlinux)'],
    ['a tracepoint', known, bare, undefined],
    ['a tracepoint', unknown, sid, 'the kernel has no tracepoint block:block_rq_nothing'],
  ])('for %s %j', (_, need, capabilities, reason) => {
    expect(lacks(need, capabilities)).toBe(reason);
  });

  test.each(['kfunc', 'kprobe', 'ksession'] as const)('a function of a module waits for it: %s', (kind) => {
    const need: Requirement = { kind, function: 'f', module: 'no_such_module' };
    expect(lacks(need, sid)).toBe('the module no_such_module is not loaded');
    // Every kernel has this folder in /sys/module: its own parameters.
    expect(lacks({ ...need, module: 'kernel' }, sid)).toBeUndefined();
  });

  test('a module that is not loaded may be later', () => {
    expect([waitsForModule('no_such_module'), waitsForModule('kernel')]).toEqual([true, false]);
  });
});

const MEMLOCK = `ERROR: Unknown error -1: couldn't set RLIMIT_MEMLOCK for bpftrace. If your program is not loading, you can try "ulimit -l 8192" to fix the problem`;

// What the three bpftraces said on a kernel without kprobes and fentry.
test.each([
  [
    '0.17.0',
    [
      MEMLOCK,
      'stdin:1:18-40: ERROR: kfunc/kretfunc not available for your kernel version.',
      'BEGIN { exit(); } kfunc:vfs_fsync_range { @ = count(); }',
      '                 ~~~~~~~~~~~~~~~~~~~~~~',
    ],
    'kfunc/kretfunc not available for your kernel version.',
  ],
  [
    '0.17.0',
    [
      MEMLOCK,
      'Attaching 2 probes...',
      'create_probe_event: open(/sys/kernel/tracing/kprobe_events): No such file or directory',
      "ERROR: Error attaching probe: 'kprobe:ovl_copy_up_one'",
    ],
    "Error attaching probe: 'kprobe:ovl_copy_up_one'",
  ],
  [
    '0.17.0',
    [MEMLOCK, 'FATAL: Invalid probe type made it to attachpoint parser', 'Aborted'],
    'Invalid probe type made it to attachpoint parser',
  ],
  [
    '0.23.2',
    [
      'stdin:1:18-40: ERROR: fentry/fexit not available for your kernel version.',
      'BEGIN { exit(); } kfunc:vfs_fsync_range { @ = count(); }',
    ],
    'fentry/fexit not available for your kernel version.',
  ],
  [
    '0.27.1',
    ['stdin:1:19-40: ERROR: No matches for fentry vfs_fsync_range.'],
    'No matches for fentry vfs_fsync_range.',
  ],
  [
    'any',
    ["terminate called after throwing an instance of 'std::out_of_range'", '  what():  map::at'],
    "terminate called after throwing an instance of 'std::out_of_range'",
  ],
  ['any', ['Attaching 2 probes...', ''], undefined],
  ['any', [], undefined],
])('of what bpftrace %s says the first complaint that matters is the reason', (_, lines, reason) => {
  expect(firstError(lines.join('\n'))).toBe(reason);
});

test('a probe whose module is not loaded yet says so, and does not blame the kernel', () => {
  const notLoaded = { usable: false, reason: 'the module overlay is not loaded' } as const;
  const plan = choose(new Map([['copy_up.kfunc.bt', notLoaded]]), 'v2');
  expect(plan.find(({ probe }) => probe === 'copy_up')?.gaps).toEqual([
    {
      probe: 'copy_up',
      subject: 'copy_up',
      state: 'missing',
      reason: 'its kernel module is not loaded yet; the probe is attached when it is',
      fix: null,
    },
  ]);
});
