import { createInterface } from 'node:readline/promises';

const HELP = 'A query ends with ; — .schema shows the views, .quit or Ctrl-D leaves.';

/** Reads queries from a terminal, one after the other, until `.quit` or Ctrl-D. */
export async function prompt(answer: (query: string) => Promise<void>, schema: string): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  process.stdout.write(`${HELP}\n`);
  let query = '';
  const ask = (): void => {
    lines.setPrompt(query === '' ? 'iotrace> ' : '    ...> ');
    lines.prompt();
  };
  lines.on('SIGINT', () => {
    query = '';
    process.stdout.write('\n');
    ask();
  });
  ask();
  for await (const line of lines) {
    if (query === '' && line.trim() === '.quit') break;
    if (query === '' && line.trim() === '.schema') process.stdout.write(schema);
    else if (query === '' && line.trim().startsWith('.')) process.stdout.write(`${HELP}\n`);
    else query += `${line}\n`;
    if (query.trimEnd().endsWith(';')) {
      await answer(query);
      query = '';
    }
    if (query.trim() === '') query = '';
    ask();
  }
  lines.close();
}
