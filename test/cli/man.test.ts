import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { commandPage, overviewPage } from '../../src/cli/man.ts';

test('a manual page has each option of its command', async () => {
  for (const entry of commands) {
    const { command } = await entry.load();
    const page = commandPage(entry, command, '1.2.3');
    expect(page).toContain(`.TH IOTRACE-${entry.name.toUpperCase()} 1 "" "iotrace 1.2.3" "iotrace"\n`);
    for (const name of Object.keys(command.options)) {
      expect(page).toContain(`\\-\\-${name.replaceAll('-', '\\-')}\n`);
    }
  }
});

test('the page of all commands names each', () => {
  const page = overviewPage(commands, '1.2.3');
  for (const { name } of commands) expect(page).toContain(`.B iotrace\\-${name}(1)\n`);
});

test('no line is taken for a request, whatever it begins with', async () => {
  const [entry] = commands;
  const page = commandPage({ ...entry!, describe: '.\\fBwhat' }, (await entry!.load()).command, '1');
  expect(page).toContain('iotrace\\-top \\- .\\efBwhat\n');
});
