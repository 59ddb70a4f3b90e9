// An ACL user: passwords and selectors, and the rules of ACL SETUSER that change them.
import { createHash } from 'node:crypto'
import type { Command, CommandIndex } from '../commands/index.ts'
import { type Denial, RULE_FAILURES, Selector } from './selector.ts'

const HASH = /^[0-9a-f]{64}$/
const SEVERITY: Readonly<Record<Denial['reason'], number>> = { command: 1, key: 2, channel: 4 }

export class User {
  readonly name: string
  readonly #index: CommandIndex
  isOn = false
  needsNoPassword = false
  /** Whether RESTORE may skip checking what it loads: kept and shown, and no payload goes unchecked here. '' is unsaid. */
  #sanitizing: '' | 'sanitize-payload' | 'skip-sanitize-payload' = ''
  #passwords: string[] = []
  #selectors: Selector[]
  /** One look tells that nothing has to be checked. */
  isUnrestricted = false

  constructor(name: string, index: CommandIndex) {
    this.name = name
    this.#index = index
    this.#selectors = [new Selector(index)]
  }

  get passwordHashes(): readonly string[] {
    return this.#passwords
  }

  get root(): Selector {
    return this.#selectors[0]!
  }

  get selectors(): readonly Selector[] {
    return this.#selectors
  }

  get flags(): string[] {
    const flags = [this.isOn ? 'on' : 'off']
    if (this.needsNoPassword) flags.push('nopass')
    if (this.#sanitizing !== '') flags.push(this.#sanitizing)
    return flags
  }

  clone(): User {
    const copy = new User(this.name, this.#index)
    copy.become(this)
    return copy
  }

  /** Takes over everything but the name. */
  become(other: User): void {
    this.isOn = other.isOn
    this.needsNoPassword = other.needsNoPassword
    this.#sanitizing = other.#sanitizing
    this.#passwords = [...other.#passwords]
    this.#selectors = other.#selectors.map((selector) => selector.clone())
    this.isUnrestricted = other.isUnrestricted
  }

  /** Applies one rule. Returns what is wrong with it, or null. */
  apply(rule: string): string | null {
    const problem = this.#apply(rule)
    this.isUnrestricted = this.#selectors.some((selector) => selector.isUnrestricted)
    return problem
  }

  #apply(rule: string): string | null {
    switch (rule.toLowerCase()) {
      case '':
        return null
      case 'on':
      case 'off':
        this.isOn = rule.length === 2
        return null
      case 'nopass':
        this.needsNoPassword = true
        this.#passwords = []
        return null
      case 'resetpass':
        this.needsNoPassword = false
        this.#passwords = []
        return null
      case 'skip-sanitize-payload':
      case 'sanitize-payload':
        this.#sanitizing = rule.length === 16 ? 'sanitize-payload' : 'skip-sanitize-payload'
        return null
      case 'clearselectors':
        this.#selectors = [this.root]
        return null
      case 'reset':
        for (const part of [
          'resetpass',
          'resetkeys',
          'resetchannels',
          'off',
          'sanitize-payload',
          'clearselectors',
          '-@all',
        ])
          this.#apply(part)
        return null
    }
    const sign = rule[0]!
    if ('><#!'.includes(sign)) return this.#password(sign, rule.slice(1))
    return sign === '(' && rule.endsWith(')') ? this.#addSelector(rule.slice(1, -1)) : this.root.apply(rule)
  }

  #password(sign: string, text: string): string | null {
    const isHash = sign === '#' || sign === '!'
    if (isHash && !HASH.test(text)) return RULE_FAILURES.hash
    const hash = isHash ? text : hashOf(text)
    const known = this.#passwords.indexOf(hash)
    if (sign === '>' || sign === '#') {
      if (known === -1) this.#passwords.push(hash)
      this.needsNoPassword = false
      return null
    }
    if (known === -1) return RULE_FAILURES.password
    this.#passwords.splice(known, 1)
    return null
  }

  #addSelector(rules: string): string | null {
    const selector = new Selector(this.#index)
    for (const rule of rules.split(' ')) {
      const problem = rule === '' ? null : selector.apply(rule)
      if (problem !== null) return problem
    }
    this.#selectors.push(selector)
    return null
  }

  /** Whether the user may log in with this password. */
  accepts(password: string): boolean {
    return this.isOn && (this.needsNoPassword || this.#passwords.includes(hashOf(password)))
  }

  /** Null when one of the selectors allows the command; otherwise the denial that came closest. */
  check(command: Command, args: readonly string[]): Denial | null {
    let denial: Denial = { reason: 'command', at: 0 }
    for (const selector of this.#selectors) {
      const found = selector.check(command, args)
      if (found === null) return null
      const difference = SEVERITY[found.reason] - SEVERITY[denial.reason]
      if (difference > 0 || (difference === 0 && found.at > denial.at)) denial = found
    }
    return denial
  }

  /** Whether one of the selectors allows the command and to read whatever key it may come to. */
  readsAllKeys(command: Command, args: readonly string[]): boolean {
    return (
      this.isUnrestricted ||
      this.#selectors.some((selector) => selector.readsAllKeys && selector.check(command, args) === null)
    )
  }

  allowsChannel(channel: string, isPattern: boolean): boolean {
    return this.#selectors.some((selector) => selector.allowsChannel(channel, isPattern))
  }

  /** The user as ACL LIST shows it and an ACL file holds it. */
  describe(): string {
    const selectors = this.#selectors.map((selector, i) => (i === 0 ? selector.describe() : `(${selector.describe()})`))
    const passwords = this.#passwords.map((hash) => `#${hash}`)
    return ['user', this.name, ...this.flags, ...passwords, ...selectors].join(' ')
  }
}

/** SHA-256 of a password's bytes, in hexadecimal. Comparing hashes tells nothing about the password by its time. */
function hashOf(password: string): string {
  return createHash('sha256').update(password, 'latin1').digest('hex')
}
