/**
 * A line of a printed map, read without JSON.parse: that makes an object of tens of thousands of keys, and
 * takes four times as long as all that is done with them.
 */
export type MapLine =
  | { readonly type: 'map'; readonly name: string; readonly entries: ReadonlyMap<string, number> }
  | { readonly type: 'stats'; readonly name: string; readonly entries: ReadonlyMap<string, Stats> };

export type Stats = { readonly count: number; readonly total: number };

const [SPACE, QUOTE, COMMA, ZERO, NINE, COLON, OPEN, CLOSE] = [
  0x20, 0x22, 0x2c, 0x30, 0x39, 0x3a, 0x7b, 0x7d,
];
/** Beyond so many digits a number may be more than a double holds. */
const DIGITS_MAX = 15;
const START = /^\{"type": ?"(map|stats)", ?"data": ?\{"(@\w+)": ?\{/u;
const END = /^\}{2}\s*$/u;

/**
 * `{"type": "map", "data": {"@name": {"1,2": 3, …}}}` with plain keys and whole numbers, or the same with
 * `{"count": 1, "average": 2, "total": 3}` for a number. `undefined` for any other line: it may still be JSON.
 */
export function readMapLine(line: string): MapLine | undefined {
  const [head, type, name] = START.exec(line) ?? [];
  if (head === undefined || name === undefined) return undefined;
  const reader = readerOf(line, head.length);
  if (type === 'map') {
    const entries = readEntries(reader, () => reader.number());
    return entries && END.test(reader.rest()) ? { type, name, entries } : undefined;
  }
  const entries = readEntries(reader, () => readStats(reader));
  return entries && END.test(reader.rest()) ? { type: 'stats', name, entries } : undefined;
}

function readEntries<Value>(
  reader: Reader,
  readValue: () => Value | undefined,
): Map<string, Value> | undefined {
  const entries = new Map<string, Value>();
  const isWhole = reader.object((key) => {
    const value = readValue();
    if (value === undefined) return false;
    entries.set(key, value);
    return true;
  });
  return isWhole ? entries : undefined;
}

function readStats(reader: Reader): Stats | undefined {
  let [count, total] = [-1, -1];
  const isWhole =
    reader.enter() &&
    reader.object((key) => {
      const value = reader.number();
      if (value === undefined) return false;
      if (key === 'count') count = value;
      if (key === 'total') total = value;
      return true;
    });
  return isWhole && count >= 0 && total >= 0 ? { count, total } : undefined;
}

type Reader = {
  /** Passes an opening brace; false when there is none. */
  enter(): boolean;
  /** From behind an opening brace to behind its closing one; false as soon as something is not as expected. */
  object(takeValueOf: (key: string) => boolean): boolean;
  /** A whole number from 0 on. */
  number(): number | undefined;
  rest(): string;
};

function readerOf(line: string, start: number): Reader {
  let at = start;
  const passSpaces = (): void => {
    while (line.charCodeAt(at) === SPACE) at += 1;
  };
  const pass = (code: number): boolean => {
    passSpaces();
    if (line.charCodeAt(at) !== code) return false;
    at += 1;
    return true;
  };
  const readKey = (): string | undefined => {
    if (!pass(QUOTE)) return undefined;
    const end = line.indexOf('"', at);
    const key = line.slice(at, end);
    at = end + 1;
    return end === -1 || key.includes('\\') || !pass(COLON) ? undefined : key;
  };
  return {
    enter: () => pass(OPEN),
    object(takeValueOf) {
      if (pass(CLOSE)) return true;
      do {
        const key = readKey();
        if (key === undefined || !takeValueOf(key)) return false;
      } while (pass(COMMA));
      return pass(CLOSE);
    },
    number() {
      passSpaces();
      const first = at;
      let value = 0;
      for (let code = line.charCodeAt(at); code >= ZERO && code <= NINE; code = line.charCodeAt(at)) {
        value = value * 10 + code - ZERO;
        at += 1;
      }
      return at === first || at - first > DIGITS_MAX ? undefined : value;
    },
    rest: () => line.slice(at),
  };
}
