import { expect, test } from 'vitest';
import { readBlame } from '../../src/cli/commands/blame.ts';
import { readTop } from '../../src/cli/commands/top.ts';
import { isFailure } from '../../src/failure.ts';
import { top } from '../../src/query/reports/top.ts';
import { wallUs } from '../../src/schema/units.ts';
import { NOON_US, Recording } from './recording.ts';

/** A write that the device mapper passed on: once above, once at the disk. */
function recorded(): Recording {
  const recording = new Recording();
  const flush = recording.interval(0);
  const latencies = [1_000_000];
  recording.operations(flush, {}, { op: 'block_stacked_write', variant: 4, device: 'slow', latencies });
  recording.operations(flush, {}, { op: 'block_write', variant: 4, device: 'vdb', latencies });
  return recording;
}

function shown(...options: readonly ('stacked' | 'op')[]): string[] {
  const typed = {
    by: 'device',
    from: String(NOON_US / 1e6),
    to: String(NOON_US / 1e6 + 600),
    ...(options.includes('stacked') && { stacked: true }),
    ...(options.includes('op') && { op: 'block_stacked_write' }),
  };
  const read = readTop(typed, wallUs(NOON_US));
  if (isFailure(read)) throw new Error(read.code);
  return top(recorded().db, read.query).rows.map(({ device }) => String(device));
}

test('I/O that a device passes on is counted once, at the disk', () => {
  expect(shown()).toEqual(['vdb']);
});

test('both are there when asked for', () => {
  expect(shown('stacked').toSorted()).toEqual(['slow', 'vdb']);
  expect(shown('op')).toEqual(['slow']);
});

test('blame asks for a victim', () => {
  const read = readBlame({}, wallUs(NOON_US));
  expect(isFailure(read) && read.details).toEqual({
    seen: 'There is no --victim',
    expected: 'Name the container that was slow, as in --victim web.',
  });
});
