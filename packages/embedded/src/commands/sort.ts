// SORT and SORT_RO: elements of a list, set or sorted set, ordered by themselves or by what other keys say of them.
import { FailureReply } from '@ochre/protocol'
import { argumentAt, integerOf } from '../arguments.ts'
import { type EntryOf, textOf, type ValueType } from '../entry.ts'
import { SYNTAX, WRONG_TYPE } from '../failures.ts'
import { Notify } from '../notify.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import { parseDouble, strtod } from '../structures/numbers.ts'
import { Quicklist } from '../structures/quicklist.ts'

interface SortOptions {
  isDescending: boolean
  /** By bytes instead of by number. */
  isAlpha: boolean
  /** A pattern with `*`; null to compare the elements themselves. */
  by: string | null
  /** BY without `*`: leave the order as it is. */
  isUnsorted: boolean
  start: number
  count: number
  readonly get: string[]
  store: string | null
}

function sortOptionsOf({ user, engine }: Session, args: readonly string[], mayStore: boolean): SortOptions {
  const options: SortOptions = {
    ...{ isDescending: false, isAlpha: false, by: null, isUnsorted: false },
    ...{ start: 0, count: -1, get: [], store: null },
  }
  for (let i = 2; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    if (word === 'ASC') options.isDescending = false
    else if (word === 'DESC') options.isDescending = true
    else if (word === 'ALPHA') options.isAlpha = true
    else if (word === 'LIMIT' && i + 2 < args.length) {
      options.start = integerOf(args[++i])
      options.count = integerOf(args[++i])
    } else if (word === 'STORE' && mayStore) options.store = argumentAt(args, ++i)
    else if (word === 'BY') {
      options.by = argumentAt(args, ++i)
      if (!options.by.includes('*')) options.isUnsorted = true
      else mustReadAllKeys('BY')
    } else if (word === 'GET') {
      options.get.push(argumentAt(args, ++i))
      mustReadAllKeys('GET')
    } else throw SYNTAX
  }
  return options

  /** Which keys a pattern names is known only when they are looked up. */
  function mustReadAllKeys(option: string): void {
    if (user.isUnrestricted || user.readsAllKeys(engine.commands.find(args)!, args)) return
    throw new FailureReply(`ERR ${option} option of SORT denied due to insufficient ACL permissions.`)
  }
}

/**
 * What a pattern says of an element: the string at the key that has the element in place of `*`, or behind `->` a field of
 * the hash there. `#` is the element itself.
 */
function lookUp(session: Session, pattern: string, element: string): string | undefined {
  if (pattern === '#') return element
  const star = pattern.indexOf('*')
  if (star === -1) return undefined
  const arrow = pattern.indexOf('->', star + 1)
  const hasField = arrow !== -1 && arrow + 2 < pattern.length
  const key = pattern.slice(0, star) + element + pattern.slice(star + 1, hasField ? arrow : undefined)
  const entry = session.db.findForRead(key)
  if (hasField)
    return entry?.type === 'hash' ? (entry as EntryOf<'hash'>).value.get(pattern.slice(arrow + 2)) : undefined
  return entry?.type === 'string' ? textOf((entry as EntryOf<'string'>).value) : undefined
}

/** The elements in the order of their container, or from its end when descending. */
function elementsAt(session: Session, key: string, isDescending: boolean): { type: ValueType; elements: string[] } {
  const entry = session.db.findForRead(key) as { [T in ValueType]: EntryOf<T> }[ValueType] | undefined
  if (entry === undefined) return { type: 'list', elements: [] }
  const { type, value } = entry
  if (type === 'list') {
    const elements = value.slice(0, value.length)
    return { type, elements: isDescending ? elements.reverse() : elements }
  }
  if (type === 'set') return { type, elements: [...value.members()] }
  if (type !== 'zset') throw WRONG_TYPE
  value.promote()
  const elements: string[] = []
  if (isDescending) value.visitReverse(0, value.size, (member) => elements.push(member))
  else value.visit(0, value.size, (member) => elements.push(member))
  return { type, elements }
}

const NOT_DOUBLES = new FailureReply("ERR One or more scores can't be converted into double")

/** A weight as C reads it: up to a NUL, nothing left over, no overflow. */
function weightOf(text: string): number {
  const nul = text.indexOf('\0')
  const shown = nul === -1 ? text : text.slice(0, nul)
  const weight = strtod(shown)
  if (weight === undefined || Number.isNaN(weight)) throw NOT_DOUBLES
  if ((weight === 0 || !Number.isFinite(weight)) && shown !== '' && parseDouble(shown.trimStart()) === undefined)
    throw NOT_DOUBLES
  return weight
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function sorted(session: Session, elements: readonly string[], options: SortOptions): string[] {
  const { by, isAlpha, isDescending } = options
  const weighed = elements.map((element) => {
    const weight = by === null ? element : lookUp(session, by, element)
    return { element, text: weight, number: isAlpha || weight === undefined ? 0 : weightOf(weight) }
  })
  weighed.sort((a, b) => {
    let order = a.number - b.number
    if (a.number === b.number) {
      if (!isAlpha) order = compareTexts(a.element, b.element)
      else if (a.text === undefined || b.text === undefined)
        order = Number(a.text !== undefined) - Number(b.text !== undefined)
      else order = compareTexts(a.text, b.text)
    }
    return isDescending ? -order : order
  })
  return weighed.map(({ element }) => element)
}

function sortKey(session: Session, args: readonly string[], mayStore: boolean): Outcome {
  const { db } = session
  const options = sortOptionsOf(session, args, mayStore)
  const { type, elements } = elementsAt(session, args[1]!, options.isUnsorted && options.isDescending)
  // A set has no order of its own: where the order has an effect it must be one that comes out the same again.
  if (options.isUnsorted && type === 'set' && (options.store !== null || session.connection === null)) {
    options.isUnsorted = false
    options.isAlpha = true
    options.by = null
  }
  const ordered = options.isUnsorted ? elements : sorted(session, elements, options)
  const start = Math.max(0, options.start)
  const chosen = ordered.slice(start, options.count < 0 ? undefined : start + options.count)
  const found = (element: string): (string | null)[] =>
    options.get.length === 0 ? [element] : options.get.map((pattern) => lookUp(session, pattern, element) ?? null)
  const reply = chosen.flatMap(found)
  const { store } = options
  if (store === null) return reply
  if (reply.length === 0) {
    if (db.peek(store) !== undefined) db.removeEmpty(store)
    return 0
  }
  const list = new Quicklist()
  for (const item of reply) list.pushTail(item ?? '')
  db.put(store, 'list', list)
  db.changed(store, Notify.LIST, 'sortstore')
  return reply.length
}

const sortCommand: Handler = (session, args) => sortKey(session, args, true)
const sortRo: Handler = (session, args) => sortKey(session, args, false)

export const sort: Readonly<Record<string, Handler>> = { sort: sortCommand, sort_ro: sortRo }
