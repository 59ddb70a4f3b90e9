// A folder of a test's own, and the state of an engine in a form that can be compared.
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Entry, type EntryOf, textOf, type ValueType } from '../../packages/embedded/src/entry.ts'
import type { Engine } from '../../packages/embedded/src/index.ts'
import { dumpValue } from '../../packages/embedded/src/structures/rdb.ts'

export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'ochre-'))
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A copy of a folder without its lock, as a crash at this moment would leave it. */
export function copyOf(folder: string): string {
  const copy = temporaryFolder()
  for (const name of fs.readdirSync(folder)) {
    if (!/^\.?lock/.test(name)) fs.copyFileSync(join(folder, name), join(copy, name))
  }
  return copy
}

/**
 * Everything that must survive: each key of each database with its type, value and expiry, and the libraries. When consumers
 * were seen can be left out.
 */
export function stateOf(engine: Engine, withSeenTimes = true): string[] {
  const lines: string[] = []
  for (const database of engine.databases) {
    for (const key of [...database.entries.keys()].sort()) {
      const entry = database.peek(key)
      if (entry === undefined) continue
      lines.push(
        `${database.index} ${JSON.stringify(key)} ${entry.type} ${entry.expireAt} ${contentOf(entry, withSeenTimes)}`,
      )
    }
  }
  for (const { code } of engine.scripting.libraries.list()) lines.push(code)
  return lines
}

function contentOf(entry: Entry, withSeenTimes: boolean): string {
  const { type, value } = entry as { [T in ValueType]: EntryOf<T> }[ValueType]
  switch (type) {
    case 'string':
      return JSON.stringify(textOf(value))
    case 'list':
      return JSON.stringify(value.slice(0, value.length))
    case 'set':
      return JSON.stringify([...value.members()].sort())
    case 'hash': {
      const values = value.values()
      return JSON.stringify(
        value
          .fields()
          .map((field, i) => [field, values[i], value.expiryOf(field)])
          .sort(),
      )
    }
    case 'zset': {
      const members: [string, number][] = []
      value.visit(0, value.size, (member, score) => members.push([member, score]))
      return members.map(([member, score]) => `${JSON.stringify(member)}=${score}`).join()
    }
    case 'stream': {
      const stream = value.clone()
      if (!withSeenTimes) {
        for (const group of stream.groups.values())
          for (const consumer of group.consumers.values()) consumer.seenTimeMs = 0
      }
      return Buffer.from(dumpValue({ type: 'stream', stream }), 'latin1').toString('hex')
    }
  }
}
