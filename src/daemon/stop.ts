import type { RecordOptions } from './contract.ts';

/** The one place that knows whether, and why, a recording is to end. */
export type StopSignal = {
  isSet(): boolean;
  reason(): string;
  onStop(callback: () => void): () => void;
  /** Starts counting `forMs`; once. */
  startTimer(): void;
  release(): void;
};

export function stopSignal({ forMs, signal }: RecordOptions): StopSignal {
  const callbacks = new Set<() => void>();
  let why: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  const stop = (reason: string): void => {
    why ??= reason;
    for (const callback of callbacks) callback();
  };
  const onAbort = (): void => {
    stop('stopped on request');
  };
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted === true) onAbort();
  return {
    isSet: () => why !== undefined,
    reason: () => why ?? 'stopped',
    onStop(callback) {
      callbacks.add(callback);
      if (why !== undefined) callback();
      return () => callbacks.delete(callback);
    },
    startTimer() {
      if (forMs === undefined || timer) return;
      timer = setTimeout(() => {
        stop('the time asked for was over');
      }, forMs);
    },
    release() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

export function pause(ms: number, stop: StopSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    stop.onStop(() => {
      clearTimeout(timer);
      done();
    });
  });
}
