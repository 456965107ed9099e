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

/** The same as rows, for programs. */
export const schemaColumns = ['view', 'column', 'meaning'] as const;

export const schemaRows = (views: readonly ViewDescription[]): [string, string, string][] =>
  views.flatMap((view) =>
    view.columns.map(({ name, comment }): [string, string, string] => [view.name, name, comment]),
  );
