// The page of the command line's options, from the verbs themselves.
import { PassThrough } from 'node:stream'
import { programOf } from '../../packages/cli/src/main.ts'

/** Of commander, as far as it is read here; scripts have no dependency of their own. */
type Verb = Awaited<ReturnType<typeof programOf>>

const INTRODUCTION = `<!-- Written by \`npm run gen\`; do not edit. -->
# Options of the command line

Every verb with its arguments and options. [The command line](cli.md) tells what they are for; \`--help\` works everywhere.
`

export async function formatCliOptions(): Promise<string> {
  const nowhere = Object.assign(new PassThrough(), { isTTY: false })
  const io = { stdin: nowhere, stdout: nowhere, stderr: nowhere, env: {}, interrupted: new AbortController().signal }
  return `${INTRODUCTION}\n${sections(await programOf(io, () => {})).join('\n')}`
}

function sections(verb: Verb, path = 'ochre'): string[] {
  if (verb.commands.length > 0) return verb.commands.flatMap((inner) => sections(inner, `${path} ${inner.name()}`))
  const given = verb.registeredArguments.map((argument) => {
    const name = argument.required ? `<${argument.name()}>` : `[${argument.name()}]`
    return row(name, argument.description, argument.argChoices, undefined)
  })
  const options = verb.options.map((option) =>
    row(option.flags, option.description, option.argChoices, option.defaultValue),
  )
  const table = ['| | |', '|---|---|', ...given, ...options].join('\n')
  return [`## ${path}\n\n${verb.description()}\n\n${table}\n`]
}

function row(name: string, about: string, choices: readonly string[] | undefined, usual: unknown): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const words = choices === undefined ? about : `${about}: ${choices.join(', ')}`
  const shown = usual === undefined || usual === '' ? '' : ` (default: ${usual})`
  return `| \`${cell(name)}\` | ${cell(words + shown)} |`
}
