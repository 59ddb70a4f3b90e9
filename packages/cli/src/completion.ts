// Completion scripts for shells, made from the verbs, options and arguments that there are.

import type { Argument, Command, Option } from 'commander'

/** What may stand for a value: a file or a folder, one of some words, or something that nobody can guess. */
export type Offer = 'file' | 'folder' | 'unknown' | readonly string[]

export interface Flag {
  readonly long: string
  /** One letter. */
  readonly short: string | undefined
  readonly about: string
  /** Null when it takes no value. */
  readonly value: Offer | null
}

export interface Verb {
  readonly name: string
  readonly about: string
  readonly flags: readonly Flag[]
  /** Of what stands behind the verb. */
  readonly argument: Offer
  readonly verbs: readonly Verb[]
}

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type ShellName = (typeof SHELLS)[number]

/** A command as what its completion needs to know. */
export function verbOf(command: Command): Verb {
  const [argument] = command.registeredArguments
  return {
    name: command.name(),
    about: command.description(),
    flags: [...command.options.map(flagOf), { long: '--help', short: 'h', about: 'display help', value: null }],
    argument: argument === undefined ? 'unknown' : offerOf(argument),
    verbs: command.commands.map(verbOf),
  }
}

function flagOf(option: Option): Flag {
  return {
    long: option.long!,
    short: option.short?.slice(1),
    about: option.description,
    value: option.required || option.optional ? offerOf(option) : null,
  }
}

function offerOf(taker: Argument | Option): Offer {
  if (taker.argChoices) return taker.argChoices
  const name = 'flags' in taker ? (/<(\w+)>/.exec(taker.flags)?.[1] ?? '') : taker.name()
  return name === 'file' || name === 'folder' ? name : 'unknown'
}

export function completionScript(shell: ShellName, program: Verb): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](program)
}

/** Every verb with the words that lead to it: `[]`, `['backup']`, `['models', 'list']`. */
function paths(verb: Verb, path: readonly string[] = []): [path: readonly string[], verb: Verb][] {
  return [[path, verb], ...verb.verbs.flatMap((inner) => paths(inner, [...path, inner.name]))]
}

const names = (verbs: readonly Verb[]): string => verbs.map((verb) => verb.name).join(' ')

/** One of the words, or files by readline's own means, which know blanks and tildes. */
function bashScript(program: Verb): string {
  const all = paths(program)
  const offer = (value: Offer): string =>
    typeof value !== 'string' ? `words="${value.join(' ')}"` : value === 'unknown' ? 'files=no' : 'files=yes'
  const branches = all.map(([path, verb]) => {
    const values = verb.flags.flatMap(({ long, short, value }) =>
      value === null ? [] : [`        ${short === undefined ? '' : `-${short}|`}${long}) ${offer(value)} ;;`],
    )
    const rest = verb.verbs.length > 0 ? `words="${names(verb.verbs)}"` : offer(verb.argument)
    return `    "${path.join(' ')}")
      options="${verb.flags.map((flag) => flag.long).join(' ')}"
      case "$before" in
${[...values, `        *) ${rest} ;;`].join('\n')}
      esac ;;`
  })
  return `_ochre() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  local path="" options="" words="" files=no i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${path:+$path }\${COMP_WORDS[i]}" in
      ${all
        .slice(1)
        .map(([path]) => `"${path.join(' ')}"`)
        .join('|')}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path" in
${branches.join('\n')}
  esac
  case "$word" in -*) words="$options" ;; esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [ "$files" = yes ]; then compopt -o default; else compopt +o default; fi 2> /dev/null
}
complete -o default -F _ochre ochre`
}

function zshScript(program: Verb): string {
  const offer = (value: Offer): string =>
    typeof value !== 'string'
      ? `:value:(${value.join(' ')})`
      : { file: ':file:_files', folder: ':folder:_files -/', unknown: ':value: ' }[value]
  const specs = ({ long, short, about, value }: Flag): string[] => {
    const what = `[${about.replace(/[[\]:\\]/g, ' ')}]`
    const spelled = value === null ? [long] : [`${long}=`]
    if (short !== undefined) spelled.push(value === null ? `-${short}` : `-${short}+`)
    return spelled.map((name) => quoted(name + what + (value === null ? '' : offer(value))))
  }
  const functions = paths(program).map(([path, verb]) => {
    const options = verb.flags.flatMap(specs).join(' ')
    const name = ['_ochre', ...path].join('_')
    if (verb.verbs.length === 0) {
      const argument = verb.argument === 'unknown' ? [] : [quoted(`*${offer(verb.argument)}`)]
      return `${name}() { _arguments ${[options, ...argument].join(' ')} }`
    }
    const list = verb.verbs.map((inner) => quoted(`${inner.name}:${inner.about}`)).join(' ')
    return `${name}() {
  if (( CURRENT == 2 )); then
    if [[ "$PREFIX" == -* ]]; then _arguments ${options}; return; fi
    local -a verbs=(${list})
    _describe verb verbs
    return
  fi
  shift words
  (( CURRENT-- ))
  case "$words[1]" in
${verb.verbs.map((inner) => `    ${inner.name}) ${name}_${inner.name} ;;`).join('\n')}
  esac
}`
  })
  return `#compdef ochre
${functions.join('\n')}
if [ "$funcstack[1]" = "_ochre" ]; then _ochre "$@"; else compdef _ochre ochre; fi`
}

function fishScript(program: Verb): string {
  const lines = paths(program).flatMap(([path, verb]) => {
    const here = [
      ...path.map((name) => `__fish_seen_subcommand_from ${name}`),
      ...(verb.verbs.length > 0 ? [`not __fish_seen_subcommand_from ${names(verb.verbs)}`] : []),
    ].join('; and ')
    const line = (rest: string): string => `complete -c ochre -n ${quoted(here)} ${rest}`
    return [
      ...verb.verbs.map((inner) => line(`-a ${inner.name} -d ${quoted(inner.about)}`)),
      ...(verb.argument === 'file' || verb.argument === 'folder' ? [line('-F')] : []),
      ...(typeof verb.argument === 'string' ? [] : [line(`-a ${quoted(verb.argument.join(' '))}`)]),
      ...verb.flags.map(({ long, short, about, value }) => {
        const spelled = `-l ${long.slice(2)}${short === undefined ? '' : ` -s ${short}`}`
        const takes =
          value === null
            ? ''
            : typeof value !== 'string'
              ? ` -x -a ${quoted(value.join(' '))}`
              : value === 'unknown'
                ? ' -x'
                : ' -r -F'
        return line(`${spelled}${takes} -d ${quoted(about)}`)
      }),
    ]
  })
  return ['complete -c ochre -e', 'complete -c ochre -f', ...lines].join('\n')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
