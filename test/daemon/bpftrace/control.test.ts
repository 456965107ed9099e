import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { compose } from '../../../src/daemon/bpftrace/compose.ts';
import { createControl } from '../../../src/daemon/bpftrace/control.ts';
import type { Control } from '../../../src/daemon/bpftrace/control.ts';
import { startMachine } from './machine.ts';
import type { Machine, Struct } from './machine.ts';
import { LEVELS } from '../../../src/daemon/cost/governor.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The pid that kill(2) is called with; the call goes through. */
function pidOf(speak: (control: Control) => void, control = createControl()): number {
  const kill = vi.spyOn(process, 'kill');
  speak(control);
  const [pid, signal] = kill.mock.lastCall ?? [];
  expect(signal).toBe(0);
  return pid ?? 0;
}

/** What control.tracepoint.bt makes of a pid: the arithmetic of its own text, on 32 bits as kill(2) has them. */
function heard(pid: number) {
  const unsigned = pid >>> 0;
  const level = unsigned & 0x1ff;
  const token = unsigned >>> 9;
  return level >= 256 ? { token, isEnding: true } : { token, exemplars: level & 15, rows: level >>> 4 };
}

test('the arithmetic here is that of the program', () => {
  const { program, keysMax } = compose({
    fragments: ['control.tracepoint.bt'],
    intervalMs: 5000,
    slowNs: 1,
    exemplarsPerSecond: 50,
    cpuCount: 2,
    mapMemoryBytes: 2 ** 26,
    hasWideStats: true,
    sharesNewKeys: true,
    control: { token: 4_194_303, startTicks: 123, pid: 456 },
  });
  expect(program).toContain('((uint64)args->pid & 4294967295) >> 9 == 4194303/ {');
  expect(program).toContain('$message = (uint64)args->pid & 511;');
  expect(program).toContain('if ($message >= 256) {');
  expect(program).toContain('$shift = $message & 15;');
  expect(program).toContain('@exemplar_gap_ns = (uint64)20000000 << $shift;');
  expect(program).toContain(`@rows_max = (uint64)${String(Math.floor(keysMax * 0.75))} >> ($message >> 4);`);
});

test.each(LEVELS)('what is sent is what is heard: $detail', (level) => {
  const control = createControl();
  const pid = pidOf(({ setBudgets }) => {
    setBudgets(level);
  }, control);
  const { exemplars, rows } = level;
  expect(heard(pid)).toEqual({ token: control.key.token, exemplars, rows });
});

test('the end is no budget', () => {
  const control = createControl();
  const pid = pidOf(({ makeReadyToEnd }) => {
    makeReadyToEnd();
  }, control);
  expect(heard(pid)).toEqual({ token: control.key.token, isEnding: true });
});

test('the pid is one that no process has, and a positive one: negative ones are process groups', () => {
  expect(Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8'))).toBeLessThanOrEqual(2 ** 22);
  const maxPid = 2 ** 22; // PID_MAX_LIMIT
  for (let tries = 0; tries < 1000; tries += 1) {
    const control = createControl();
    const lowest = pidOf((one) => {
      one.setBudgets({ exemplars: 0, rows: 0 });
    }, control);
    const highest = pidOf((one) => {
      one.makeReadyToEnd();
    }, control);
    expect(lowest).toBeGreaterThan(maxPid);
    expect(highest).toBeLessThan(2 ** 31);
  }
});

test('two captures have two tokens', () => {
  expect(new Set(Array.from({ length: 20 }, () => createControl().key.token)).size).toBeGreaterThan(18);
});

const daemon: Struct = { address: 1n, tgid: 456n, start_boottime: 1_234_567_890n };
const task = (address: bigint, tgid: bigint, leader: Struct): Struct => ({
  address,
  tgid,
  group_leader: leader,
});

describe('the program', () => {
  const start = (pid = 456) =>
    startMachine(
      { fragments: ['control.tracepoint.bt'], control: { token: 3_000_000, startTicks: 123, pid } },
      [],
    );
  const kill = (machine: Machine, curtask: Struct, message: number): void => {
    const pid = BigInt(3_000_000 * 2 ** 9 + message);
    const args: Struct = { address: 0n, pid, sig: 0n };
    machine.fire('tracepoint:syscalls:sys_enter_kill', { nsecs: 5000n, curtask, args });
  };
  const gap = (machine: Machine) => machine.map('exemplar_gap_ns').get('');
  const ended = (machine: Machine) => machine.sent.filter(([tag]) => tag === 'ending').length;
  const refused = (machine: Machine) => machine.map('refused').get('0') ?? 0n;

  test('obeys any thread of the daemon', () => {
    const machine = start();
    kill(machine, task(2n, 456n, daemon), 2);
    kill(machine, task(2n, 456n, daemon), 256);
    expect([gap(machine), ended(machine), refused(machine)]).toEqual([4_000_000n, 1, 0n]);
  });

  test('refuses everybody else, who may know the token, and counts them', () => {
    const machine = start();
    const other: Struct = { address: 3n, tgid: 456n, start_boottime: 1_240_000_000n };
    kill(machine, task(4n, 456n, other), 256);
    kill(machine, task(5n, 999n, daemon), 255);
    expect([gap(machine), ended(machine), refused(machine)]).toEqual([1_000_000n, 0, 2n]);
  });

  test('obeys a daemon in a pid namespace by when it started', () => {
    const machine = start(0);
    kill(machine, task(2n, 77n, { ...daemon, tgid: 77n }), 256);
    expect([ended(machine), refused(machine)]).toEqual([1, 0n]);
  });
});
