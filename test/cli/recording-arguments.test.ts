import { expect, test } from 'vitest';
import { readRecording } from '../../src/cli/options/recording.ts';
import { explain, isFailure } from '../../src/failure.ts';
import { samplerNames } from '../../src/schema/samplers.ts';

const chosen = (typed: Parameters<typeof readRecording>[0]) => {
  const read = readRecording(typed);
  return isFailure(read) ? explain(read) : read.samplers;
};

test('bpftrace may be real-time unless that is not wanted', () => {
  expect(readRecording({})).toHaveProperty('mayBeRealtime', true);
  expect(readRecording({ 'no-realtime': true })).toHaveProperty('mayBeRealtime', false);
});

test('all samplers run unless some are named, or none wanted', () => {
  expect(chosen({})).toEqual(samplerNames);
  expect(chosen({ samplers: 'cpu,diskstats' })).toEqual(['diskstats', 'cpu']);
  expect(chosen({ 'no-samplers': true })).toEqual([]);
});

test('a name there is not is refused with those there are', () => {
  expect(chosen({ samplers: 'diskstat' })).toContain('It takes one of: diskstats, cpu');
  expect(chosen({ samplers: 'cpu', 'no-samplers': true })).toContain('do not go together');
});
