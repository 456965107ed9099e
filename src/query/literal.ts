// What can't be shown, or would end a Markdown code block.
const UNPRINTABLE = /[^\P{C}]|[`\u2028\u2029]/u;

/** The value as SQL that can be printed and typed, whatever is in it. */
export function literal(value: string | number | null): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number') return String(value);
  if (UNPRINTABLE.test(value)) return `CAST(x'${Buffer.from(value).toString('hex')}' AS TEXT)`;
  return `'${value.replaceAll("'", "''")}'`;
}
