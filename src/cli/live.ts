import { enterScreen, frame, leaveScreen } from '../query/render/live.ts';

type Size = { readonly columns: number; readonly rows: number };

export type LiveOptions = {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly everyMs: number;
  /** The lines of the picture; the last one is the list of keys. Called anew for each picture. */
  readonly draw: (size: Size) => readonly string[];
  readonly signal: AbortSignal;
};

/**
 * Shows pictures on the alternate screen until `q`, Ctrl-C or the signal. Whatever happens, the
 * terminal is as before when the promise settles, and when the process exits earlier.
 */
export async function live({ input, output, everyMs, draw, signal }: LiveOptions): Promise<void> {
  const restore = (): void => {
    if (input.isTTY) input.setRawMode(false);
    input.pause();
    output.write(leaveScreen);
  };
  process.once('exit', restore);
  output.write(enterScreen);
  if (input.isTTY) input.setRawMode(true);
  try {
    await untilQuit({ input, output, everyMs, draw, signal });
  } finally {
    process.off('exit', restore);
    restore();
  }
}

function untilQuit({ input, output, everyMs, draw, signal }: LiveOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const show = (): void => {
      clearTimeout(timer);
      const startedMs = performance.now();
      try {
        const size = { columns: output.columns, rows: output.rows };
        output.write(frame(draw(size), size.rows));
      } catch (error) {
        finish(() => {
          reject(error instanceof Error ? error : new Error(String(error)));
        });
        return;
      }
      // Watching must not cost more than a tenth of a core, however large the recording.
      timer = setTimeout(show, Math.max(everyMs, 10 * (performance.now() - startedMs)));
    };
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      input.off('data', onKeys);
      output.off('resize', show);
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    const onAbort = (): void => {
      finish(resolve);
    };
    const onKeys = (keys: Buffer): void => {
      if (/[qQ\u0003\u0004]/u.test(keys.toString('latin1'))) finish(resolve);
    };
    input.on('data', onKeys);
    output.on('resize', show);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else show();
  });
}
