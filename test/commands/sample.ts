// Random argument vectors that a command's grammar allows, and the test whether words fit a grammar.
import type { Argument } from '@ochre/protocol'
import { isCount } from '../../scripts/gen/grammar.ts'

/** A generator of numbers in [0, 1) that gives the same ones for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/**
 * Words that the grammar allows. Unless `wordOf` chooses the values, each key is a text of its own, `key1`, `key2` ..., and
 * the others are their names or small numbers.
 */
export function sampleWords(
  grammar: readonly Argument[],
  random: () => number,
  wordOf: (argument: Argument) => string = plainWords(random),
): string[] {
  const words: string[] = []

  function sequence(list: readonly Argument[]): void {
    for (let i = 0; i < list.length; i++) {
      const next = list[i + 1]
      if (isCount(list[i]!, next)) {
        if (list[i]!.token !== undefined) words.push(list[i]!.token!)
        const at = words.length
        const times = next!.optional ? Math.floor(random() * 3) : 1 + Math.floor(random() * 3)
        for (let n = 0; n < times; n++) one(next!)
        const units = /^(nargs|count-of-.*)$/.test(list[i]!.name) ? words.length - at : times
        words.splice(at, 0, String(units))
        i++
      } else if (!list[i]!.optional || random() < 0.5) argument(list[i]!)
    }
  }

  function argument(item: Argument): void {
    const times = item.multiple ? 1 + Math.floor(random() * 3) : 1
    for (let n = 0; n < times; n++) {
      if (item.type !== 'pure-token' && item.token !== undefined && (n === 0 || item.multipleToken))
        words.push(item.token)
      one(item)
    }
  }

  function one(item: Argument): void {
    if (item.type === 'oneof') argument(item.arguments![Math.floor(random() * item.arguments!.length)]!)
    else if (item.type === 'block') columns(item) ? keysThenIds(item) : sequence(item.arguments!)
    else if (item.type === 'pure-token') words.push(item.token!)
    else words.push(wordOf(item))
  }

  /** `key... id...`: as many of one as of the other. */
  function keysThenIds(item: Argument): void {
    const times = 1 + Math.floor(random() * 3)
    for (const part of item.arguments!) for (let n = 0; n < times; n++) one(part)
  }

  sequence(grammar)
  return words
}

function plainWords(random: () => number): (argument: Argument) => string {
  let keys = 0
  return ({ type, name }) => {
    if (type === 'key') return `key${++keys}`
    if (type === 'integer' || type === 'unix-time') return String(1 + Math.floor(random() * 100))
    return type === 'double' ? String(Math.floor(random() * 1000) / 10) : name
  }
}

function columns(item: Argument): boolean {
  return item.arguments!.length === 2 && item.arguments!.every((part) => part.multiple === true)
}

/** Whether the grammar allows the words. Numbers must be numbers; any text may stand for a value. */
export function fits(grammar: readonly Argument[], words: readonly string[]): boolean {
  // All positions that a match may end at, so that an optional argument is both there and not there.
  function after(list: readonly Argument[], starts: ReadonlySet<number>): ReadonlySet<number> {
    let ends = starts
    for (const item of list) {
      const found = new Set(many(item, ends))
      if (item.optional) for (const end of ends) found.add(end)
      ends = found
    }
    return ends
  }

  function many(item: Argument, starts: ReadonlySet<number>): ReadonlySet<number> {
    let ends = one(item, tokenless(item) ? starts : token(item, starts))
    if (!item.multiple) return ends
    const all = new Set(ends)
    while (ends.size > 0) {
      ends = one(item, item.multipleToken ? token(item, ends) : ends)
      ends = new Set([...ends].filter((end) => !all.has(end)))
      for (const end of ends) all.add(end)
    }
    return all
  }

  function tokenless(item: Argument): boolean {
    return item.token === undefined || item.type === 'pure-token'
  }

  function token(item: Argument, starts: ReadonlySet<number>): ReadonlySet<number> {
    return new Set([...starts].filter((at) => words[at]?.toUpperCase() === item.token).map((at) => at + 1))
  }

  function one(item: Argument, starts: ReadonlySet<number>): ReadonlySet<number> {
    if (item.type === 'pure-token') return token(item, starts)
    if (item.type === 'block') return after(item.arguments!, starts)
    if (item.type === 'oneof') return new Set(item.arguments!.flatMap((part) => [...many(part, starts)]))
    const ok = (word: string | undefined): boolean => {
      if (word === undefined) return false
      if (item.type === 'integer' || item.type === 'unix-time') return /^-?\d+$/.test(word)
      return item.type !== 'double' || /^[-+]?(\d*\.?\d+|inf)$/.test(word)
    }
    return new Set([...starts].filter((at) => ok(words[at])).map((at) => at + 1))
  }

  return after(grammar, new Set([0])).has(words.length)
}
