import { describe, expect, test } from 'vitest';
import { findPrograms, isProgram, parseNames, parseProgram } from '../../../src/daemon/cost/programs.ts';

const text = (...fields: readonly (readonly [string, string | number])[]): string =>
  fields.map(([field, value]) => `${field}:\t${String(value)}\n`).join('');

/** As on 6.18, of a program of bpftrace 0.17. */
const PROGRAM = text(
  ...([
    ['pos', 0],
    ['flags', '02000002'],
    ['mnt_id', 17],
    ['ino', 1038],
    ['prog_type', 5],
    ['prog_jited', 1],
    ['prog_tag', 'd209a797f3493c0b'],
    ['memlock', 12288],
    ['prog_id', 6442],
    ['run_time_ns', 51234],
    ['run_cnt', 97],
    ['recursion_misses', 3],
    ['verified_insns', 30121],
  ] as const),
);

/** The link that attaches a program (kernel/bpf/syscall.c, bpf_link_show_fdinfo). */
const LINK = text(
  ...([
    ['pos', 0],
    ['flags', '02000000'],
    ['link_type', 'tracing'],
    ['link_id', 4],
    ['prog_tag', 'd209a797f3493c0b'],
    ['prog_id', 6442],
    ['attach_type', 24],
  ] as const),
);

const MAP = text(['map_type', 1], ['key_size', 8], ['memlock', 789520], ['map_id', 12]);

test('a program’s account is read from its descriptor', () => {
  expect(parseProgram(PROGRAM)).toEqual({
    tag: 'd209a797f3493c0b',
    runCount: 97,
    runTimeNs: 51234,
    missedCount: 3,
  });
});

test('the descriptor of a link names its program, and is none', () => {
  expect([PROGRAM, LINK, MAP, ''].map(isProgram)).toEqual([true, false, false, false]);
});

test('before 5.12 the kernel does not count what it skips: that is none', () => {
  expect(parseProgram(PROGRAM.replace(/recursion_misses.*\n/u, '')).missedCount).toBe(0);
});

test('a program that is gone has no account', () => {
  expect(parseProgram('')).toEqual({ tag: '', runCount: 0, runTimeNs: 0, missedCount: 0 });
  const gone = findPrograms(2 ** 22 + 1);
  expect([gone.read().size, gone.memoryBytes]).toEqual([0, 0]);
});

test('of a process without programs there are none', () => {
  expect(findPrograms(process.pid).read()).toEqual(new Map());
});

describe('names', () => {
  const symbols = (...names: readonly string[]): string =>
    names.map((name, index) => `ffffffffc000${String(index)}000 t bpf_prog_${name}\t[bpf]\n`).join('');
  const A = 'd209a797f3493c0b';
  const B = '0123456789abcdef';

  test('are cut to 15 bytes by bpftrace 0.17', () => {
    expect(parseNames(symbols(`${A}_sys_enter_pread`, `${B}_vfs_fsync_range`))).toEqual(
      new Map([
        [A, 'sys_enter_pread'],
        [B, 'vfs_fsync_range'],
      ]),
    );
  });

  test('have their kind in front and their place behind from 0.18 on', () => {
    const names = parseNames(
      symbols(
        `${A}_tracepoint_syscalls_sys_exit_close_37`,
        `${B}_fentry_vmlinux_vfs_read_12`,
        `1111111111111111_kprobe_vfs_write_3`,
        `2222222222222222_tracepoint_io_uring_io_uring_complete_40`,
        `3333333333333333_rawtracepoint_vmlinux_block_rq_issue_2`,
        `4444444444444444_interval_ms_100_61`,
      ),
    );
    expect([...names.values()]).toEqual([
      'sys_exit_close',
      'fentry_vmlinux_vfs_read',
      'kprobe_vfs_write',
      'io_uring_complete',
      'rawtracepoint_vmlinux_block_rq_issue',
      'interval_ms_100',
    ]);
  });

  test('of the same code are one, each name once', () => {
    const same = symbols(
      `${A}_tracepoint_syscalls_sys_exit_readv_5`,
      `${A}_tracepoint_syscalls_sys_exit_preadv_4`,
      `${A}_tracepoint_syscalls_sys_exit_readv_9`,
    );
    expect(parseNames(same)).toEqual(new Map([[A, 'sys_exit_preadv, sys_exit_readv']]));
  });

  test('are not those of other symbols', () => {
    const others = 'ffffffff81000000 T bpf_prog_put\nffffffff81000010 t __bpf_prog_enter_recur\n';
    expect(parseNames(others)).toEqual(new Map());
  });
});
