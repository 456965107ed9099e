import { execa } from 'execa';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RecordOptions } from '../../../src/daemon/contract.ts';
import { notifySystemd } from '../../../src/daemon/service/notify.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iotrace-notify-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Prints each datagram on a line, as the service manager would get it, without the barriers behind them. */
const LISTEN = `
use Socket; $| = 1;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die; bind($s, pack_sockaddr_un($ARGV[0])) or die;
while (defined recv($s, my $text, 4096, 0)) { $text =~ s/\\n/ /g; print "$text\\n" unless $text =~ /^BARRIER/ }`;

const options = (signal: AbortSignal): RecordOptions => ({
  databasePath: ':memory:',
  forMs: undefined,
  intervalMs: 5000,
  slowNs: 1e7,
  exemplarsPerSecond: 50,
  mapMemoryBytes: 2 ** 26,
  maxCpuPercent: 10,
  mayBeRealtime: false,
  samplers: [],
  keepMs: 1,
  maxDatabaseBytes: 2 ** 30,
  signal,
});

test('systemd hears when it is ready, that it is alive, and when it begins to end', async () => {
  const socket = join(folder, 'notify');
  const listener = execa('perl', ['-e', LISTEN, socket], { buffer: false, reject: false });
  const heard = listener.iterable()[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => (await heard.next()).value;
  while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 10));
  const stop = new AbortController();
  const seen: number[] = [];
  const asked = { ...options(stop.signal), onReady: () => seen.push(1), onInterval: () => seen.push(2) };
  const environment = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '3000000' };
  const told = notifySystemd(asked, environment);
  told.onReady?.([]);
  told.onInterval?.();
  expect(await next()).toMatch(/^READY=1/u);
  expect(await next()).toBe('WATCHDOG=1');
  stop.abort();
  let last = await next();
  while (last === 'WATCHDOG=1') last = await next();
  expect(last).toBe('STOPPING=1');
  expect(seen).toEqual([1, 2]);
  listener.kill();
});

test('without a service manager the recording is as it was asked for', () => {
  const asked = options(new AbortController().signal);
  expect(notifySystemd(asked, {})).toBe(asked);
});
