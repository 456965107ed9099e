import { clip } from '../query/render/text.ts';
import { formatElapsed } from '../schema/units.ts';
import { mayShowProgress, printNotes } from './output.ts';

/** What goes on, in one line of the terminal with the time it takes; nothing where that can't be shown. */
export type Progress = {
  /** Another phase begins; with an end, on the clock of `performance.now()`, it counts down, else up. */
  phase(text: string, endMs?: number): void;
  /** Lines that stay, above it. */
  note(lines: readonly string[]): void;
  end(): void;
};

const CLEAR_LINE = '\r\u001b[K';

export function createProgress(): Progress {
  const isShown = mayShowProgress();
  let line: (() => string) | undefined;
  const draw = (): void => {
    if (!isShown) return;
    process.stderr.write(CLEAR_LINE + clip(line?.() ?? '', process.stderr.columns - 1));
  };
  const timer = setInterval(draw, 1000);
  timer.unref();
  return {
    phase(text, endMs) {
      const begunMs = performance.now();
      line = () => `${text} ${timeText(performance.now(), begunMs, endMs)}`;
      draw();
    },
    note(lines) {
      if (isShown) process.stderr.write(CLEAR_LINE);
      printNotes(lines);
      draw();
    },
    end() {
      clearInterval(timer);
      line = undefined;
      draw();
    },
  };
}

/** Whole seconds: `12 s`, `18 s left`; nothing at the very beginning, and when the end has come. */
function timeText(nowMs: number, begunMs: number, endMs: number | undefined): string {
  const seconds =
    endMs === undefined ? Math.floor((nowMs - begunMs) / 1000) : Math.ceil((endMs - nowMs) / 1000);
  if (seconds <= 0) return '';
  return endMs === undefined ? formatElapsed(seconds * 1e6) : `${formatElapsed(seconds * 1e6)} left`;
}
