// The values that typed methods give for replies of the modules: JSON, search, probabilistic structures, time series and
// vector sets. They differ most between the protocols: RESP3 brought maps, booleans and doubles to all of them.
import { couples, list, number, record, string, text } from './shapes.ts'
import { camelRecord, plain } from './shapes-server.ts'

// JSON

/** Numbers, which RESP2 gives as one JSON text. */
export function jsonNumbers(reply: unknown): unknown {
  if (typeof reply === 'string' || reply instanceof Uint8Array) return JSON.parse(string(reply)) as unknown
  return reply
}

/** 0 and 1, which RESP3 may say as booleans and an old-style path as text. */
export function jsonFlags(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(jsonFlags)
  return typeof reply === 'boolean' ? Number(reply) : reply instanceof Uint8Array ? string(reply) : reply
}

/** Names of types, which RESP3 nests once more. */
export function jsonTypes(reply: unknown): unknown {
  const types = plain(reply)
  return Array.isArray(types) && Array.isArray(types[0]) ? types.flat() : types
}

// Search

export interface Document<V> {
  id: string
  /** Absent with `noContent`. */
  fields?: Record<string, V>
  /** With `withScores`; with `explainScore` also how it came about. */
  score?: number
  explanation?: unknown
  /** With `withPayloads`. */
  payload?: V | null
  /** With `withSortKeys`. */
  sortKey?: string | null
}

export interface Documents<V> {
  total: number
  documents: Document<V>[]
}

export interface Rows<V> {
  total: number
  rows: Record<string, V>[]
}

export interface CursorRows<V> extends Rows<V> {
  /** For FT.CURSOR READ; 0 after the last. */
  cursor: number
}

export interface Spelling {
  suggestion: string
  score: number
}

export interface Suggestion<V> {
  suggestion: V
  score?: number
  payload?: V | null
}

interface SearchOptions {
  readonly noContent?: boolean | undefined
  readonly withScores?: boolean | undefined
  readonly withPayloads?: boolean | undefined
  readonly withSortKeys?: boolean | undefined
}

export function documents(options: SearchOptions | undefined): (reply: unknown) => Documents<unknown> {
  return (reply) => {
    if (!Array.isArray(reply)) return mappedDocuments(reply, options)
    const found: Document<unknown>[] = []
    for (let i = 1; i < reply.length; ) {
      const document: Document<unknown> = { id: string(reply[i++]) }
      if (options?.withScores) scoreOf(document, reply[i++])
      if (options?.withPayloads) document.payload = reply[i++]
      if (options?.withSortKeys) document.sortKey = text(reply[i++])
      if (!options?.noContent) document.fields = record(reply[i++])
      found.push(document)
    }
    return { total: number(reply[0]), documents: found }
  }
}

function mappedDocuments(reply: unknown, options: SearchOptions | undefined): Documents<unknown> {
  const { total_results: total, results } = record(reply)
  return {
    total: number(total),
    documents: list(results).map((one) => {
      const result = record(one)
      const document: Document<unknown> = { id: string(result.id) }
      if (options?.withScores) scoreOf(document, result.score)
      if (options?.withPayloads) document.payload = result.payload ?? null
      if (options?.withSortKeys) document.sortKey = text(result.sortkey ?? null)
      if (!options?.noContent) document.fields = record(result.extra_attributes)
      return document
    }),
  }
}

function scoreOf(document: Document<unknown>, score: unknown): void {
  if (Array.isArray(score)) {
    document.score = number(score[0])
    document.explanation = plain(score[1])
  } else document.score = number(score)
}

export function rows(reply: unknown): Rows<unknown> {
  if (Array.isArray(reply)) return { total: number(reply[0]), rows: reply.slice(1).map((row) => record(row)) }
  const { total_results: total, results } = record(reply)
  return { total: number(total), rows: list(results).map((one) => record(record(one).extra_attributes)) }
}

export function cursorRows(reply: unknown): CursorRows<unknown> {
  const [found, cursor] = list(reply)
  return { ...rows(found), cursor: number(cursor) }
}

export function configRecord(reply: unknown): Record<string, unknown> {
  if (!Array.isArray(reply)) return record(plain(reply))
  return record(couples(plain(reply)).flat())
}

/** By the misspelt term. */
export function spellings(reply: unknown): Record<string, Spelling[]> {
  const found: Record<string, Spelling[]> = Object.create(null)
  if (Array.isArray(reply)) {
    for (const one of reply) {
      const [, term, suggestions] = list(one)
      found[string(term)] = list(suggestions).map((pair) => {
        const [score, suggestion] = list(pair)
        return { suggestion: string(suggestion), score: number(score) }
      })
    }
    return found
  }
  const byTerm = record(record(reply).results)
  for (const term in byTerm) {
    found[term] = list(byTerm[term]).flatMap((one) =>
      Object.entries(record(one)).map(([suggestion, score]) => ({ suggestion, score: number(score) })),
    )
  }
  return found
}

export function suggestions(options: SearchOptions | undefined): (reply: unknown) => Suggestion<unknown>[] {
  return (reply) => {
    const items = list(reply).flat()
    const found: Suggestion<unknown>[] = []
    for (let i = 0; i < items.length; ) {
      const suggestion: Suggestion<unknown> = { suggestion: items[i++] }
      if (options?.withScores) suggestion.score = number(items[i++])
      if (options?.withPayloads) suggestion.payload = items[i++]
      found.push(suggestion)
    }
    return found
  }
}

// Probabilistic structures

export interface Counted<V> {
  item: V
  count: number
}

export interface Chunk {
  /** For the next SCANDUMP; 0 after the last. */
  iterator: number
  data: Buffer | null
}

/** Facts by name, numbers as numbers. */
export function infoRecord(reply: unknown): Record<string, unknown> {
  const found = camelRecord(reply)
  for (const name in found) {
    const value = found[name]
    if (typeof value === 'string' && value !== '' && !Number.isNaN(Number(value))) found[name] = Number(value)
  }
  return found
}

/** The one fact that was asked for. */
export function onlyNumber(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply[0] ?? null
  return reply !== null && typeof reply === 'object' ? (Object.values(reply)[0] ?? null) : reply
}

export function chunk(reply: unknown): Chunk {
  const [iterator, data] = list(reply)
  const empty = data === null || (data as string | Buffer).length === 0
  return { iterator: number(iterator), data: empty ? null : (data as Buffer) }
}

export function counted(reply: unknown): Counted<unknown>[] {
  return couples(reply).map(([item, count]) => ({ item, count: number(count) }))
}

// Time series

export interface Sample {
  timestamp: number
  value: number
}

export interface SeriesSample {
  key: string
  labels: Record<string, string>
  sample: Sample | null
}

export interface Series {
  key: string
  labels: Record<string, string>
  samples: Sample[]
}

export function sample(reply: unknown): Sample | null {
  const [timestamp, value] = list(reply)
  return timestamp === undefined ? null : { timestamp: number(timestamp), value: number(value) }
}

export function samples(reply: unknown): Sample[] {
  return list(reply).map((one) => sample(one)!)
}

/** Series with their labels and their last part, which is what was read from them. */
function labelled(reply: unknown): { key: string; labels: Record<string, string>; last: unknown }[] {
  if (Array.isArray(reply)) {
    return reply.map((one) => {
      const [key, labels, last] = list(one)
      return { key: string(key), labels: record(couples(plain(labels)).flat()), last }
    })
  }
  return Object.entries(record(reply)).map(([key, parts]) => {
    const found = list(parts)
    return { key, labels: record(plain(found[0])), last: found.at(-1) }
  })
}

export function seriesSamples(reply: unknown): SeriesSample[] {
  return labelled(reply).map(({ key, labels, last }) => ({ key, labels, sample: sample(last) }))
}

export function series(reply: unknown): Series[] {
  return labelled(reply).map(({ key, labels, last }) => ({ key, labels, samples: samples(last) }))
}

// Vector sets

export interface Similar {
  element: string
  /** From 0 to 1, 1 for the same direction. */
  score: number
}

export interface Attributed<V> {
  element: string
  attributes: V | null
}

export interface RawVector {
  quantization: string
  data: Buffer
  /** The length of the vector before it was normalised. */
  norm: number
  /** The range of an 8-bit quantization. */
  range?: number
}

/** The most similar first; a map of RESP3 may have lost that order. */
export function similar(reply: unknown): Similar[] {
  return pairsOf(reply)
    .map(([element, score]) => ({ element: string(element), score: number(score) }))
    .sort((a, b) => b.score - a.score)
}

export function similarLayers(reply: unknown): Similar[][] | null {
  return reply === null ? null : list(reply).map(similar)
}

export function attributed(reply: unknown): Attributed<unknown>[] {
  return pairsOf(reply).map(([element, attributes]) => ({ element: string(element), attributes }))
}

export function similarAttributed(reply: unknown): (Similar & Attributed<unknown>)[] {
  const found: (Similar & Attributed<unknown>)[] = []
  if (Array.isArray(reply)) {
    for (let i = 0; i + 2 < reply.length; i += 3)
      found.push({ element: string(reply[i]), score: number(reply[i + 1]), attributes: reply[i + 2] })
  } else {
    for (const [element, pair] of Object.entries(record(reply))) {
      const [score, attributes] = list(pair)
      found.push({ element, score: number(score), attributes })
    }
  }
  return found.sort((a, b) => b.score - a.score)
}

export function rawVector(reply: unknown): RawVector | null {
  if (reply === null) return null
  const [quantization, data, norm, range] = list(reply)
  const found: RawVector = { quantization: string(quantization), data: data as Buffer, norm: number(norm) }
  if (range !== undefined) found.range = number(range)
  return found
}

function pairsOf(reply: unknown): [unknown, unknown][] {
  return Array.isArray(reply) ? couples(reply) : Object.entries(record(reply))
}
