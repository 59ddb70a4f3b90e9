// DEBUG RELOAD: every value goes through its payload and back, as if the data had been saved and loaded.
import type { Engine } from './engine.ts'
import type { EntryOf } from './entry.ts'
import { payloadOf, valueOfPayload } from './rdb-entry.ts'

/** What has expired is gone afterwards, and encodings are those that loading gives. Fields keep their expiry. */
export function reloadData({ databases, settings }: Engine): void {
  for (const database of databases) {
    for (const key of [...database.entries.keys()]) {
      const entry = database.peek(key)
      if (entry === undefined) continue
      const restored = valueOfPayload(payloadOf(entry), settings)
      if (typeof restored === 'string') throw new TypeError(`a ${entry.type} has a payload that is none`)
      database.willChange(key)
      if (restored.type === 'hash') {
        const { value: before } = entry as EntryOf<'hash'>
        for (const field of before.fields()) {
          const at = before.expiryOf(field)
          if (at !== undefined) restored.value.expireAt(field, at)
        }
      }
      entry.value = restored.value
      entry.encoding = ''
    }
  }
}
