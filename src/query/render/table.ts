import colors from 'picocolors';
import { pad, shorten, textWidth, visible } from './text.ts';

/** Where a table or text is going to be shown. */
export type Screen = {
  /** Cells in a line; `undefined`: no limit (a pipe or a file). */
  readonly width: number | undefined;
  readonly colour: boolean;
};

export type Column<Row> = {
  readonly header: string;
  readonly align: 'left' | 'right';
  readonly text: (row: Row) => string;
  /** The column may be cut in the middle, down to this width. */
  readonly shrinkTo?: number;
  /** The column may go on a narrow screen, rather than cut the names below the width in `nameFloors`. */
  readonly drop?: Drop;
  readonly tone?: (row: Row) => Tone | undefined;
};

export type Drop = 'first' | 'second' | 'last';

export type Tone = 'bad' | 'faint';

const GAP = '  ';
/** In the order in which columns go: names are cut down to this width before they do. */
const nameFloors: readonly (readonly [Drop, number])[] = [
  ['first', 28],
  ['second', 28],
  ['last', 16],
];

/** Aligned columns under a header, one line a row, ending in a newline. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], screen: Screen): string {
  const cells = columns.map((column) => rows.map((row) => visible(column.text(row))));
  const natural = columns.map(({ header }, index) =>
    // Not Math.max(...): a hundred thousand arguments are too many.
    (cells[index] ?? []).reduce((width, text) => Math.max(width, textWidth(text)), textWidth(header)),
  );
  const widths = fit(columns, natural, screen.width);
  const paint = colors.createColors(screen.colour);
  const shown = columns.flatMap((column, index) => {
    const width = widths[index];
    return width === undefined ? [] : [{ column, width, texts: cells[index] ?? [] }];
  });
  const header = shown.map(({ column, width }) => pad(column.header, width, column.align)).join(GAP);
  const lines = rows.map((row, line) =>
    shown
      .map(({ column, width, texts }) => {
        const text = pad(shorten(texts[line] ?? '', width), width, column.align);
        return tint(text, column.tone?.(row), paint);
      })
      .join(GAP),
  );
  return [paint.bold(header.trimEnd()), ...lines.map((line) => line.trimEnd()), ''].join('\n');
}

function tint(text: string, tone: Tone | undefined, paint: ReturnType<typeof colors.createColors>): string {
  switch (tone) {
    case 'bad':
      return paint.red(text);
    case 'faint':
      return paint.dim(text);
    case undefined:
      return text;
  }
}

/** The width of each column on the screen; `undefined`: the column is left out. */
function fit(
  columns: readonly Column<never>[],
  natural: readonly number[],
  screenWidth: number | undefined,
): (number | undefined)[] {
  const widths: (number | undefined)[] = [...natural];
  if (screenWidth === undefined) return widths;
  for (const [drop, floor] of nameFloors) {
    shrink(columns, widths, screenWidth, floor);
    for (const [index, column] of columns.entries()) {
      if (column.drop === drop && total(widths) > screenWidth) widths[index] = undefined;
    }
  }
  shrink(columns, widths, screenWidth, 0);
  // Narrower than all that may be cut or left out: whole columns go from the right, rather than half a number.
  for (let last = widths.length - 1; last > 0 && total(widths) > screenWidth; last -= 1) {
    widths[last] = undefined;
  }
  return widths;
}

/** Takes cells from the widest shrinkable column until the line fits or none may shrink further. */
function shrink(
  columns: readonly Column<never>[],
  widths: (number | undefined)[],
  screenWidth: number,
  floor: number,
): void {
  for (let excess = total(widths) - screenWidth; excess > 0; excess -= 1) {
    let widest = -1;
    for (const [index, { shrinkTo }] of columns.entries()) {
      const width = widths[index] ?? 0;
      if (shrinkTo === undefined || width <= Math.max(shrinkTo, floor)) continue;
      if (width > (widths[widest] ?? 0)) widest = index;
    }
    const width = widths[widest];
    if (width === undefined) return;
    widths[widest] = width - 1;
  }
}

function total(widths: readonly (number | undefined)[]): number {
  const shown = widths.filter((width) => width !== undefined);
  return shown.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, shown.length - 1);
}
