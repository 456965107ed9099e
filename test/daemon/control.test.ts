import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createControl, pidOf } from '../../src/daemon/control.ts';
import { LEVELS } from '../../src/daemon/governor.ts';
import { codeOf, sourceOf } from '../contract/bpf.ts';

/** What control.tracepoint.bt makes of a pid: the arithmetic of its own text, on 32 bits as kill(2) has them. */
function heard(pid: number): { token: number; exemplars: number; rows: number } {
  const unsigned = pid >>> 0;
  return { token: unsigned >>> 8, exemplars: unsigned & 0xff & 15, rows: (unsigned & 0xff) >>> 4 };
}

test('the arithmetic here is that of the program', () => {
  const program = codeOf(sourceOf('control.tracepoint.bt'));
  expect(program).toContain(
    '(uint64)args->sig == 0 && ((uint64)args->pid & 0xffffffff) >> 8 == CONTROL_TOKEN',
  );
  expect(program).toContain('$level = (uint64)args->pid & 0xff;');
  expect(program).toContain('EXEMPLAR_GAP_NS << ($level & 15)');
  expect(program).toContain('ROWS_MAX >> ($level >> 4)');
});

test.each(LEVELS)('what is sent is what is heard: $detail', ({ exemplars, rows }) => {
  const { token } = createControl();
  expect(heard(pidOf(token, { exemplars, rows }))).toEqual({ token, exemplars, rows });
});

test('the pid is one that no process has, and a positive one: negative ones are process groups', () => {
  const maxPid = 2 ** 22; // PID_MAX_LIMIT
  for (let tries = 0; tries < 1000; tries += 1) {
    const { token } = createControl();
    expect(pidOf(token, { exemplars: 0, rows: 0 })).toBeGreaterThan(maxPid);
    expect(pidOf(token, { exemplars: 15, rows: 15 })).toBeLessThan(2 ** 31);
  }
});

test('two captures have two tokens', () => {
  expect(new Set(Array.from({ length: 20 }, () => createControl().token)).size).toBeGreaterThan(18);
});

test('the system says that there is no such process, and nobody is signalled', () => {
  expect(() => {
    createControl().send({ exemplars: 15, rows: 15 });
  }).not.toThrow();
  expect(Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8'))).toBeLessThanOrEqual(2 ** 22);
});
