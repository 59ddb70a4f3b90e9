// Ids: ULIDs that sort by time, also within one millisecond of one generator, and random UUIDs.

import { randomBytes, randomUUID } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

export interface IdSource {
  ulid(): string
  uuid(): string
}

/** A source of ids. Time and randomness come from outside in tests. */
export function idSource(
  now: () => number = Date.now,
  random: (bytes: number) => Uint8Array = randomBytes,
  uuid: () => string = randomUUID,
): IdSource {
  let last = -1
  let tail = new Array<number>(16).fill(0)
  return {
    uuid,
    ulid: () => {
      const ms = now()
      if (ms > last) {
        last = ms
        tail = Array.from(random(16), (byte) => byte & 31)
      } else {
        let at = 15
        while (at >= 0 && tail[at] === 31) tail[at--] = 0
        if (at >= 0) tail[at]!++
        else last++
      }
      let time = last
      let text = ''
      for (let i = 0; i < 10; i++) {
        text = ALPHABET[time % 32]! + text
        time = Math.floor(time / 32)
      }
      for (const five of tail) text += ALPHABET[five]
      return text
    },
  }
}
