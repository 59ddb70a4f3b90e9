// Keyspace notifications: the classes of events and the text form of `notify-keyspace-events`.

/** The class of an event, as a bit; its letter in the setting is in the table below. */
export const Notify = {
  KEYSPACE: 1,
  KEYEVENT: 2,
  GENERIC: 4,
  STRING: 8,
  LIST: 16,
  SET: 32,
  HASH: 64,
  ZSET: 128,
  EXPIRED: 256,
  EVICTED: 512,
  STREAM: 1024,
  MISS: 2048,
  MODULE: 4096,
  NEW: 8192,
} as const

const ALL =
  Notify.GENERIC |
  Notify.STRING |
  Notify.LIST |
  Notify.SET |
  Notify.HASH |
  Notify.ZSET |
  Notify.EXPIRED |
  Notify.EVICTED |
  Notify.STREAM |
  Notify.MODULE

const LETTERS: readonly (readonly [letter: string, bits: number])[] = [
  ['A', ALL],
  ['g', Notify.GENERIC],
  ['$', Notify.STRING],
  ['l', Notify.LIST],
  ['s', Notify.SET],
  ['h', Notify.HASH],
  ['z', Notify.ZSET],
  ['x', Notify.EXPIRED],
  ['e', Notify.EVICTED],
  ['t', Notify.STREAM],
  ['d', Notify.MODULE],
  ['n', Notify.NEW],
  ['K', Notify.KEYSPACE],
  ['E', Notify.KEYEVENT],
  ['m', Notify.MISS],
]

/** The bits of a setting such as `KEA`; undefined when a letter is unknown. */
export function parseNotify(text: string): number | undefined {
  let bits = 0
  for (const char of text) {
    const known = LETTERS.find(([letter]) => letter === char)
    if (known === undefined) return undefined
    bits |= known[1]
  }
  return bits
}

/** The shortest setting with these bits, in Redis's order of letters; next to A it does not show n. */
export function formatNotify(bits: number): string {
  let text = ''
  let rest = (bits & ALL) === ALL ? bits & ~Notify.NEW : bits
  for (const [letter, mask] of LETTERS) {
    if (mask === 0 || (rest & mask) !== mask) continue
    text += letter
    rest &= ~mask
  }
  return text
}
