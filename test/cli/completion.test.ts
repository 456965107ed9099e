import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { commandNames } from '../../src/cli/commands/index.ts';
import { dimensions } from '../../src/query/reports/top.ts';
import { iotrace } from './run.ts';

const script = iotrace(['completion', 'bash']).stdout;

/** What bash offers when Tab is hit at the end of the line. */
function offered(line: string): string[] {
  // As bash splits it: at blanks, and at the equals sign.
  const words = line.replace('=', ' = ').split(' ');
  const ask = `${script}
COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _iotrace; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', ask, 'bash', ...words], {
    encoding: 'utf8',
    cwd: 'docs',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

describe('bash completes', () => {
  test('commands', () => {
    expect(offered('iotrace ')).toEqual([...commandNames, 'help']);
    expect(offered('iotrace d')).toEqual(['diagnose', 'devices', 'deleted', 'doctor', 'daemon']);
  });

  test('options of the command, and those of every one', () => {
    expect(offered('iotrace top --li')).toEqual(['--limit', '--live']);
    expect(offered('iotrace status --')).toEqual([
      '--format',
      '--db',
      '--utc',
      '--quiet',
      '--no-pager',
      '--help',
    ]);
  });

  test('values, also the second one of a list, and after an equals sign', () => {
    expect(offered('iotrace top --by ')).toEqual([...dimensions]);
    expect(offered('iotrace top --by container,f')).toEqual(['container,file']);
    expect(offered('iotrace top --by=po')).toEqual(['pod']);
    expect(offered('iotrace diagnose --lang=')).toEqual(['en', 'zh']);
    expect(offered('iotrace completion z')).toEqual(['zsh']);
  });

  test('files, and nothing where a value is one’s own', () => {
    expect(offered('iotrace sql --file cookb')).toEqual(['cookbook.md']);
    expect(offered('iotrace top --since ')).toEqual([]);
    expect(offered('iotrace top -n ')).toEqual([]);
  });
});

test.each(['zsh', 'fish'])('%s has each command', (shell) => {
  const { code, stdout } = iotrace(['completion', shell]);
  expect(code).toBe(0);
  for (const name of commandNames) expect(stdout).toMatch(new RegExp(`\\b${name}\\b`, 'u'));
});

test('another shell is refused', () => {
  expect(iotrace(['completion', 'csh']).stderr).toBe(
    'iotrace: The shell is "csh". It takes one of: bash, zsh, fish. Did you mean zsh?\n',
  );
  expect(iotrace(['completion']).stderr).toBe('iotrace: No shell was named. Name one of: bash, zsh, fish.\n');
});
