// Grants from outside: the JSON of a request, the claims of a token. Whatever is malformed is refused by its field; a limit
// that was misspelt must not become no limit.

import { commandNames, lookupCommand, UsageError } from '@ochre/protocol'
import { type Grant, Rules } from './principal.ts'

const LISTS = ['scopes', 'commands', 'keys', 'channels', 'models', 'networks'] as const
const FIELDS: readonly string[] = [...LISTS, 'databases', 'rate', 'quotaPerDay']

/** A grant and its compiled rules. Throws UsageError naming the field that is wrong. */
export function grantOf(value: unknown): { readonly grant: Grant; readonly rules: Rules } {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) wrong('grant', 'an object')
  const plain = value as Readonly<Record<string, unknown>>
  for (const name of Object.keys(plain)) {
    if (!FIELDS.includes(name)) throw new UsageError(`A grant has ${FIELDS.join(', ')} and nothing else.`)
  }
  if (plain.scopes === undefined) wrong('scopes', 'a list')
  for (const name of LISTS) {
    const list = plain[name]
    if (list === undefined) continue
    if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) wrong(name, 'a list of text')
  }
  for (const rule of (plain.commands ?? []) as readonly string[]) {
    if (!namesCommands(rule))
      throw new UsageError(`In the grant, commands has a rule for what no command is: ${rule.slice(0, 64)}.`)
  }
  const { databases, quotaPerDay } = plain
  if (databases !== undefined && databases !== '*') {
    if (!Array.isArray(databases) || !databases.every((n) => Number.isInteger(n) && n >= 0))
      wrong('databases', '"*" or a list of numbers')
  }
  if (plain.rate !== undefined && !isRate(plain.rate)) wrong('rate', '{"perSecond": above 0, "burst": 1 or more}')
  if (quotaPerDay !== undefined && !(Number.isSafeInteger(quotaPerDay) && Number(quotaPerDay) >= 0))
    wrong('quotaPerDay', 'a number')
  const grant = { ...(plain as unknown as Grant) }
  return { grant, rules: new Rules(grant) }
}

let categories: ReadonlySet<string> | undefined

/** Whether what a rule names is there; rules that are none are left to Rules. */
function namesCommands(rule: string): boolean {
  const [, at, name = '', sub] = /^[+-](@?)([^|]+)(?:\|(.+))?$/s.exec(rule) ?? []
  if (at === undefined) return true
  if (at === '') return lookupCommand(sub === undefined ? name : `${name} ${sub}`) !== undefined
  categories ??= new Set(['all', ...commandNames().flatMap((one) => lookupCommand(one)!.categories)])
  return categories.has(name.toLowerCase())
}

function isRate(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false
  const { perSecond, burst, ...rest } = value as Readonly<Record<string, unknown>>
  const areNumbers = Number.isFinite(perSecond) && Number.isFinite(burst)
  return areNumbers && Number(perSecond) > 0 && Number(burst) >= 1 && Object.keys(rest).length === 0
}

function wrong(field: string, expected: string): never {
  throw new UsageError(`In the grant, ${field} is ${expected}.`)
}
