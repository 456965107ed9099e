import type { Failure } from '../../failure.ts';
import { failure, isFailure } from '../../failure.ts';
import type { Outcome } from '../command.ts';
import { defineCommand } from '../command.ts';
import { completion, shells } from '../completion.ts';
import { oneOf } from '../options/values.ts';
import { print } from '../output.ts';

function noShell(): Failure {
  return failure('bad-argument', {
    seen: 'No shell was named',
    expected: `Name one of: ${shells.join(', ')}.`,
  });
}

export const command = defineCommand({
  options: {},
  word: { name: 'shell', describe: `One of ${shells.join(', ')}`, values: shells },
  examples: [
    ['source <($0 completion bash)', 'In this bash, or in ~/.bashrc'],
    ['$0 completion zsh > "${fpath[1]}/_iotrace"', 'For the next zsh'],
    ['$0 completion fish > ~/.config/fish/completions/iotrace.fish', 'For the next fish'],
  ],
  async run(_, word, _more, registry): Promise<Outcome> {
    const shell = word === undefined ? noShell() : oneOf('The shell', word, shells);
    if (isFailure(shell)) return shell;
    const loaded = registry.map(async (entry) => ({ ...entry, ...(await entry.load()).command }));
    await print([completion(shell, await Promise.all(loaded))]);
    return 0;
  },
});
