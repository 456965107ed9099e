import type { ViewDescription } from '../../schema/describe.ts';

/** The public views with their columns, for `iotrace sql --schema`. */
export function schemaText(views: readonly ViewDescription[]): string {
  return `${views.map(viewText).join('\n\n')}\n`;
}

function viewText({ name, summary, columns }: ViewDescription): string {
  const width = Math.max(...columns.map((column) => column.name.length));
  const lines = columns.map((column) => `  ${column.name.padEnd(width)}  ${column.comment}`);
  return [`${name}: ${summary}`, ...lines].join('\n');
}
