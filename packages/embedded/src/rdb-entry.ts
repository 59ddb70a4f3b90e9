// A key's value as a payload of DUMP, and back.
import type { Settings } from './config.ts'
import { type Entry, type EntryOf, textOf, type Values, type ValueType } from './entry.ts'
import { HashValue } from './structures/hash-value.ts'
import { Quicklist } from './structures/quicklist.ts'
import { dumpValue, restoreValue } from './structures/rdb.ts'
import type { RdbValue } from './structures/rdb-value.ts'
import { SetValue } from './structures/set-value.ts'
import { SortedSet } from './structures/sorted-set.ts'

/** The payload of DUMP. Its version of the format knows no expiry of fields: they are in it without. */
export function payloadOf(entry: Entry): string {
  return dumpValue(plainOf(entry))
}

function plainOf(entry: Entry): RdbValue {
  const { type, value } = entry as { [T in ValueType]: EntryOf<T> }[ValueType]
  switch (type) {
    case 'string':
      return { type, text: textOf(value) }
    case 'list':
      return { type, elements: value.slice(0, value.length) }
    case 'set':
      return { type, encoding: value.encoding, members: value.members() }
    case 'hash': {
      const values = value.values()
      return { type, encoding: value.encoding, fields: value.fields().flatMap((field, i) => [field, values[i]!]) }
    }
    case 'zset': {
      const members: string[] = []
      const scores: number[] = []
      value.visit(0, value.size, (member, score) => {
        members.push(member)
        scores.push(score)
      })
      return { type, encoding: value.encoding, members, scores }
    }
    case 'stream':
      return { type, stream: value }
  }
}

/** A value with its type, as `Database.put` takes it. */
export type TypedValue = { [T in ValueType]: { readonly type: T; readonly value: Values[T] } }[ValueType]

/**
 * The value of a payload, or why there is none (see `restoreValue`). As on a real server the encoding follows from the
 * settings, not from the payload's, except that what came as a listpack may have longer items.
 */
export function valueOfPayload(
  payload: string,
  settings: Settings,
  skipsChecksum = false,
): TypedValue | 'footer' | 'data' {
  const plain = restoreValue(payload, skipsChecksum)
  return typeof plain === 'string' ? plain : containerOf(plain, settings)
}

function containerOf(plain: RdbValue, settings: Settings): TypedValue {
  const { type } = plain
  switch (type) {
    case 'string':
      return { type, value: plain.text }
    case 'list': {
      const value = new Quicklist()
      for (const element of plain.elements) value.pushTail(element)
      return { type, value }
    }
    case 'set': {
      const value = new SetValue()
      if (plain.encoding === 'hashtable' && plain.members.length > settings['set-max-intset-entries']) value.promote()
      for (const member of plain.members) value.add(member, settings['set-max-intset-entries'])
      return { type, value }
    }
    case 'hash': {
      const value = new HashValue()
      const isListpack = plain.encoding === 'listpack'
      const limits = {
        entries: settings['hash-max-listpack-entries'],
        value: isListpack ? Number.POSITIVE_INFINITY : settings['hash-max-listpack-value'],
      }
      for (let i = 0; i < plain.fields.length; i += 2) value.set(plain.fields[i]!, plain.fields[i + 1]!, limits)
      return { type, value }
    }
    case 'zset': {
      const value = new SortedSet()
      const isListpack = plain.encoding === 'listpack'
      const limits = {
        entries: settings['zset-max-listpack-entries'],
        value: isListpack ? Number.POSITIVE_INFINITY : settings['zset-max-listpack-value'],
      }
      for (const [i, member] of plain.members.entries()) value.set(member, plain.scores[i]!, limits)
      return { type, value }
    }
    case 'stream':
      return { type, value: plain.stream }
  }
}
