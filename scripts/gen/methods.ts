// From the grammar of a command to the signature and the body of its typed method.
//
// Required values are arguments by position, everything with a token is an option; a choice is a union of literals when it
// has a name and no values, else a set of options that exclude each other. Counts of what follows (`numkeys`) are counted.
import type { Argument } from '../../packages/protocol/src/syntax.ts'
import { quote } from './facts.ts'
import {
  camelName,
  hasToken,
  isCount,
  isPair,
  isPlain,
  isRich,
  plural,
  SCALARS,
  unionOf,
  withoutToken,
} from './grammar.ts'

/** Lines of TypeScript that push the words of one value onto `args`. */
type Code = (at: string) => string[]

interface Value {
  type: string
  /** The words as operands of one `push`, when it takes no more than that. */
  inline?: (at: string) => string
  code: Code
  /** Options that belong beside the value: `any` of `COUNT count [ANY]`. */
  beside: Group[]
}

export interface Entry {
  key: string
  type: string
  /** `holder` is the object that has the key. */
  code: (holder: string) => string[]
}

/** Options that are independent (`all`), exclude each other (`some`), or of which one must be given (`one`). */
export interface Group {
  kind: 'all' | 'some' | 'one'
  entries: Entry[]
}

export interface Param {
  name: string
  type: string
  optional: boolean
  rest: boolean
  /** The first argument of the optional block that it belongs to, and whether the block is not complete without it. */
  block?: { first: string; required: boolean }
  /** The parts of one unit, when a single unit may also be given part by part. */
  unit?: { name: string; type: string }[]
}

export interface Method {
  params: Param[]
  groups: Group[]
  /** The body, when the method is no more than a list of its arguments. */
  inline: string | undefined
  code: string[]
}

export class MethodBuilder {
  readonly params: Param[] = []
  readonly groups: Group[] = []
  readonly #camel: (token: string) => string
  readonly #columns: boolean
  /** The expression of the object that has the values and options as properties; null for the method itself. */
  readonly #holder: string | null
  #steps: { inline?: string; lines: string[] }[] = []
  readonly #depth: number

  /** `columns`: pairs go out as all names, then all values, as XREAD wants its streams. */
  constructor(camel: (token: string) => string, columns: boolean, holder: string | null = null, depth = 0) {
    this.#camel = camel
    this.#columns = columns
    this.#holder = holder
    this.#depth = depth
  }

  get #options(): string {
    return this.#holder ?? 'options'
  }

  #at(name: string): string {
    return this.#holder === null ? name : `${this.#holder}.${name}`
  }

  build(grammar: readonly Argument[]): Method {
    this.#sequence(grammar, false)
    const groups = merged(this.groups)
    const last = this.params.at(-1)
    if (last?.type.startsWith('Many<') && groups.length === 0) {
      const before = this.params.slice(0, -1)
      if (before.every((param) => !param.optional)) this.#makeRest(last)
    }
    const inline = this.#steps.every((step) => step.inline !== undefined)
      ? this.#steps.map((step) => step.inline).join(', ')
      : undefined
    return { params: this.params, groups, inline, code: this.#lines() }
  }

  #makeRest(param: Param): void {
    const step = this.#steps.at(-1)!
    const plain = `pushAll(words, ${param.name})`
    if (step.lines.length !== 1 || !step.lines[0]!.includes(plain)) return
    param.rest = true
    param.optional = false
    param.type = param.type.replace(/^Many</, 'Rest<')
    step.inline = `...rest(${param.name})`
    step.lines = [`words.push(...rest(${param.name}))`]
  }

  #lines(): string[] {
    const lines: string[] = []
    let run: string[] = []
    const flush = (): void => {
      if (run.length > 0) lines.push(`words.push(${run.join(', ')})`)
      run = []
    }
    for (const step of this.#steps) {
      if (step.inline !== undefined) run.push(step.inline)
      else {
        flush()
        lines.push(...step.lines)
      }
    }
    flush()
    return lines
  }

  #sequence(grammar: readonly Argument[], optional: boolean): void {
    for (let i = 0; i < grammar.length; i++) {
      const argument = grammar[i]!
      const next = grammar[i + 1]
      if (isCount(argument, next)) {
        if (argument.token !== undefined) this.#literal(argument.token)
        this.#required(next!, argument.name, optional)
        i++
      } else if (argument.optional) this.#optional(argument)
      else this.#required(argument, undefined, optional)
    }
  }

  #literal(token: string): void {
    this.#steps.push({ inline: quote(token), lines: [] })
  }

  #required(argument: Argument, count: string | undefined, optional: boolean): void {
    if (argument.type === 'pure-token') {
      this.#literal(argument.token!)
      return
    }
    if (argument.multipleToken !== true && argument.token !== undefined) this.#literal(argument.token)
    if (argument.type === 'oneof' && !argument.multiple && isRich(argument)) {
      this.#group({ kind: 'one', entries: this.#alternatives(argument) })
      return
    }
    if (argument.type === 'block' && !argument.multiple) {
      this.#sequence(argument.arguments!, optional)
      return
    }
    this.#param(argument, count, optional || argument.optional === true, optional)
  }

  #param(argument: Argument, count: string | undefined, optional: boolean, inBlock = false): void {
    const value = this.#value(withoutToken(argument), count, argument.multipleToken ? argument.token : undefined)
    const name = this.#paramName(argument)
    const param: Param = { name, type: value.type, optional: argument.optional === true, rest: false }
    const parts = argument.arguments ?? []
    if (
      argument.type === 'block' &&
      argument.multiple &&
      !optional &&
      count === undefined &&
      argument.multipleToken !== true &&
      !this.#columns &&
      parts.every((part) => part.type in SCALARS && !part.optional && !part.multiple && part.token === undefined)
    ) {
      param.unit = parts.map((part) => ({ name: camelName(part.name), type: SCALARS[part.type]! }))
    }
    if (!inBlock) param.optional = optional
    this.params.push(param)
    const at = this.#at(name)
    const inline = optional ? undefined : value.inline?.(at)
    let lines = value.code(at)
    if (optional && count === undefined) lines = guarded(`${at} !== undefined`, lines)
    this.#steps.push(inline === undefined ? { lines } : { inline, lines })
    for (const group of value.beside) this.groups.push(group)
  }

  #paramName(argument: Argument): string {
    let name = camelName(argument.multiple && argument.arguments === undefined ? plural(argument.name) : argument.name)
    if (argument.token !== undefined && (argument.type === 'block' || this.#holder !== null))
      name = this.#camel(argument.token)
    else if (argument.type === 'block' && argument.multiple) {
      const parts = argument.arguments!.map((part) => part.name)
      const own = argument.name !== parts[0] && !argument.name.includes('_') && !argument.name.includes('-')
      if (!own)
        name =
          parts.length === 2 && parts[1] === 'value' && parts[0] !== 'key' ? plural(camelName(parts[0]!)) : 'entries'
    }
    while (this.params.some((param) => param.name === name)) name += '2'
    return name
  }

  #optional(argument: Argument): void {
    const scalar = argument.type in SCALARS
    const named = argument.type === 'oneof' && !argument.name.includes('|') && !isRich(argument)
    if (argument.token === undefined && (scalar || (named && !argument.multiple))) {
      this.#param(argument, undefined, true)
      return
    }
    if (argument.token === undefined && argument.type === 'block' && !argument.multiple) {
      const inner = argument.arguments!
      if (inner.some((part) => !part.optional && part.token === undefined)) {
        this.#optionalBlock(inner)
        return
      }
    }
    if (argument.type === 'oneof' && argument.token === undefined && !argument.multiple) {
      this.#group({ kind: 'some', entries: this.#alternatives(argument) })
      return
    }
    this.#group({ kind: 'all', entries: [this.#entry(argument)] })
  }

  /** `[start end [unit]]`: arguments by position, all left out unless the first is there. */
  #optionalBlock(inner: readonly Argument[]): void {
    const outer = this.#steps
    this.#steps = []
    const from = this.params.length
    this.#sequence(inner, true)
    const own = this.params.slice(from)
    for (const param of own) {
      param.block ??= { first: own[0]!.name, required: !param.optional }
      param.optional = true
    }
    const first = this.#at(own[0]!.name)
    const guard = `if (${first} !== undefined) `
    const lines = this.#lines().map((line) => (line.startsWith(guard) ? line.slice(guard.length) : line))
    this.#steps = outer
    this.#steps.push({ lines: guarded(`${first} !== undefined`, lines) })
  }

  #group(group: Group): void {
    this.groups.push(group)
    this.#steps.push({ lines: group.entries.flatMap((entry) => entry.code(this.#options)) })
  }

  /** The alternatives of a choice as options; each has a token of its own. */
  #alternatives(argument: Argument): Entry[] {
    return argument.arguments!.map((alternative) => this.#entry(alternative))
  }

  /** One option. What belongs beside its value becomes a group of its own. */
  #entry(argument: Argument): Entry {
    const token = argument.token
    if (argument.type === 'pure-token') {
      const key = this.#camel(token!)
      return { key, type: 'boolean', code: (holder) => [`if (${holder}.${key}) words.push(${quote(token!)})`] }
    }
    const key = token === undefined ? camelName(argument.name) : this.#camel(token)
    if (
      token !== undefined &&
      argument.type === 'block' &&
      !argument.multiple &&
      argument.arguments!.every((part) => part.optional)
    ) {
      return this.#emptyable(key, token, argument)
    }
    const value = this.#value(
      { ...withoutToken(argument), optional: false },
      undefined,
      argument.multipleToken ? token : undefined,
    )
    for (const group of value.beside) this.groups.push(group)
    const beside = (holder: string): string[] =>
      value.beside.flatMap((group) => group.entries.flatMap((entry) => entry.code(holder)))
    return {
      key,
      type: value.type,
      code: (holder) => {
        const at = `${holder}.${key}`
        const before = token === undefined || argument.multipleToken ? [] : [quote(token)]
        const inline = value.inline?.(at)
        const lines =
          inline === undefined
            ? [...(before.length > 0 ? [`words.push(${before.join(', ')})`] : []), ...value.code(at)]
            : [`words.push(${[...before, inline].join(', ')})`]
        return guarded(`${at} !== undefined`, [...lines, ...beside(holder)])
      },
    }
  }

  /** `[FULL [COUNT count]]`: the token alone, with an option beside it or with an object of several. */
  #emptyable(key: string, token: string, argument: Argument): Entry {
    const inner = argument.arguments!
    const push = `words.push(${quote(token)})`
    if (inner.length > 1) {
      const value = this.#object(inner, false)
      return {
        key,
        type: `boolean | ${value.type}`,
        code: (holder) => {
          const at = `${holder}.${key}`
          return guarded(at, [push, ...guarded(`${at} !== true`, value.code(at))])
        },
      }
    }
    const groups = this.#inner(inner)
    for (const group of groups) this.groups.push(group)
    return {
      key,
      type: 'boolean',
      code: (holder) => {
        const beside = groups.flatMap((group) => group.entries.flatMap((entry) => entry.code(holder)))
        return guarded(`${holder}.${key}`, [push, ...beside])
      },
    }
  }

  #inner(grammar: readonly Argument[]): Group[] {
    const builder = new MethodBuilder(this.#camel, false, this.#holder, this.#depth)
    builder.#sequence(grammar, false)
    return builder.groups
  }

  #value(argument: Argument, count: string | undefined, repeatedToken: string | undefined): Value {
    if (argument.multiple) return this.#several(argument, count, repeatedToken)
    if (argument.type in SCALARS) return scalar(SCALARS[argument.type]!)
    if (argument.type === 'oneof') {
      if (isRich(argument)) return this.#object([argument], false)
      return scalar(unionOf(argument))
    }
    return this.#block(argument.arguments!)
  }

  #several(argument: Argument, count: string | undefined, token: string | undefined): Value {
    const parts = argument.arguments
    const single = { ...argument, multiple: false, multipleToken: false, optional: false } as Argument
    if (argument.type in SCALARS || (argument.type === 'oneof' && !isRich(argument))) {
      const type = `Many<${argument.type === 'oneof' ? unionOf(argument) : SCALARS[argument.type]!}>`
      const push = count === undefined ? 'pushAll' : 'pushCounted'
      if (token !== undefined)
        return {
          type,
          beside: [],
          code: (at) => [`for (const word of many(${at})) words.push(${quote(token)}, word)`],
        }
      return { type, beside: [], code: (at) => [`${push}(words, ${at})`] }
    }
    if (token === undefined && argument.type === 'block' && isPair(parts!)) {
      if (this.#columns) return { type: 'Pairs', beside: [], code: (at) => [`pushColumns(words, ${at})`] }
      if (count === undefined) return { type: 'Pairs', beside: [], code: (at) => [`pushPairs(words, ${at})`] }
      const words = count === 'nargs' ? ' * 2' : ''
      return {
        type: 'Pairs',
        beside: [],
        code: (at) => ['const at = words.length', `insertCount(words, at, pushPairs(words, ${at})${words})`],
      }
    }
    const row = this.#object(argument.type === 'block' ? parts! : [single], true)
    const name = this.#depth === 0 ? 'row' : `row${this.#depth + 1}`
    return {
      type: `Many<${row.type}>`,
      beside: [],
      code: (at) => {
        const loop = [
          `for (const ${name} of many<${row.type}>(${at})) {`,
          ...(token === undefined ? [] : [`  words.push(${quote(token)})`]),
          ...row.code(name).map((line) => `  ${line}`),
          '}',
        ]
        if (count === undefined) return loop
        const total = count === 'nargs' ? `words.length - start${this.#depth}` : `many(${at}).length`
        return [
          `const start${this.#depth} = words.length`,
          ...loop,
          `insertCount(words, start${this.#depth}, ${total})`,
        ]
      },
    }
  }

  /** An object with a property for each value and each option of the grammar. */
  #object(grammar: readonly Argument[], deeper: boolean): Value {
    const built = (holder: string): MethodBuilder => {
      const builder = new MethodBuilder(this.#camel, false, holder, this.#depth + (deeper ? 1 : 0))
      builder.#sequence(grammar, false)
      return builder
    }
    const model = built('')
    const own = model.params.map((param) => {
      const missing = param.optional ? ['?', ' | undefined'] : ['', '']
      return `readonly ${param.name}${missing[0]}: ${param.type}${missing[1]}`
    })
    return { type: objectType(own, merged(model.groups)), beside: [], code: (at) => built(at).#lines() }
  }

  /** The values of a block: the only one as it is, several plain ones as a tuple, anything richer as an object. */
  #block(parts: readonly Argument[]): Value {
    const values: Argument[] = []
    const options: Argument[] = []
    for (const part of parts) (part.optional && hasToken(part) ? options : values).push(part)
    const groups = this.#inner(options)
    if (values.length === 1) {
      const only = this.#value(values[0]!, undefined, undefined)
      return { ...only, beside: [...only.beside, ...groups] }
    }
    if (values.length === 2 && isCount(values[0]!, values[1]!)) {
      const only = this.#value({ ...values[1]!, optional: false } as Argument, values[0]!.name, undefined)
      return { ...only, beside: [...only.beside, ...groups] }
    }
    const plain = values.every((part) => isPlain(part))
    if (!plain) return this.#object(parts, true)
    const types = values.map((part) => (part.type === 'oneof' ? unionOf(part) : SCALARS[part.type]!))
    if (values[0]!.optional) {
      const rest = values.slice(1)
      if (rest.length !== 1) throw new Error('an optional value before several others')
      return {
        type: `${types[1]} | readonly [${camelName(values[0]!.name)}: ${types[0]}, ${camelName(rest[0]!.name)}: ${types[1]}]`,
        beside: groups,
        code: (at) => [`pushAll(words, ${at})`],
      }
    }
    const members = values.map((part, i) => `${camelName(part.name)}${part.optional ? '?' : ''}: ${types[i]}`)
    const tuple = `readonly [${members.join(', ')}]`
    if (values.slice(1).every((part) => part.optional))
      return { type: `${types[0]} | ${tuple}`, beside: groups, code: (at) => [`pushAll(words, ${at})`] }
    return { type: tuple, beside: groups, inline: (at) => `...${at}`, code: (at) => [`words.push(...${at})`] }
  }
}

function scalar(type: string): Value {
  return { type, beside: [], inline: (at) => at, code: (at) => [`words.push(${at})`] }
}

function guarded(condition: string, lines: readonly string[]): string[] {
  if (lines.length === 1 && !lines[0]!.startsWith('const ') && !lines[0]!.startsWith('if '))
    return [`if (${condition}) ${lines[0]}`]
  return [`if (${condition}) {`, ...lines.map((line) => `  ${line}`), '}']
}

/** One group of independent options, then the others; an option that several alternatives share is there once. */
function merged(groups: readonly Group[]): Group[] {
  const all = new Map<string, Entry>()
  const others: Group[] = []
  for (const group of groups) {
    if (group.kind === 'all' || group.entries.length === 1) for (const entry of group.entries) all.set(entry.key, entry)
    else others.push(group)
  }
  return [...(all.size > 0 ? [{ kind: 'all' as const, entries: [...all.values()] }] : []), ...others]
}

/** The type of an object with these properties and options. */
export function objectType(own: readonly string[], groups: readonly Group[]): string {
  const plain = [...own]
  const sets: string[] = []
  for (const group of groups) {
    if (group.kind === 'all')
      for (const entry of group.entries) plain.push(`readonly ${entry.key}?: ${entry.type} | undefined`)
    else {
      const members = group.entries.map(
        (entry) => `${entry.key}: ${entry.type === 'boolean' && group.kind === 'one' ? 'true' : entry.type}`,
      )
      sets.push(`${group.kind === 'one' ? 'OneOf' : 'AtMostOne'}<{ ${members.join('; ')} }>`)
    }
  }
  return [...(plain.length > 0 ? [`{ ${plain.join('; ')} }`] : []), ...sets].join(' & ')
}
