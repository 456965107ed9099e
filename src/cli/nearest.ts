/** The name most like what was typed, when one is near enough to have been meant. */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  const wanted = typed.toLowerCase();
  const ranked = names
    .map((name) => ({ name, distance: likeness(wanted, name.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(1, Math.floor(typed.length / 3)) ? best.name : undefined;
}

/** `Did you mean X?` with a leading space, or nothing. */
export function didYouMean(typed: string, names: readonly string[], prefix = ''): string {
  const name = nearest(typed, names);
  return name === undefined ? '' : ` Did you mean ${prefix}${name}?`;
}

function likeness(typed: string, name: string): number {
  const isPart = typed.length >= 3 && (name.includes(typed) || typed.startsWith(name));
  return isPart ? 1 : editDistance(typed, name);
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from one text to the other. */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const at = (cells: readonly number[], index: number): number => cells[index] ?? Infinity;
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + (isSame ? 0 : 1),
          isSwap ? at(beforeLast, column - 2) + 1 : Infinity,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}
