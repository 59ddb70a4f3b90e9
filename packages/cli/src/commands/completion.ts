// `ochre completion`: a script that lets a shell complete verbs, options and their values.

import { Argument, Command } from 'commander'
import { completionScript, SHELLS, type ShellName, verbOf } from '../completion.ts'
import { EXIT, type Io, write } from '../io.ts'

export function completionCommand(io: Io, exit: (code: number) => void, program: () => Command): Command {
  return new Command('completion')
    .description('print a completion script for bash, zsh or fish')
    .addArgument(new Argument('<shell>', 'whose script').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  source <(ochre completion bash)                                       in ~/.bashrc
  source <(ochre completion zsh)                                        in ~/.zshrc, behind compinit
  ochre completion fish > ~/.config/fish/completions/ochre.fish`,
    )
    .action(async (shell: ShellName) => {
      await write(io, `${completionScript(shell, verbOf(program()))}\n`)
      exit(EXIT.ok)
    })
}
