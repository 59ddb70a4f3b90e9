// One selector of an ACL user: which commands, keys and channels it allows, from rules and back to rules.
import { CommandFlag, compileGlob, type Glob, matchGlob } from '@ochre/protocol'
import type { Command, CommandIndex } from '../commands/index.ts'
import { channelsOf, type KeyUse, keyUsesOf } from './command-uses.ts'

/** All categories, in the order of ACL CAT. */
export const CATEGORIES: readonly string[] = [
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
]

/** Why something is denied; `at` is the argument that shows it. */
export interface Denial {
  readonly reason: 'command' | 'key' | 'channel'
  readonly at: number
}

export const RULE_FAILURES = {
  syntax: 'Syntax error',
  unknown: 'Unknown command or category name in ACL',
  allKeys:
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns",
  allChannels:
    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels",
  firstArgument: 'Allowing first-arg of a subcommand is not supported',
  hash: 'The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters',
  password: 'The password you are trying to remove from the user does not exist',
} as const

interface KeyPattern {
  readonly text: string
  readonly glob: Glob
  read: boolean
  write: boolean
}

export class Selector {
  readonly #index: CommandIndex
  #commands: Set<number> = new Set()
  /** First arguments with which a command is allowed that is not allowed otherwise: `+select|0`. */
  #firstArguments: Map<number, string[]> = new Map()
  #keys: KeyPattern[] = []
  #channels: { readonly text: string; readonly glob: Glob }[] = []
  #isOpenEnded = false
  allCommands = false
  allKeys = false
  allChannels = false

  constructor(index: CommandIndex) {
    this.#index = index
  }

  get isUnrestricted(): boolean {
    return this.allCommands && this.allKeys && this.allChannels
  }

  clone(): Selector {
    const copy = new Selector(this.#index)
    copy.#commands = new Set(this.#commands)
    copy.#firstArguments = new Map([...this.#firstArguments].map(([id, words]) => [id, [...words]]))
    copy.#keys = this.#keys.map((pattern) => ({ ...pattern }))
    copy.#channels = [...this.#channels]
    copy.#isOpenEnded = this.#isOpenEnded
    copy.allCommands = this.allCommands
    copy.allKeys = this.allKeys
    copy.allChannels = this.allChannels
    return copy
  }

  /** Applies one rule. Returns what is wrong with it, or null. */
  apply(rule: string): string | null {
    switch (rule.toLowerCase()) {
      case 'allkeys':
      case '~*':
        this.allKeys = true
        this.#keys = []
        return null
      case 'resetkeys':
        this.allKeys = false
        this.#keys = []
        return null
      case 'allchannels':
      case '&*':
        this.allChannels = true
        this.#channels = []
        return null
      case 'resetchannels':
        this.allChannels = false
        this.#channels = []
        return null
      case 'allcommands':
      case '+@all':
        this.#commands = new Set(this.#index.all.map(({ id }) => id))
        this.#firstArguments.clear()
        this.allCommands = this.#isOpenEnded = true
        return null
      case 'nocommands':
      case '-@all':
        this.#commands.clear()
        this.#firstArguments.clear()
        this.allCommands = this.#isOpenEnded = false
        return null
    }
    const sign = rule[0]
    if (sign === '~' || sign === '%') return this.#addKeyPattern(rule)
    if (sign === '&') return this.#addChannelPattern(rule.slice(1))
    if ((sign === '+' || sign === '-') && rule[1] === '@') {
      const category = rule.slice(2).toLowerCase()
      return this.#setCategory(category, sign === '+') ? null : RULE_FAILURES.unknown
    }
    if (sign === '+') return this.#allow(rule.slice(1))
    if (sign !== '-') return RULE_FAILURES.syntax
    const command = this.#find(rule.slice(1))
    if (command === undefined) return RULE_FAILURES.unknown
    this.#set(command, false)
    return null
  }

  #find(name: string): Command | undefined {
    return this.#index.byFullName.get(name.toLowerCase())
  }

  #allow(name: string): string | null {
    const bar = name.lastIndexOf('|')
    const command = this.#find(bar === -1 ? name : name.slice(0, bar))
    if (command === undefined) return RULE_FAILURES.unknown
    if (bar === -1) this.#set(command, true)
    else if (command.spec.words === 2) return RULE_FAILURES.firstArgument
    else if (bar === name.length - 1) return RULE_FAILURES.syntax
    else if (command.subcommands !== null) {
      const subcommand = this.#find(name)
      if (subcommand === undefined) return RULE_FAILURES.unknown
      this.#set(subcommand, true)
    } else {
      const words = this.#firstArguments.get(command.id) ?? []
      const word = name.slice(bar + 1)
      if (!words.some((known) => known.toLowerCase() === word.toLowerCase())) words.push(word)
      this.#firstArguments.set(command.id, words)
    }
    return null
  }

  #set(command: Command, isAllowed: boolean): void {
    this.#firstArguments.delete(command.id)
    if (isAllowed) this.#commands.add(command.id)
    else {
      this.#commands.delete(command.id)
      this.allCommands = false
    }
    for (const subcommand of command.subcommands?.values() ?? []) this.#set(subcommand, isAllowed)
  }

  #setCategory(category: string, isAllowed: boolean): boolean {
    if (!CATEGORIES.includes(category)) return false
    for (const command of this.#index.all) {
      if (command.spec.categories.includes(category)) this.#set(command, isAllowed)
    }
    return true
  }

  #addKeyPattern(rule: string): string | null {
    if (this.allKeys) return RULE_FAILURES.allKeys
    const match = /^(?:~|%(r|w|rw|wr)~)([^ \f\n\r\t\v]*)$/i.exec(rule)
    if (match === null) return RULE_FAILURES.syntax
    const access = match[1]?.toUpperCase() ?? 'RW'
    const text = match[2]!
    const read = access.includes('R')
    const write = access.includes('W')
    const known = this.#keys.find((pattern) => pattern.text === text)
    if (known === undefined) this.#keys.push({ text, glob: compileGlob(text), read, write })
    else {
      known.read ||= read
      known.write ||= write
    }
    return null
  }

  #addChannelPattern(text: string): string | null {
    if (this.allChannels) return RULE_FAILURES.allChannels
    if (/[ \f\n\r\t\v]/.test(text)) return RULE_FAILURES.syntax
    if (!this.#channels.some((known) => known.text === text)) this.#channels.push({ text, glob: compileGlob(text) })
    return null
  }

  // ---- checks ----

  /** Null when the selector allows the command with these arguments. */
  check(command: Command, args: readonly string[]): Denial | null {
    const { spec } = command
    if (!this.allowsCommand(command, args)) return { reason: 'command', at: 0 }
    if (!this.allKeys && spec.keySpecs.length !== 0) {
      for (const use of keyUsesOf(spec, args) ?? []) {
        if (!this.#allowsKey(args[use.at]!, use)) return { reason: 'key', at: use.at }
      }
    }
    if (!this.allChannels) {
      for (const { at, isPattern } of channelsOf(spec, args)) {
        if (!this.allowsChannel(args[at]!, isPattern)) return { reason: 'channel', at }
      }
    }
    return null
  }

  allowsCommand({ spec, id }: Command, args: readonly string[]): boolean {
    if (this.allCommands || spec.flags & CommandFlag.NO_AUTH || this.#commands.has(id)) return true
    const word = args[spec.words]?.toLowerCase()
    return this.#firstArguments.get(id)?.some((known) => known.toLowerCase() === word) ?? false
  }

  #allowsKey(key: string, use: KeyUse): boolean {
    return this.#keys.some(
      (pattern) => (!use.reads || pattern.read) && (!use.writes || pattern.write) && matchGlob(pattern.glob, key),
    )
  }

  /** Whether every key may be read. */
  get readsAllKeys(): boolean {
    return this.allKeys || this.#keys.some(({ text, read }) => read && text === '*')
  }

  /** A pattern of PSUBSCRIBE must be among the selector's patterns as it is. */
  allowsChannel(channel: string, isPattern: boolean): boolean {
    if (this.allChannels) return true
    return this.#channels.some(({ text, glob }) => (isPattern ? text === channel : matchGlob(glob, channel)))
  }

  // ---- back to rules ----

  get keyRules(): string {
    if (this.allKeys) return '~*'
    return this.#keys
      .map(({ text, read, write }) => `${read && write ? '' : `%${read ? 'R' : ''}${write ? 'W' : ''}`}~${text}`)
      .join(' ')
  }

  get channelRules(): string {
    return this.allChannels ? '&*' : this.#channels.map(({ text }) => `&${text}`).join(' ')
  }

  /** The shortest rules that give these commands: categories that fit best first, then single commands. */
  get commandRules(): string {
    const isAdditive = !this.#isOpenEnded
    const rules = [isAdditive ? '-@all' : '+@all']
    const built = new Selector(this.#index)
    built.apply(rules[0]!)
    const left = this.clone()
    const applied = new Set<string>()
    for (;;) {
      const best = left.#bestCategory(applied, isAdditive)
      if (best === undefined) break
      applied.add(best)
      const rule = `${isAdditive ? '+' : '-'}@${best}`
      built.apply(rule)
      left.apply(`${isAdditive ? '-' : '+'}@${best}`)
      rules.push(rule)
    }
    for (const command of this.#index.all) {
      const isAllowed = this.#commands.has(command.id)
      const name = command.spec.name.replace(' ', '|')
      if (isAllowed !== built.#commands.has(command.id)) {
        rules.push(`${isAllowed ? '+' : '-'}${name}`)
        built.#set(command, isAllowed)
      }
      if (!isAllowed) for (const word of this.#firstArguments.get(command.id) ?? []) rules.push(`+${name}|${word}`)
    }
    return rules.join(' ')
  }

  /** The category with more commands in common than different, the fewest differences first. */
  #bestCategory(applied: ReadonlySet<string>, isAdditive: boolean): string | undefined {
    let best: string | undefined
    let fewest = Number.POSITIVE_INFINITY
    let most = 0
    for (const category of CATEGORIES) {
      if (applied.has(category)) continue
      let [on, off] = [0, 0]
      for (const { id, spec } of this.#index.all) {
        if (!spec.categories.includes(category)) continue
        if (this.#commands.has(id)) on++
        else off++
      }
      const different = isAdditive ? off : on
      const same = isAdditive ? on : off
      if (same > different && (different < fewest || (different === fewest && same > most))) {
        best = category
        fewest = different
        most = same
      }
    }
    return best
  }

  /** The selector as ACL LIST shows it. */
  describe(): string {
    const channels = this.allChannels ? '&*' : `resetchannels ${this.channelRules}`.trim()
    return [this.keyRules, channels, this.commandRules].filter((part) => part !== '').join(' ')
  }
}
