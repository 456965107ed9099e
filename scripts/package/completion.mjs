// Prints the bash completion of commands and options, from what --help is made of.
import { commands, globalOptions, helpOptions } from '../../dist/internals.js';

const everywhere = Object.keys({ ...globalOptions, ...helpOptions });
const typed = (options) => [...Object.keys(options), ...everywhere].map((name) => `--${name}`).join(' ');
const cases = [];
for (const { name, load } of commands) {
  cases.push(`    ${name}) words='${typed((await load()).command.options)}' ;;`);
}

process.stdout.write(`# bash completion for iotrace
_iotrace() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} words
  case $previous in
    --db | --config) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
  esac
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
    *) words='${commands.map(({ name }) => name).join(' ')} --help --version' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _iotrace iotrace
`);
