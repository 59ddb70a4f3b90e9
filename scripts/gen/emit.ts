// Writes packages/client/src/commands.gen.ts: one class with a typed method for each command.
import { readFileSync } from 'node:fs'
import { parseSyntax } from '../../packages/protocol/src/syntax.ts'
import type { Facts } from './facts.ts'
import { camelName } from './grammar.ts'
import { type Method, MethodBuilder, objectType, type Param } from './methods.ts'
import type { Replies, Reply } from './replies.ts'

export interface EmittedMethod {
  command: string
  name: string
  /** The signatures as a user reads them, without the reply's mode. */
  signatures: string[]
  params: Param[]
  /** The type of the options, when it takes any, and the types of the rows by name. */
  /** The reply of each condition, the most demanding first; the last one without. */
  replies: Reply[]
  optionsName: string
  options: string | undefined
  rows: Readonly<Record<string, string>>
}

interface Emitted {
  text: string
  methods: EmittedMethod[]
}

export function formatMethods(facts: readonly Facts[], replies: Replies, camel: (token: string) => string): Emitted {
  const members: string[] = []
  const specs: string[] = []
  const options: string[] = []
  const methods: EmittedMethod[] = []
  for (const fact of facts) {
    if (replies.none.has(fact.name)) continue
    const known = replies.byName.get(fact.name)
    const base = known?.find((reply) => reply.when.length === 0)
    if (known === undefined || base === undefined) throw new Error(`replies.txt says nothing of "${fact.name}"`)
    const method = build(fact, replies.signatures.get(fact.name) ?? fact.syntax, camel)
    const member = new Member(
      fact,
      method,
      base,
      known.filter((reply) => reply !== base),
    )
    for (const [name, type] of member.rows) options.push(`export type ${name} = ${type}`)
    if (member.options !== undefined) options.push(`export type ${member.optionsName} = ${member.options}`)
    specs.push(`const ${member.constant}: CommandSpec = lookupCommand('${fact.name}')!`)
    members.push(member.text())
    methods.push({
      command: fact.name,
      name: member.name,
      signatures: member.signatures(),
      params: method.params,
      replies: member.replies,
      optionsName: member.optionsName,
      options: member.options,
      rows: Object.fromEntries(member.rows),
    })
  }
  const names = facts.map((fact) => fact.name)
  for (const name of [...replies.byName.keys(), ...replies.signatures.keys(), ...replies.none])
    if (!names.includes(name)) throw new Error(`replies.txt speaks of "${name}", which is no command`)
  const body = members.join('\n\n')
  const used = (module: string, names: readonly string[], typeOnly: boolean): string => {
    const found = names.filter((name) => new RegExp(`\\b${name}\\b`).test(`${body}\n${options.join('\n')}`))
    return `import ${typeOnly ? 'type ' : ''}{ ${found.join(', ')} } from '${module}'`
  }
  const types = new Set<string>()
  for (const list of replies.byName.values())
    for (const reply of list) {
      for (const [name] of reply.type.replace(/'[^']*'/g, '').matchAll(/\b[A-Z]\w+\b/g))
        if (!BUILT_IN.has(name)) types.add(name)
    }
  const text = `// The typed methods of every command. Written by \`npm run gen\`; do not edit.
import { type CommandSpec, lookupCommand } from '@ochre/protocol'
${used('./arguments.ts', ['AtMostOne', 'Decimal', 'Integer', 'Many', 'OneOf', 'Pairs', 'Rest'], true)}
${used('./arguments.ts', ['checkOptions', 'insertCount', 'isArg', 'many', 'pushAll', 'pushColumns', 'pushCounted', 'pushPairs', 'rest'], false)}
import type { Arg, Issuer, Shape } from './command.ts'
import type { Mode, Result } from './mode.ts'
${shapeImports(types)}

${specs.join('\n')}

${options.join('\n')}

/** A method for each command. A subclass says where the commands go and, by its mode, what the methods return. */
export abstract class Commands<M extends Mode> implements Issuer {
  /** Takes the command, whose words after the name are \`args\`; \`shape\` turns the decoded reply into the method's own. */
  abstract issue<R>(spec: CommandSpec, args: Arg[], shape?: Shape): Result<M, R>

${body}
}
`
  return { text, methods }
}

const BUILT_IN = new Set(['V', 'Record', 'Buffer', 'OK', 'NOKEY', 'Partial'])

function build(fact: Facts, syntax: string, camel: (token: string) => string): Method {
  try {
    return new MethodBuilder(camel, fact.keys.includes('%2')).build(parseSyntax(syntax))
  } catch (cause) {
    throw new Error(`${fact.name}: ${(cause as Error).message}`, { cause })
  }
}

class Member {
  readonly name: string
  readonly constant: string
  readonly optionsName: string
  readonly options: string | undefined
  /** Names for the types of the rows it takes. */
  readonly rows: readonly (readonly [name: string, type: string])[]
  readonly #fact: Facts
  readonly #method: Method
  readonly #base: Reply
  readonly #others: Reply[]
  readonly #whole: boolean

  constructor(fact: Facts, method: Method, base: Reply, others: readonly Reply[]) {
    this.#fact = fact
    this.#method = method
    this.#base = base
    // The most demanding conditions first: the first overload that fits is taken.
    this.#others = [...others].sort((a, b) => b.when.length - a.when.length)
    // A block of several arguments is given whole or not at all.
    const [first] = method.params
      .filter((param) => param.block?.required && param.block.first !== param.name)
      .map((param) => param.block!.first)
    this.#whole = first !== undefined
    if (first !== undefined && !others.some((reply) => reply.when.includes(first)))
      this.#others.push({ ...base, when: [first] })
    this.name = camelName(fact.name)
    this.constant = fact.name
      .toUpperCase()
      .replace(/[^A-Z0-9]+/g, '_')
      .replace(/^_+/, '')
    this.optionsName = `${this.name.charAt(0).toUpperCase()}${this.name.slice(1)}Options`
    this.rows = this.#nameRows()
    this.options = method.groups.length > 0 ? objectType([], method.groups) : undefined
  }

  #nameRows(): [string, string][] {
    const found: [string, string][] = []
    for (const param of this.#method.params) {
      const type = /^Many<((?:\{|OneOf).*)>$/.exec(param.type)?.[1]
      if (type === undefined) continue
      const singular = param.name.replace(/ies$/, 'y').replace(/s$/, '')
      const name = [this.name, singular].map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('')
      found.push([name, type])
      param.type = `Many<${name}>`
      this.#method.code = this.#method.code.map((line) => line.replace(`many<${type}>`, `many<${name}>`))
    }
    return found
  }

  get replies(): Reply[] {
    return [...this.#others, this.#base]
  }

  get #required(): boolean {
    return this.#method.groups.some((group) => group.kind === 'one')
  }

  get #unit(): Param | undefined {
    return this.#method.params.find((param) => param.unit !== undefined)
  }

  text(): string {
    const deprecated = this.#fact.flags.includes('deprecated') ? ' @deprecated' : ''
    const doc = `  /** \`${this.#fact.name.toUpperCase()}${this.#fact.syntax === '' ? '' : ` ${this.#fact.syntax}`}\`. Since ${this.#fact.since}.${deprecated} */`
    const overloads = this.#overloads()
    if (overloads.length === 1) {
      const [only] = overloads
      return `${doc}\n  ${this.name}(${only!.params}): ${result(only!.type)} {\n${indent(this.#body(only!.type))}\n  }`
    }
    const types = [...new Set(overloads.map((overload) => result(overload.type)))]
    return [
      doc,
      ...overloads.map((overload) => `  ${this.name}(${overload.params}): ${result(overload.type)}`),
      `  ${this.name}(${this.#implementation()}): ${types.join(' | ')} {\n${indent(this.#body(overloads[0]!.type))}\n  }`,
    ].join('\n')
  }

  signatures(): string[] {
    return this.#overloads().map((overload) => `${this.name}(${overload.params}): ${overload.type}`)
  }

  /** Every signature with the type of its reply. */
  #overloads(): { params: string; type: string }[] {
    const found: { params: string; type: string }[] = []
    const forms = this.#unit === undefined ? [false] : [false, true]
    const entries = this.#method.groups.flatMap((group) => group.entries)
    for (const flat of forms) {
      const conditional = new Set(this.#others.flatMap((reply) => reply.when))
      const without = entries
        .filter((entry) => conditional.has(entry.key))
        .map((entry) => `${entry.key}?: ${entry.type.startsWith('boolean') ? 'false | undefined' : 'undefined'}`)
      const mark = this.#required ? '' : '?'
      const plain =
        this.options === undefined
          ? undefined
          : `options${mark}: ${this.optionsName}${without.length > 0 ? ` & { ${without.join('; ')} }` : ''}`
      const positionalConditions = [...conditional].filter(
        (name) => !name.includes('=') && !entries.some((entry) => entry.key === name),
      )
      for (const name of positionalConditions)
        if (!this.#method.params.some((param) => param.name === name))
          throw new Error(`${this.#fact.name} has no option ${name}`)
      for (const reply of this.#others) {
        const narrowed = entries
          .filter((entry) => reply.when.includes(entry.key))
          .map((entry) => `${entry.key}: ${entry.type.replace(/^boolean/, 'true')}`)
        const options = narrowed.length > 0 ? `options: ${this.optionsName} & { ${narrowed.join('; ')} }` : plain
        found.push({ params: this.#params(flat, reply.when, options), type: reply.type })
      }
      const literals = [...conditional].filter((name) => name.includes('='))
      // Without the argument that the condition names, what belongs to it has no place either.
      const cut = positionalConditions[0]
      const rest = this.#params(flat, [], cut === undefined ? plain : undefined, cut)
      found.push({
        params: literals.reduce((text, one) => text.replace(` | '${one.slice(one.indexOf('=') + 1)}'`, ''), rest),
        type: this.#base.type,
      })
      if (this.#others.length > 0 && !this.#whole) {
        const all = [this.#base, ...this.#others].flatMap((reply) => alternatives(reply.type))
        found.push({
          params: this.#params(
            flat,
            cut !== undefined && this.options !== undefined ? [cut] : [],
            this.options === undefined ? undefined : `options${mark}: ${this.optionsName}`,
          ),
          type: [...new Set(all)].join(' | '),
        })
      }
    }
    return found
  }

  /** `given`: optional arguments that are there. `flat`: the unit part by part. `cut`: ends before that argument. */
  #params(flat: boolean, given: readonly string[], options: string | undefined, cut?: string): string {
    const list: string[] = []
    for (const param of this.#method.params) {
      if (param.name === cut) break
      if (flat && param.unit !== undefined) {
        list.push(...param.unit.map((part) => `${part.name}: ${part.type}`))
        continue
      }
      const literal = given.find((one) => one.startsWith(`${param.name}=`))?.slice(param.name.length + 1)
      const isGiven =
        given.includes(param.name) || (param.block?.required === true && given.includes(param.block.first))
      if (literal !== undefined) list.push(`${param.name}: '${literal}'`)
      else if (param.rest) list.push(`...${param.name}: ${param.type}`)
      else if (!param.optional || isGiven) list.push(`${param.name}: ${param.type}`)
      else if (options?.startsWith('options:')) list.push(`${param.name}: ${param.type} | undefined`)
      else list.push(`${param.name}?: ${param.type}`)
    }
    if (options !== undefined) list.push(options)
    return list.join(', ')
  }

  #implementation(): string {
    const unit = this.#unit
    if (unit === undefined) {
      return this.#params(
        false,
        [],
        this.options === undefined ? undefined : `options${this.#required ? '' : '?'}: ${this.optionsName}`,
      )
    }
    const before = this.#method.params.slice(0, this.#method.params.indexOf(unit))
    return [
      ...before.map((param) => `${param.name}: ${param.type}`),
      `${unit.name}: Arg | ${unit.type}`,
      '...more: readonly unknown[]',
    ].join(', ')
  }

  #body(type: string): string[] {
    const method = this.#method
    const shape = this.#shape()
    const suffix = shape === undefined ? '' : `, ${shape}`
    const call = (args: string): string => `return this.issue<${replyType(type)}>(${this.constant}, ${args}${suffix})`
    const unit = this.#unit
    if (unit === undefined && method.inline !== undefined)
      return [call(/^\.\.\.rest\(\w+\)$/.test(method.inline) ? method.inline.slice(3) : `[${method.inline}]`)]
    let lines = method.code
    if (unit !== undefined) {
      const parts = unit.unit!
      const flat = `words.push(${unit.name}, ${parts
        .slice(1)
        .map((part, i) => `more[${i}] as ${part.type}`)
        .join(', ')})`
      const at = lines.findIndex(
        (line) => line.includes(`pushPairs(words, ${unit.name})`) || line.includes(`(${unit.name})) {`),
      )
      const end = lines[at]!.endsWith('{') ? lines.indexOf('}', at) : at
      const spread = lines.slice(at, end + 1)
      const branch =
        spread.length === 1
          ? [`if (isArg(${unit.name})) ${flat}`, `else ${spread[0]}`]
          : [`if (isArg(${unit.name})) ${flat}`, `else {`, ...spread.map((line) => `  ${line}`), '}']
      lines = [...lines.slice(0, at), ...branch, ...lines.slice(end + 1)]
    }
    // What comes first can be there from the start.
    let start = 'const words: Arg[] = []'
    const first = /^words\.push\((.*)\)$/.exec(lines[0] ?? '')
    if (first !== null) {
      start = `const words: Arg[] = [${first[1]}]`
      lines = lines.slice(1)
    }
    if (this.options === undefined) return [start, ...lines, call('words')]
    const keys = method.groups.flatMap((group) => group.entries.map((entry) => entry.key))
    const check = `checkOptions(options, '${[...new Set(keys)].join(' ')}')`
    if (unit !== undefined) {
      const parts = unit.unit!.length - 1
      lines = [
        `const options = more[isArg(${unit.name}) ? ${parts} : 0] as ${this.optionsName} | undefined`,
        check,
        ...lines,
      ]
    } else lines = [check, ...lines]
    if (this.#required) return [start, ...lines, call('words')]
    return [start, ...optional(lines), call('words')]
  }

  /** The expression that chooses the shape. */
  #shape(): string | undefined {
    const all = [...this.#others, this.#base]
    if (all.every((reply) => reply.shape === this.#base.shape)) return inModule(this.#base.shape)
    const entries = this.#method.groups.flatMap((group) => group.entries)
    const mark = this.#required ? '' : '?'
    const condition = (name: string): string => {
      const entry = entries.find((one) => one.key === name)
      if (name.includes('=')) return name.replace(/=(.*)/, " === '$1'")
      if (entry === undefined) return `${name} !== undefined`
      return entry.type.startsWith('boolean') ? `options${mark}.${name}` : `options${mark}.${name} !== undefined`
    }
    let expression = inModule(this.#base.shape) ?? 'undefined'
    const byShape = new Map<string, string[][]>()
    for (const reply of this.#others) {
      const shape = inModule(reply.shape) ?? 'undefined'
      byShape.set(shape, [...(byShape.get(shape) ?? []), reply.when])
    }
    for (const [shape, whens] of [...byShape].reverse()) {
      if (shape === expression) continue
      // A condition that contains another one of the same shape adds nothing.
      const least = whens.filter(
        (when) => !whens.some((other) => other !== when && other.every((name) => when.includes(name))),
      )
      const tests = least.map((when) => when.map(condition).join(' && '))
      expression = `${tests.join(' || ')} ? ${shape} : ${expression}`
    }
    return expression
  }
}

/** The modules that hold the shapes, each imported whole under the name that the methods use. */
const SHAPES = new Map(
  ['shapes', 'shapes-server', 'shapes-modules'].map((file) => [
    file.replace(/^shapes-(\w+)$/, '$1Shapes'),
    { file, source: readFileSync(new URL(`../../packages/client/src/${file}.ts`, import.meta.url), 'utf8') },
  ]),
)

function shapeImports(types: ReadonlySet<string>): string {
  const lines: string[] = []
  const missing = new Set(types)
  for (const [module, { file, source }] of SHAPES) {
    const found = [...types]
      .filter((type) => new RegExp(`^export (interface|type) ${type}\\b`, 'm').test(source))
      .sort()
    for (const type of found) missing.delete(type)
    lines.push(`import type { ${found.join(', ')} } from './${file}.ts'`, `import * as ${module} from './${file}.ts'`)
  }
  if (missing.size > 0) throw new Error(`no shape file exports ${[...missing].join(', ')}`)
  return lines.join('\n')
}

function inModule(shape: string | undefined): string | undefined {
  if (shape === undefined) return undefined
  const name = shape.replace(/\(.*/, '')
  for (const [module, { source }] of SHAPES)
    if (source.includes(`export function ${name}(`) || source.includes(`export function ${name}<`))
      return `${module}.${shape}`
  throw new Error(`no shape file exports ${name}`)
}

/** Puts the lines that read options under one test for their presence. */
function optional(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => /\boptions\./.test(line) && !line.startsWith('const '))
  if (first === -1) return [...lines]
  const found: string[] = []
  let block: string[] = []
  const flush = (): void => {
    if (block.length > 0) found.push('if (options !== undefined) {', ...block.map((line) => `  ${line}`), '}')
    block = []
  }
  let depth = 0
  let inOptions = false
  for (const line of lines) {
    if (depth === 0) inOptions = /^(if|for|words).*\boptions\./.test(line)
    if (inOptions) block.push(line)
    else {
      if (depth === 0) flush()
      found.push(
        line
          .replace(/\boptions\.(\w+)(?= !== undefined\)|\))/g, 'options?.$1')
          .replace(/push\(([^)]*)options\?\./, 'push($1options.'),
      )
    }
    if (line.endsWith('{') && !line.startsWith('}')) depth++
    else if (line.trim() === '}') depth--
  }
  flush()
  return found
}

/** The members of a union, leaving alone what is inside of brackets. */
function alternatives(type: string): string[] {
  const found: string[] = ['']
  let depth = 0
  for (const word of type.split(/( \| )/)) {
    if (word === ' | ' && depth === 0) found.push('')
    else found[found.length - 1] += word
    depth += (word.match(/[<[({]/g) ?? []).length - (word.match(/[>\])}]/g) ?? []).length
  }
  return found
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `    ${line}`).join('\n')
}

function replyType(type: string): string {
  return type.replace(/\bV\b/g, "M['value']")
}

function result(type: string): string {
  return `Result<M, ${replyType(type)}>`
}
