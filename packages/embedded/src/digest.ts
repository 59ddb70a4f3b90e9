// DEBUG DIGEST: one hash of all data that does not depend on the order of what has none, as Redis computes it.
import { createHash } from 'node:crypto'
import type { Database } from './database.ts'
import type { Entry, EntryOf, ValueType } from './entry.ts'
import { textOf } from './entry.ts'
import { formatDouble } from './structures/numbers.ts'
import { idMs, idSequence, MAX_ID, MIN_ID } from './structures/stream-id.ts'

const TYPE_NUMBERS: Readonly<Record<ValueType, number>> = { string: 0, list: 1, set: 2, zset: 3, hash: 4, stream: 6 }

/** Adds something that has no order. */
function add(digest: Buffer, text: string): void {
  const hash = createHash('sha1').update(text, 'latin1').digest()
  for (let i = 0; i < 20; i++) digest[i]! ^= hash[i]!
}

/** Adds something whose place matters. */
function mix(digest: Buffer, text: string): void {
  add(digest, text)
  createHash('sha1').update(digest).digest().copy(digest)
}

function addBuffer(digest: Buffer, other: Buffer): void {
  add(digest, other.toString('latin1'))
}

/** The 32 bits of a number, the highest first. */
function word(value: number): string {
  return String.fromCharCode((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
}

function mixValue(digest: Buffer, entry: Entry): void {
  const { type, value } = entry as { [T in ValueType]: EntryOf<T> }[ValueType]
  mix(digest, word(TYPE_NUMBERS[type]))
  switch (type) {
    case 'string':
      mix(digest, textOf(value))
      break
    case 'list':
      for (let i = 0; i < value.length; i++) mix(digest, value.get(i)!)
      break
    case 'set':
      for (const member of value.members()) add(digest, member)
      break
    case 'hash': {
      const values = value.values()
      for (const [i, field] of value.fields().entries()) pair(digest, field, values[i]!)
      break
    }
    case 'zset':
      value.visit(0, value.size, (member, score) => pair(digest, member, formatDouble(score)))
      break
    case 'stream':
      value.visit(MIN_ID, MAX_ID, ({ id, fields }) => {
        mix(digest, `${idMs(id)}.${idSequence(id)}`)
        for (const field of fields) mix(digest, field)
        return true
      })
      break
  }
  if (entry.expireAt !== 0) add(digest, '!!expire!!')
}

function pair(digest: Buffer, first: string, second: string): void {
  const own = Buffer.alloc(20)
  mix(own, first)
  mix(own, second)
  addBuffer(digest, own)
}

/** The digest of one value in hexadecimal; zeros when there is none. */
export function digestOfValue(entry: Entry | undefined): string {
  const digest = Buffer.alloc(20)
  if (entry !== undefined) mixValue(digest, entry)
  return digest.toString('hex')
}

/** The digest of all databases in hexadecimal; zeros when they are empty. */
export function digestOfAll(databases: readonly Database[]): string {
  const digest = Buffer.alloc(20)
  for (const { index, entries } of databases) {
    if (entries.size === 0) continue
    mix(digest, word(index))
    for (const [at, entry] of entries.values().entries()) {
      const own = Buffer.alloc(20)
      mix(own, entries.keyAt(at))
      mixValue(own, entry)
      addBuffer(digest, own)
    }
  }
  return digest.toString('hex')
}
