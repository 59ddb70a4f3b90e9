// `ochre completion`: scripts for shells, made from the verbs and options that there are.

import { UsageError } from '@ochre/protocol'
import { Command } from 'commander'
import { EXIT, type Io, print } from '../io.ts'

export function completionCommand(io: Io, exit: (code: number) => void, program: () => Command): Command {
  return new Command('completion')
    .description('print a completion script for bash, zsh or fish')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText(
      'after',
      '\nExamples:\n  source <(ochre completion bash)\n  ochre completion fish > ~/.config/fish/completions/ochre.fish',
    )
    .action((shell: string) => {
      const write = SHELLS[shell]
      if (write === undefined) throw new UsageError('The shell is bash, zsh or fish.')
      print(io, write(program().commands.map(describe)))
      exit(EXIT.ok)
    })
}

interface Verb {
  readonly name: string
  readonly description: string
  readonly options: readonly { readonly flag: string; readonly description: string }[]
}

function describe(command: Command): Verb {
  return {
    name: command.name(),
    description: command.description(),
    options: command.options.flatMap((option) =>
      option.long ? [{ flag: option.long, description: option.description }] : [],
    ),
  }
}

const SHELLS: Readonly<Record<string, (verbs: readonly Verb[]) => string>> = {
  bash: (verbs) => `_ochre() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${verbs.map((verb) => verb.name).join(' ')}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${verbs.map((verb) => `    ${verb.name}) COMPREPLY=($(compgen -W "${verb.options.map((option) => option.flag).join(' ')}" -- "$word")) ;;`).join('\n')}
  esac
  [ "\${#COMPREPLY[@]}" -eq 0 ] && COMPREPLY=($(compgen -f -- "$word"))
}
complete -F _ochre ochre`,
  zsh: (verbs) => `#compdef ochre
_ochre() {
  if (( CURRENT == 2 )); then
    local -a verbs=(${verbs.map((verb) => quoteZsh(`${verb.name}:${verb.description}`)).join(' ')})
    _describe verb verbs
    return
  fi
  case "$words[2]" in
${verbs.map((verb) => `    ${verb.name}) _arguments ${verb.options.map((option) => quoteZsh(`${option.flag}[${option.description.replace(/[[\]:]/g, ' ')}]`)).join(' ')} '*:file:_files' ;;`).join('\n')}
  esac
}
compdef _ochre ochre`,
  fish: (verbs) =>
    verbs
      .flatMap((verb) => [
        `complete -c ochre -n __fish_use_subcommand -a ${verb.name} -d ${quoteZsh(verb.description)}`,
        ...verb.options.map(
          (option) =>
            `complete -c ochre -n '__fish_seen_subcommand_from ${verb.name}' -l ${option.flag.slice(2)} -d ${quoteZsh(option.description)}`,
        ),
      ])
      .join('\n'),
}

function quoteZsh(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
