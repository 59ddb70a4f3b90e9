// Where the keys of a command are: the key specifications of COMMAND INFO, their compact notation, and the search itself.
//
//   <flags>@<begin><find>        several are separated by a space
//   flags   RO.access, RW.access.update, OW.update.not_key ...
//   begin   2               the argument at that index            (the name of the command is 0)
//           STORE>6         after that word, searched from there  (a negative start searches backwards from the end)
//           STORE!2,GET:1   after that word among options that start at 2; GET and one word after it are skipped
//           STORE>6!6,COUNT:1   the server tells the first form and executes the second: a value that looks like the
//                           word must not be taken for it, and of two options the last one counts. Where the keys
//                           reach to the end, what follows the first one is keys
//           ?               known only to the server: derived from the content of other keys
//   find    (nothing)       one key
//           ..-1/2%2        up to the last argument but n, every second one, only the first half
//           #0,1,1          the number of keys is at +0, the first key at +1, every one
//   a final ~ : an empty argument there is not a key

import { UsageError } from './errors.ts'

export interface KeySpec {
  /** What the command does to the value: reads it, updates it, overwrites it, removes it. */
  readonly access: 'RO' | 'RW' | 'OW' | 'RM'
  /** What it does to the content: `access` (returns it), `insert`, `update`, `delete`. */
  readonly uses: readonly string[]
  /** The argument is routed like a key and is not one, as a shard channel is. */
  readonly notKey: boolean
  /** The server cannot name all keys of the command from this specification alone. */
  readonly incomplete: boolean
  /** The access depends on the options. */
  readonly variable: boolean
  readonly begin:
    | { readonly type: 'index'; readonly index: number }
    | {
        readonly type: 'keyword'
        readonly keyword: string
        /** Where the search starts, as the server tells it; null when it tells nothing. */
        readonly from: number | null
        /** The options among which the word is one, as the server executes the command; null: any word counts. */
        readonly options: { readonly from: number; readonly skip: Readonly<Record<string, number>> } | null
      }
    | { readonly type: 'unknown' }
  readonly find:
    | {
        readonly type: 'range'
        readonly last: number
        readonly step: number
        readonly limit: number
        readonly skipsEmpty: boolean
      }
    | { readonly type: 'keynum'; readonly index: number; readonly first: number; readonly step: number }
    | { readonly type: 'unknown' }
}

const NOTATION =
  /^(RO|RW|OW|RM)((?:\.\w+)*)@(?:(\d+)|([A-Z]+)(?:>(-?\d+))?(?:!(\d+)((?:,[A-Z0-9]+:\d+)*))?|\?)(?:#(\d+),(\d+),(\d+)|(?:\.\.(-?\d+))?(?:\/(\d+))?(?:%(\d+))?(~?))$/

/** The specifications that the notation describes. */
export function parseKeySpecs(text: string): readonly KeySpec[] {
  return text === '' ? [] : text.split(' ').map(parseKeySpec)
}

function parseKeySpec(text: string): KeySpec {
  const match = NOTATION.exec(text)
  if (match === null) throw new UsageError(`Cannot read the key specification "${text}".`)
  const [, access, flags, index, keyword, from, optionsFrom, skips, countAt, first, every, last, step, limit, empty] =
    match
  const named = flags === '' ? [] : flags!.slice(1).split('.')
  const unknown = index === undefined && keyword === undefined
  if (keyword !== undefined && from === undefined && optionsFrom === undefined)
    throw new UsageError(`The key specification "${text}" does not say where ${keyword} is.`)
  return {
    access: access as KeySpec['access'],
    uses: named.filter((flag) => flag === 'access' || flag === 'insert' || flag === 'update' || flag === 'delete'),
    notKey: named.includes('not_key'),
    incomplete: named.includes('incomplete'),
    variable: named.includes('variable_flags'),
    begin: unknown
      ? { type: 'unknown' }
      : index !== undefined
        ? { type: 'index', index: Number(index) }
        : {
            type: 'keyword',
            keyword: keyword!,
            from: from === undefined ? null : Number(from),
            options: optionsFrom === undefined ? null : { from: Number(optionsFrom), skip: parseSkips(skips!) },
          },
    find: unknown
      ? { type: 'unknown' }
      : countAt !== undefined
        ? { type: 'keynum', index: Number(countAt), first: Number(first), step: Number(every) }
        : {
            type: 'range',
            last: Number(last ?? 0),
            step: Number(step ?? 1),
            limit: Number(limit ?? 0),
            skipsEmpty: empty === '~',
          },
  }
}

function parseSkips(text: string): Record<string, number> {
  const skips: Record<string, number> = {}
  for (const pair of text.split(',')) {
    if (pair !== '') skips[pair.slice(0, pair.indexOf(':'))] = Number(pair.slice(pair.indexOf(':') + 1))
  }
  return skips
}

/**
 * Adds the positions that `spec` finds in a command of `count` words, where `word(i)` is the text of word i and word 0 the
 * command's name. Returns false when the words cannot be right: a count of keys that is not a number or too large.
 */
export function findKeys(spec: KeySpec, count: number, word: (index: number) => string, found: number[]): boolean {
  const start = beginning(spec, count, word)
  if (start === NONE) return true
  if (start < 1 || start >= count) return false
  const find = spec.find
  let end: number
  let first = start
  if (find.type === 'keynum') {
    const text = start + find.index < count ? word(start + find.index) : ''
    if (!/^\d{1,9}$/.test(text)) return false
    first = start + find.first
    end = first + (Number(text) - 1) * find.step
    if (end >= count) return false
  } else if (find.type === 'range') {
    end = find.last >= 0 ? start + find.last : count + find.last
    if (find.last < 0 && find.limit > 1) end = start + Math.floor((end - start + 1) / find.limit) - 1
    if (end >= count) return false
    if (find.skipsEmpty && word(start) === '') return true
  } else return true
  for (let i = first; i <= end; i += find.step) found.push(i)
  return true
}

const NONE = -1

function beginning({ begin, find }: KeySpec, count: number, word: (index: number) => string): number {
  switch (begin.type) {
    case 'index':
      return begin.index
    case 'keyword':
      return begin.options === null
        ? afterWord(begin.keyword, begin.from!, count, word)
        : afterOption(begin.keyword, begin.options, find, count, word)
    case 'unknown':
      return NONE
  }
}

function afterWord(keyword: string, from: number, count: number, word: (index: number) => string): number {
  const step = from < 0 ? -1 : 1
  for (let i = from < 0 ? count + from : from; i > 0 && i < count; i += step) {
    if (isWord(word(i), keyword)) return i + 1 < count ? i + 1 : NONE
  }
  return NONE
}

function afterOption(
  keyword: string,
  options: { readonly from: number; readonly skip: Readonly<Record<string, number>> },
  find: KeySpec['find'],
  count: number,
  word: (index: number) => string,
): number {
  const reachesEnd = find.type === 'range' && find.last < 0
  let at = NONE
  for (let i = options.from; i < count; i++) {
    const text = word(i)
    if (isWord(text, keyword) && i + 1 < count) {
      at = ++i
      if (reachesEnd) return at
    } else if (text.length <= 12) i += options.skip[text.toUpperCase()] ?? 0
  }
  return at
}

function isWord(text: string, keyword: string): boolean {
  return text.length === keyword.length && text.toUpperCase() === keyword
}
