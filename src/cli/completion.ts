/** Completion of command lines for shells, from the registry. */
import type { Command, Entry, Option, Options } from './command.ts';
import { globalOptions, helpOptions } from './command.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export type Described = Pick<Entry, 'name' | 'describe'> & Pick<Command, 'options' | 'word'>;

/** The script the shell reads. */
export function completion(shell: Shell, commands: readonly Described[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return zsh(commands);
    case 'fish':
      return fish(commands);
  }
}

const everywhere: Options = { ...globalOptions, help: helpOptions.help };

const optionsOf = ({ options }: Described): [string, Option][] =>
  Object.entries({ ...options, ...everywhere });

const spellings = ([name, { letter }]: [string, Option]): string[] =>
  letter === undefined ? [`--${name}`] : [`--${name}`, `-${letter}`];

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash(commands: readonly Described[]): string {
  const names = [...commands.map(({ name }) => name), 'help'].join(' ');
  const cases = commands.map((each) => {
    const words = optionsOf(each).map(([name]) => `--${name}`);
    return `    ${each.name}) words="${[...words, ...(each.word?.values ?? [])].join(' ')}" ;;`;
  });
  return `# bash completion of iotrace: source <(iotrace completion bash)
_iotrace() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command='' words='' prefix='' word
  # bash splits --by=pod at the equals sign.
  if [ "$current" = = ]; then current=''; elif [ "$previous" = = ]; then previous=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) command=$word; break ;; esac
  done
  case "$command $previous" in
${commands.flatMap(bashValues).join('\n')}
  esac
  if [ "$words" = FILE ]; then COMPREPLY=($(compgen -f -- "$current")); return; fi
  if [ -z "$words" ]; then
    case $command in
${cases.join('\n')}
    *) words="${names}" ;;
    esac
    # A value of one's own.
    case "$command $previous" in ${bashFreeValues(commands)}) COMPREPLY=(); return ;; esac
  elif [ "\${current%,*}" != "$current" ]; then
    prefix=\${current%,*},
  fi
  COMPREPLY=($(compgen -P "$prefix" -W "$words" -- "\${current##*,}"))
}
complete -F _iotrace iotrace
`;
}

function bashValues(command: Described): string[] {
  return optionsOf(command).flatMap((option) => {
    const { values } = option[1];
    if (values === undefined) return [];
    const patterns = spellings(option).map((spelling) => `"${command.name} ${spelling}"`);
    return [`    ${patterns.join('|')}) words="${values === 'file' ? 'FILE' : values.join(' ')}" ;;`];
  });
}

function bashFreeValues(commands: readonly Described[]): string {
  return commands
    .flatMap((command) =>
      optionsOf(command)
        .filter(([, { type, values }]) => type === 'string' && values === undefined)
        .flatMap((option) => spellings(option).map((spelling) => `"${command.name} ${spelling}"`)),
    )
    .join('|');
}

function zsh(commands: readonly Described[]): string {
  const described = (text: string): string => text.replaceAll(/[[\]:\\]/gu, '\\$&');
  const line = (option: [string, Option]): string[] =>
    spellings(option).map((spelling) => {
      const { type, describe, values, isList } = option[1];
      const isLong = type !== 'boolean' && spelling.startsWith('--');
      const head = `${spelling}${isLong ? '=' : ''}[${described(describe)}]`;
      if (type === 'boolean') return quoted(head);
      const words = Array.isArray(values) ? values.join(' ') : '';
      const action = values === 'file' ? '_files' : isList ? `_values -s , value ${words}` : `(${words})`;
      return quoted(`${head}:value:${values === undefined ? ' ' : action}`);
    });
  const cases = commands.map((each) => {
    const words = each.word?.values ? [quoted(`1:${each.word.name}:(${each.word.values.join(' ')})`)] : [];
    const lines = [...optionsOf(each).flatMap(line), ...words];
    return `    ${each.name})\n      _arguments -s \\\n        ${lines.join(' \\\n        ')}\n      ;;`;
  });
  return `#compdef iotrace
# zsh completion of iotrace: iotrace completion zsh > "\${fpath[1]}/_iotrace"
_iotrace() {
  local -a commands
  commands=(
${commands.map(({ name, describe }) => `    ${quoted(`${name}:${described(describe)}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = _iotrace ]; then _iotrace "$@"; else compdef _iotrace iotrace; fi
`;
}

function fish(commands: readonly Described[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const lines = commands.flatMap((each) => {
    const seen = `-n ${quoted(`__fish_seen_subcommand_from ${each.name}`)}`;
    const head = `complete -c iotrace -n ${quoted(`not __fish_seen_subcommand_from ${names}`)}`;
    return [
      `${head} -a ${each.name} -d ${quoted(each.describe)}`,
      ...optionsOf(each).map(([name, option]) => `complete -c iotrace ${seen} ${fishOption(name, option)}`),
      ...(each.word?.values ? [`complete -c iotrace ${seen} -a ${quoted(each.word.values.join(' '))}`] : []),
    ];
  });
  return `# fish completion of iotrace: iotrace completion fish > ~/.config/fish/completions/iotrace.fish
complete -c iotrace -f
${lines.join('\n')}
`;
}

function fishOption(name: string, { type, describe, letter, values, isList }: Option): string {
  const head = `-l ${name}${letter === undefined ? '' : ` -s ${letter}`} -d ${quoted(describe)}`;
  if (type === 'boolean') return head;
  if (values === 'file') return `${head} -rF`;
  const words = values === undefined ? '' : values.join(' ');
  if (!isList) return `${head} -x${words === '' ? '' : ` -a ${quoted(words)}`}`;
  return `${head} -x -a ${quoted(`(__fish_append , ${words})`)}`;
}
